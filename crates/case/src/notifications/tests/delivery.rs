//! Sending, failing, giving up, trying again; and I11 at the moment of sending.

use super::*;
use crate::notifications::event::{Audience, SuppressionReason};
use crate::notifications::{
    MAX_ATTEMPTS, NotificationDeadLettered, NotificationStanding, NotificationSuppressed, Recheck, Redrive,
    SendVerdict, SuppressOffers,
};

fn queued() -> Given {
    let given = Given::default_case();
    given.clone().after(tell(&given, NotificationKind::Resolved))
}

fn recheck(notification_id: Uuid) -> Recheck {
    Recheck { notification_id, circumstances: Circumstances::default() }
}

fn dead_lettered() -> Given {
    queued().after(RecordFailure { retry_at: None, ..failed(resolved_id(), 1) })
}

#[test]
fn what_was_sent_is_recorded_once() {
    let given = queued();
    let SendVerdict::Send { attempt, redriven, decided_on_version, notification } =
        given.verdict(resolved_id())
    else {
        panic!("it may be sent");
    };
    assert_eq!((attempt, redriven, decided_on_version), (1, 0, given.case.version));
    assert_eq!(notification.kind, NotificationKind::Resolved);
    let given = given.clone().after(sent(resolved_id(), &given));
    assert_eq!(given.verdict(resolved_id()), SendVerdict::Over);
    let again = RecordSent { attempt: 2, ..sent(resolved_id(), &given) };
    assert_eq!(given.decide(&again.into()), Ok(Vec::new()));
}

#[test]
fn nothing_is_sent_before_its_moment() {
    let given = Given::default_case();
    let later = at("2026-03-12T10:00:00+01:00");
    let command = QueueNotification { send_after: Some(later), ..tell(&given, NotificationKind::Resolved) };
    let given = given.after(command);
    assert_eq!(given.verdict(resolved_id()), SendVerdict::NotYet(later));
    assert!(matches!(given.at("2026-03-12T10:00:00+01:00").verdict(resolved_id()), SendVerdict::Send { .. }));
}

#[test]
fn an_unknown_notification_is_over_for_the_sender_and_refused_to_everybody_else() {
    let given = queued();
    let unknown = cause(1_000);
    assert_eq!(given.verdict(unknown), SendVerdict::Over);
    let commands: [Command; 4] = [
        recheck(unknown).into(),
        sent(unknown, &given).into(),
        failed(unknown, 1).into(),
        Redrive { notification_id: unknown }.into(),
    ];
    for command in commands {
        assert_eq!(
            given.decide(&command),
            Err(Refusal::NotificationNotFound { notification_id: unknown }),
            "{command:?}"
        );
    }
}

#[test]
fn five_failures_or_a_permanent_one_give_it_up() {
    let mut given = queued();
    for attempt in 1..MAX_ATTEMPTS {
        let retry_at = given.now + jiff::SignedDuration::from_mins(2);
        let failure = RecordFailure { retry_at: Some(retry_at), ..failed(resolved_id(), attempt) };
        let events = given.run(&failure.into()).unwrap();
        assert_eq!(names(&events), ["notification_failed"], "attempt {attempt}");
        assert_eq!(given.verdict(resolved_id()), SendVerdict::NotYet(retry_at));
        given.now = retry_at;
    }
    let events = given.run(&failed(resolved_id(), MAX_ATTEMPTS).into()).unwrap();
    let dead = NotificationDeadLettered {
        notification_id: resolved_id(),
        attempts: MAX_ATTEMPTS,
        code: "connection_refused".to_owned(),
    };
    assert_eq!(events, [dead.into()]);
    assert_eq!(given.verdict(resolved_id()), SendVerdict::Over);

    let mut given = queued();
    let permanent = RecordFailure { retry_at: None, ..failed(resolved_id(), 1) };
    assert_eq!(names(&given.run(&permanent.into()).unwrap()), ["notification_dead_lettered"]);
}

#[test]
fn a_late_or_repeated_failure_changes_nothing() {
    let given = queued().after(failed(resolved_id(), 1)).after(failed(resolved_id(), 2));
    assert_eq!(given.decide(&failed(resolved_id(), 1).into()), Ok(Vec::new()));
    let given = given.clone().after(RecordSent { attempt: 3, ..sent(resolved_id(), &given) });
    assert_eq!(given.decide(&failed(resolved_id(), 4).into()), Ok(Vec::new()));
}

#[test]
fn what_was_given_up_is_redriven_and_counts_from_one_again() {
    let redrive = Redrive { notification_id: resolved_id() };
    let given = dead_lettered().after(redrive);
    assert!(matches!(given.verdict(resolved_id()), SendVerdict::Send { attempt: 1, redriven: 1, .. }));
    let given = given.clone().after(sent(resolved_id(), &given));
    assert_eq!(
        given.decide(&redrive.into()),
        Err(Refusal::NotDeadLettered { notification_id: resolved_id(), standing: "sent" })
    );
    assert!(matches!(queued().decide(&redrive.into()), Err(Refusal::NotDeadLettered { .. })));
}

#[test]
fn an_offer_to_an_excluded_player_cannot_be_redriven() {
    let given = Given::default_case();
    let given = given.clone().after(offer(&given));
    let given = given.after(RecordFailure { retry_at: None, ..failed(offer_id(), 1) }).excluded();
    assert_eq!(
        given.decide(&Redrive { notification_id: offer_id() }.into()),
        Err(Refusal::MarketingNotAllowed { reason: SuppressionReason::PlayerExcluded })
    );
}

