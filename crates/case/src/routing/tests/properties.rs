//! Whatever happens in whatever order: invariants hold after every fact, a repeated command records
//! nothing (`Story::ask` checks both), and once every fact is reacted to, the clocks have settled.

use proptest::prelude::*;

use super::*;
use crate::journey::CaseState;
use crate::routing::agent::Presence;
use crate::routing::matching::{AgentView, QueueEntry, choose};
use crate::routing::timers::{Timer, TimerKind, timers};
use crate::vocabulary::Skill;

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Happening {
    PlayerWrites,
    AgentReplies,
    EvidenceAsked,
    Classified(Topic),
    Exclusion,
    Complaint,
    Resolved,
    Rejected,
    Reopened,
    Escalated,
    GatewayAsked,
    GatewayAnswers,
    GatewaySilent,
    Dispatch,
    Accept,
    Decline,
    Claim,
    Release { offline: bool },
    Transfer(Team),
    Extend(i64),
    DueTimers,
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening as H;
    prop_oneof![
        4 => Just(H::PlayerWrites),
        4 => Just(H::AgentReplies),
        2 => Just(H::EvidenceAsked),
        2 => proptest::sample::select(Topic::ALL).prop_map(H::Classified),
        1 => Just(H::Exclusion),
        1 => Just(H::Complaint),
        1 => Just(H::Resolved),
        1 => Just(H::Rejected),
        2 => Just(H::Reopened),
        1 => Just(H::Escalated),
        2 => Just(H::GatewayAsked),
        2 => Just(H::GatewayAnswers),
        1 => Just(H::GatewaySilent),
        6 => Just(H::Dispatch),
        4 => Just(H::Accept),
        2 => Just(H::Decline),
        2 => Just(H::Claim),
        2 => any::<bool>().prop_map(|offline| H::Release { offline }),
        2 => proptest::sample::select(Team::ALL).prop_map(H::Transfer),
        1 => (-10_i64..1_000).prop_map(H::Extend),
        4 => Just(H::DueTimers),
    ]
}

fn anybody() -> AgentView {
    AgentView {
        agent_id: agent("mette"),
        teams: Team::ALL.to_vec(),
        languages: vec![Language::Da],
        skills: Skill::ALL.to_vec(),
        presence: Presence::Available,
        load: 0,
        capacity: 6,
        last_assigned_at: None,
    }
}

impl Story {
    /// Intake and payments do to a case only what they may.
    fn happens(&mut self, what: Happening, step: u128) {
        let over = self.case.state.is_over();
        match what {
            Happening::Reopened if matches!(self.case.state, CaseState::Resolved | CaseState::Closed) => {
                self.intake(intake::CaseReopened { reason: Personal::new("again") });
            }
            Happening::DueTimers => self.due_timers(),
            _ if over => {}
            Happening::PlayerWrites => self.player_writes(),
            Happening::AgentReplies => self.agent_replies(),
            Happening::EvidenceAsked => self.evidence_is_asked_for(),
            Happening::Classified(topic) => self.classified(topic),
            Happening::Exclusion => self.asks_to_be_excluded(),
            Happening::Complaint => self.intake(intake::ComplaintDeclared { jurisdiction: "DK".into() }),
            Happening::Resolved => self.resolved(),
            Happening::Rejected => self.intake(intake::CaseRejected { reason: Personal::new("spam") }),
            Happening::Escalated if self.case.payments_escalation.escalation.is_none() => {
                self.payments(payments::PaymentEscalated {
                    kind: payments::EscalationKind::WithdrawalLate,
                    amount: crate::Money::positive(2_000_000, "DKK").unwrap(),
                    method: payments::PaymentMethod::Card,
                    summary: Personal::new("late"),
                });
            }
            Happening::GatewayAsked => self.gateway_is_asked(1_000 + step),
            Happening::GatewayAnswers | Happening::GatewaySilent => self.gateway(what),
            _ => self.work(what, step),
        }
    }

    fn gateway(&mut self, what: Happening) {
        let open = self.case.payments_escalation.calls.iter().rev().find(|call| !call.answered);
        let Some(key) = open.map(|call| call.key) else { return };
        if matches!(what, Happening::GatewayAnswers) {
            self.gateway_answers(key.as_u128());
            return;
        }
        self.payments(payments::GatewayTimedOut { key, purpose: payments::GatewayPurpose::Inquiry });
        let extension = Extension::By(self.rules.sla.gateway_extension);
        let command = ExtendHorizon { extension, reason: ExtensionReason::Gateway, cause: key };
        self.try_by_service(Command::ExtendHorizon(command));
    }

