//! Whatever happens in whatever order: a repeat records nothing, the invariants hold, events round-trip,
//! and an honest sender never sends an offer to an excluded player (I11), nor anything twice (I4).

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::notifications::event::Audience;
use crate::notifications::{Recheck, Redrive, SendVerdict, SuppressOffers};
use crate::stage::StoredEvent;

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
enum Step {
    Pass {
        minutes: i64,
    },
    Queue {
        cause: u8,
        kind: NotificationKind,
        after_minutes: Option<i64>,
        excluded_elsewhere: bool,
    },
    Exclude,
    SuppressOffers,
    Preferences {
        consent: bool,
        from: u8,
        until: u8,
    },
    /// The sender asks whether it may.
    Ask {
        pick: prop::sample::Index,
    },
    /// The transport's answer to what was asked comes back, perhaps much later.
    Answer {
        delivered: bool,
        permanent: bool,
    },
    Redrive {
        pick: prop::sample::Index,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop::sample::select(vec![
        NotificationKind::Offer,
        NotificationKind::Offer,
        NotificationKind::Resolved,
        NotificationKind::CaseReceived,
        NotificationKind::StillWorking,
    ]);
    prop_oneof![
        2 => (1_i64..900).prop_map(|minutes| Step::Pass { minutes }),
        4 => (any::<u8>(), kind, prop::option::of(-60_i64..600), prop::bool::weighted(0.1)).prop_map(
            |(cause, kind, after_minutes, excluded_elsewhere)| {
                Step::Queue { cause: cause % 8, kind, after_minutes, excluded_elsewhere }
            }
        ),
        1 => Just(Step::Exclude),
        1 => Just(Step::SuppressOffers),
        1 => (prop::bool::weighted(0.7), 0_u8..25, 0_u8..25)
            .prop_map(|(consent, from, until)| Step::Preferences { consent, from, until }),
        6 => any::<prop::sample::Index>().prop_map(|pick| Step::Ask { pick }),
        5 => (any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(delivered, permanent)| Step::Answer { delivered, permanent }),
        2 => any::<prop::sample::Index>().prop_map(|pick| Step::Redrive { pick }),
    ]
}

/// A case, its sender with what it has in hand, and what arrived outside.
struct World {
    given: Given,
    in_hand: Vec<SendVerdict>,
    delivered: BTreeMap<Uuid, u32>,
}

impl World {
    fn pick(&self, pick: prop::sample::Index) -> Option<Uuid> {
        let ids: Vec<Uuid> = self.given.case.notifications.notifications.keys().copied().collect();
        (!ids.is_empty()).then(|| *pick.get(&ids))
    }

    fn run(&mut self, command: impl Into<Command>) -> Vec<Event> {
        self.given.run(&command.into()).unwrap_or_default()
    }

    fn ask(&mut self, id: Uuid) {
        let already = self.in_hand.iter().any(|verdict| {
            matches!(verdict, SendVerdict::Send { notification, .. } if notification.notification_id == id)
        });
        let verdict = self.given.verdict(id);
        match verdict {
            // One sender a notification at a time: the bus keeps the order of a stream.
            SendVerdict::Send { .. } if already => {}
            SendVerdict::Send { ref notification, .. } => {
                let excluded = self.given.case.intake.self_exclusion_requested;
                assert!(!(notification.kind.is_marketing() && excluded), "I11");
                self.in_hand.push(verdict);
            }
            SendVerdict::Recheck => {
                let circumstances = Circumstances::default();
                let events = self.run(Recheck { notification_id: id, circumstances });
                assert_eq!(events.len(), 1, "a change of mind is recorded");
                assert!(!matches!(self.given.verdict(id), SendVerdict::Recheck));
            }
            SendVerdict::NotYet(due) => assert!(due > self.given.now),
            SendVerdict::Over => {}
        }
    }

    fn answer(&mut self, delivered: bool, permanent: bool) {
        let Some(SendVerdict::Send { notification, attempt, decided_on_version, .. }) = self.in_hand.pop()
        else {
            return;
        };
        let notification_id = notification.notification_id;
        if delivered {
            *self.delivered.entry(notification_id).or_default() += 1;
            self.run(RecordSent { notification_id, attempt, decided_on_version });
        } else {
            let retry_at = (!permanent).then(|| self.given.now + SignedDuration::from_mins(5));
            let code = "connection_refused".to_owned();
            self.run(RecordFailure { notification_id, attempt, code, retry_at });
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Pass { minutes } => self.given.now += SignedDuration::from_mins(minutes),
            Step::Queue { cause: number, kind, after_minutes, excluded_elsewhere } => {
                let circumstances =
                    Circumstances { player_excluded: excluded_elsewhere, ..Circumstances::default() };
                let case = &self.given.case;
                let after = after_minutes.map(|minutes| self.given.now + SignedDuration::from_mins(minutes));
                let queue = QueueNotification::to_player(case, cause(number.into()), kind, circumstances)
                    .argument("title", "Fredagsbonus")
                    .text(Personal::new("20 gratis spins"));
                self.run(QueueNotification { send_after: after, ..queue });
            }
            Step::Exclude => self.given.take_in(exclusion()),
            Step::SuppressOffers => drop(self.run(SuppressOffers {})),
            Step::Preferences { consent, from, until } => {
                self.run(preferences(consent, Some((from, until))));
            }
            Step::Ask { pick } => {
                if let Some(id) = self.pick(pick) {
                    self.ask(id);
                }
            }
            Step::Answer { delivered, permanent } => self.answer(delivered, permanent),
            Step::Redrive { pick } => {
                if let Some(notification_id) = self.pick(pick) {
                    self.run(Redrive { notification_id });
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sequence_keeps_the_invariants_and_a_repeat_records_nothing(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world =
            World { given: Given::default_case(), in_hand: Vec::new(), delivered: BTreeMap::new() };
        for step in steps {
            // `Given::run` checks repeats and invariants after every command.
            world.step(step);
        }
        prop_assert!(world.delivered.values().all(|times| *times == 1), "I4: {:?}", world.delivered);
    }

    #[test]
    fn queued_notifications_round_trip(
        number in any::<u128>(),
        kind in prop::sample::select(NotificationKind::ALL.to_vec()),
        team in prop::option::of("[a-z_]{1,12}"),
        arguments in prop::collection::btree_map("[a-z_]{1,8}", ".{0,20}", 0..4),
        text in prop::option::of(".{0,40}"),
        second in prop::option::of(0_i64..4_000_000_000),
    ) {
        let event = Event::from(crate::notifications::NotificationQueued {
            notification_id: Uuid::from_u128(number),
            kind,
            audience: team.map_or(Audience::Player, Audience::Team),
            channel: DeliveryChannel::Webhook,
            recipient: None,
            language: Language::Pl,
            arguments,
            text: text.map(Personal::new),
            send_after: second.and_then(|second| Timestamp::from_second(second).ok()),
        });
        let encoded = event.encode().unwrap();
        let read = CaseEvent::decode(event.stored_name(), event.schema_version(), &encoded).unwrap();
        prop_assert_eq!(read, CaseEvent::from(event));
    }
}