#[test]
fn i11_an_offer_that_is_due_is_not_sent_after_the_exclusion() {
    let given = Given::default_case();
    let tomorrow = at("2026-03-12T10:00:00+01:00");
    let given = given.clone().after(QueueNotification { send_after: Some(tomorrow), ..offer(&given) });
    let mut given = given.excluded().at("2026-03-12T10:00:00+01:00");
    // Nobody has asked for SuppressOffers yet: the case alone is enough.
    assert_eq!(given.verdict(offer_id()), SendVerdict::Recheck);
    let suppressed = NotificationSuppressed {
        notification_id: offer_id(),
        kind: NotificationKind::Offer,
        reason: SuppressionReason::PlayerExcluded,
    };
    assert_eq!(given.run(&recheck(offer_id()).into()), Ok(vec![suppressed.into()]));
    assert_eq!(given.verdict(offer_id()), SendVerdict::Over);
}

#[test]
fn i11_an_exclusion_on_another_case_stops_an_offer_at_the_last_moment() {
    let given = Given::default_case();
    let mut given = given.clone().after(offer(&given));
    let circumstances = Circumstances { player_excluded: true, ..Circumstances::default() };
    let verdict = super::super::may_send(&given.case, offer_id(), given.now, &circumstances);
    assert_eq!(verdict, SendVerdict::Recheck);
    let events = given.run(&Recheck { notification_id: offer_id(), circumstances }.into()).unwrap();
    assert_eq!(names(&events), ["notification_suppressed"]);
}

#[test]
fn i11_what_was_handed_over_before_the_exclusion_is_recorded_and_no_violation() {
    let given = Given::default_case();
    let given = given.clone().after(offer(&given));
    let handed_over = sent(offer_id(), &given);
    let given = given.excluded().after(SuppressOffers {}).after(handed_over);
    assert_eq!(given.case.notifications.notifications[&offer_id()].standing, NotificationStanding::Sent);
}

#[test]
fn i11_the_invariant_notices_an_offer_sent_after_the_exclusion() {
    let given = Given::default_case();
    let given = given.clone().after(offer(&given)).excluded();
    let events = given.decide(&sent(offer_id(), &given).into()).unwrap();
    let given = events.into_iter().fold(given, Given::fact);
    assert_eq!(invariants::violations(&given.case).len(), 1);
}

#[test]
fn an_offer_that_fails_in_the_evening_is_put_off_to_the_morning() {
    let given = Given::default_case();
    let given = given.clone().after(offer(&given));
    let night = at("2026-03-11T22:10:00+01:00");
    let given = given.after(RecordFailure { retry_at: Some(night), ..failed(offer_id(), 1) });
    let given = given.at("2026-03-11T22:10:00+01:00");
    assert_eq!(given.verdict(offer_id()), SendVerdict::Recheck);
    let given = given.after(recheck(offer_id()));
    assert_eq!(given.verdict(offer_id()), SendVerdict::NotYet(at("2026-03-12T08:00:00+01:00")));
}

#[test]
fn a_recheck_of_what_may_be_sent_changes_nothing() {
    assert_eq!(queued().decide(&recheck(resolved_id()).into()), Ok(Vec::new()));
    let given = queued();
    let given = given.clone().after(sent(resolved_id(), &given));
    assert_eq!(given.decide(&recheck(resolved_id()).into()), Ok(Vec::new()));
}

#[test]
fn teams_and_agents_have_no_quiet_hours_and_their_notifications_go_by_webhook() {
    let audience = Audience::Team("payments".to_owned());
    let given = Given::default_case().after(preferences(true, Some((12, 16))));
    let command = QueueNotification::to_staff(
        cause(60),
        NotificationKind::SlaBreach,
        audience.clone(),
        Circumstances::default(),
    );
    assert_eq!(command.channel, DeliveryChannel::Webhook);
    let id = notification_id(cause(60), NotificationKind::SlaBreach, &audience);
    assert!(matches!(given.after(command).verdict(id), SendVerdict::Send { .. }));
}

#[test]
fn players_and_bots_neither_queue_offers_nor_redrive() {
    let given = dead_lettered();
    let bot = Actor { kind: crate::ActorKind::Bot, ..Actor::service("faq") };
    let commands: [Command; 2] = [offer(&given).into(), Redrive { notification_id: resolved_id() }.into()];
    for command in &commands {
        for actor in [Actor::player("player-7"), bot.clone()] {
            assert_eq!(given.decide_for(&actor, command), Err(Refusal::ActorNotAllowed), "{actor:?}");
        }
        for actor in [Actor::agent("mette", &[]), Actor::service("crm")] {
            assert_eq!(given.decide_for(&actor, command).map(|events| events.len()), Ok(1), "{actor:?}");
        }
    }
    let own: Command = preferences(false, None).into();
    assert!(given.decide_for(&Actor::player("player-7"), &own).is_ok());
}

#[test]
fn the_case_remembers_when_it_was_queued_and_sent_and_what_went_wrong() {
    let given = queued().at("2026-03-11T15:00:00+01:00").after(failed(resolved_id(), 1));
    let given = given.clone().after(RecordSent { attempt: 2, ..sent(resolved_id(), &given) });
    let one = &given.case.notifications.notifications[&resolved_id()];
    assert_eq!(one.queued_at, at(AFTERNOON));
    assert_eq!(one.sent_at, Some(at("2026-03-11T15:00:00+01:00")));
    assert_eq!(one.last_error_code.as_deref(), Some("connection_refused"));
    assert_eq!(one.attempts, 2);
}