    /// What agents ask for, rightly or wrongly.
    fn work(&mut self, what: Happening, step: u128) {
        let (rules, agent_id) = (Arc::clone(&self.rules), agent("mette"));
        let offer_id = self.case.routing.offer.as_ref().map_or(id(0), |offer| offer.offer_id);
        let asked = match what {
            Happening::Dispatch => {
                if let Some(entry) = QueueEntry::of(&self.case)
                    && let Some(choice) = choose(&entry, &[anybody()], self.now)
                {
                    let expires_at = self.now + self.rules.offer_time_limit;
                    self.try_by_service(Command::OfferCase(OfferCase {
                        offer_id: id(step),
                        choice,
                        expires_at,
                    }));
                }
                return;
            }
            Happening::Accept => Command::AcceptOffer(AcceptOffer { offer_id }),
            Happening::Decline => Command::DeclineOffer(DeclineOffer { offer_id }),
            Happening::Claim => {
                Command::ClaimCase(ClaimCase { presence: Presence::Available, load: 0, capacity: 6 })
            }
            Happening::Release { offline: true } => {
                let reason = ReleaseReason::AgentOffline;
                self.try_by_service(Command::ReleaseCase(ReleaseCase { rules, agent_id, reason }));
                return;
            }
            Happening::Release { offline: false } => {
                Command::ReleaseCase(ReleaseCase { rules, agent_id, reason: ReleaseReason::Requested })
            }
            Happening::Transfer(to) => Command::TransferCase(TransferCase { rules, to }),
            Happening::Extend(hours) => Command::ExtendHorizon(ExtendHorizon {
                extension: Extension::By(SignedDuration::from_hours(hours)),
                reason: ExtensionReason::PeakTraffic,
                cause: id(step),
            }),
            _ => return,
        };
        // A refusal is an answer as well; what counts is that it leaves no trace.
        let _refused = self.ask(&Actor::agent("mette", Team::ALL), &asked);
    }

    fn try_by_service(&mut self, command: Command) {
        let _refused = self.ask(&Actor::service("routing"), &command);
    }

    fn due_timers(&mut self) {
        let rules = Arc::clone(&self.rules);
        let now = self.now;
        let due: Vec<_> =
            timers(&self.case, &rules).into_iter().filter(|timer| timer.due_at <= now).collect();
        for timer in &due {
            if let Some(command) = timer.kind.command(&rules, timer.due_at) {
                self.by_service(command);
            }
        }
        let left = timers(&self.case, &rules);
        let fired = |timer: &&Timer| matches!(timer.kind, TimerKind::Sla { .. }) && left.contains(timer);
        assert_eq!(due.iter().find(fired), None, "a mark was reached and not recorded");
    }

    /// Everything routing does in answer to the others' facts.
    fn react(&mut self) {
        self.requeue();
        self.triage(None);
        self.reprioritise();
        self.keep_clocks();
    }
}

proptest! {
    #[test]
    fn invariants_hold_repeats_record_nothing_and_everything_settles(
        channel in proptest::sample::select(Channel::ALL),
        topic in proptest::sample::select(Topic::ALL),
        vip in any::<bool>(),
        happenings in proptest::collection::vec((0_i64..40_000, happening(), any::<bool>()), 1..40),
    ) {
        let tier = if vip { Tier::Vip } else { Tier::Standard };
        let mut story = Story::opened(channel, topic, tier);
        for (step, (seconds, what, react)) in happenings.into_iter().enumerate() {
            story.pass(seconds);
            story.happens(what, 10_000 + step as u128);
            if react {
                story.react();
                prop_assert_eq!(invariants::unsettled(&story.case), Vec::<String>::new());
            }
        }
        story.react();
        prop_assert_eq!(invariants::unsettled(&story.case), Vec::<String>::new());
        for event in &story.recorded {
            let read = Event::decode(event.stored_name(), event.schema_version(), &event.encode().unwrap());
            prop_assert_eq!(&read.unwrap(), event);
        }
    }
}
