use super::*;
use crate::routing::ClockStanding::{Met, Paused, Running, Stopped};

fn standing(story: &Story, kind: ClockKind) -> crate::routing::ClockStanding {
    story.clock(kind).standing
}

/// Owned, answered at once, everything settled.
fn answered(channel: Channel, topic: Topic) -> Story {
    let mut story = Story::owned(channel, topic, Tier::Standard);
    story.agent_replies();
    story.keep_clocks();
    story
}

#[test]
fn the_first_answer_of_an_agent_meets_the_first_response() {
    let mut story = Story::owned(Channel::Chat, Topic::Bonus, Tier::Standard);
    story.pass(90);
    story.agent_replies();
    let events = story.keep_clocks_after(20);
    assert_eq!(names(&events), ["sla_met"]);
    let Event::SlaMet(met) = &events[0] else { panic!() };
    assert_eq!((met.met_at, met.within_target), (start() + SignedDuration::from_secs(90), true));
}

#[test]
fn an_answer_after_the_target_meets_the_clock_outside_it() {
    let mut story = Story::owned(Channel::Chat, Topic::Bonus, Tier::Standard);
    story.pass(121);
    story.agent_replies();
    let events = story.keep_clocks();
    assert!(matches!(&events[0], Event::SlaMet(met) if !met.within_target));
}

#[test]
fn a_breach_is_recorded_even_if_the_answer_is_seen_before_the_timer() {
    let mut story = Story::owned(Channel::Chat, Topic::Bonus, Tier::Standard);
    story.pass(6 * MINUTE);
    story.agent_replies();
    assert_eq!(names(&story.keep_clocks()), ["sla_breached", "escalation_raised", "sla_met"]);
    assert_eq!(story.fire(ClockKind::FirstResponse, 1, Mark::Breach), []);
}

#[test]
fn an_update_is_owed_from_the_players_word_to_the_next_answer() {
    let mut story = answered(Channel::Chat, Topic::Bonus);
    assert!(!story.case.routing.clocks.contains_key(&ClockKind::NextUpdate));
    story.pass(10 * MINUTE);
    story.player_writes();
    assert_eq!(names(&story.keep_clocks_after(5)), ["sla_started"]);
    let asked_at = start() + SignedDuration::from_mins(10);
    assert_eq!(story.clock(ClockKind::NextUpdate).breach_at, asked_at + SignedDuration::from_mins(5));
    story.pass(MINUTE);
    story.player_writes();
    assert_eq!(story.keep_clocks(), [], "it counts from the first word that waits");
    story.agent_replies();
    assert_eq!(names(&story.keep_clocks()), ["sla_met"]);
    story.pass(1);
    story.player_writes();
    story.keep_clocks();
    assert_eq!(story.clock(ClockKind::NextUpdate).generation, 2);
}

#[test]
fn asking_the_player_stops_the_update_and_pauses_the_resolution_until_their_word_comes() {
    let mut story = answered(Channel::Chat, Topic::Withdrawal);
    story.pass(HOUR);
    story.player_writes();
    story.keep_clocks();
    story.pass(HOUR);
    story.evidence_is_asked_for();
    assert_eq!(names(&story.keep_clocks_after(30)), ["sla_stopped", "sla_paused"]);
    assert_eq!(standing(&story, ClockKind::NextUpdate), Stopped);
    let resolution = story.clock(ClockKind::Resolution);
    assert_eq!((resolution.standing, resolution.used_seconds), (Paused, 2 * 3_600));

    story.pass(40 * HOUR - 30);
    story.player_writes();
    // The pause ends when the word came, not when we looked.
    assert_eq!(names(&story.keep_clocks_after(10 * MINUTE)), ["sla_started", "sla_resumed"]);
    let resolution = story.clock(ClockKind::Resolution);
    assert_eq!(resolution.breach_at, start() + SignedDuration::from_hours(24 + 40));
}

#[test]
fn time_between_a_word_and_the_next_question_counts_even_if_both_came_before_we_looked() {
    let mut story = answered(Channel::Chat, Topic::Withdrawal);
    story.evidence_is_asked_for();
    story.keep_clocks();
    story.pass(HOUR);
    story.player_writes();
    story.pass(HOUR);
    story.evidence_is_asked_for();
    assert_eq!(names(&story.keep_clocks()), ["sla_resumed", "sla_paused"]);
    assert_eq!(story.clock(ClockKind::Resolution).used_seconds, 3_600);
}

#[test]
fn a_question_that_was_answered_is_not_what_the_player_is_waited_for() {
    let mut story = answered(Channel::Chat, Topic::Withdrawal);
    story.evidence_is_asked_for();
    story.pass(HOUR);
    story.player_writes();
    story.payments(payments::PaymentEscalated {
        kind: payments::EscalationKind::WithdrawalLate,
        amount: crate::Money::positive(100, "DKK").unwrap(),
        method: payments::PaymentMethod::Card,
        summary: Personal::new("late"),
    });
    story.pass(HOUR);
    story.payments(payments::PaymentInformationRequested {
        question_id: id(1),
        question: Personal::new("which card?"),
    });
    // All of it was waiting to be looked at; only the last question is open.
    assert_eq!(names(&story.keep_clocks()), ["sla_paused"]);
    let resolution = story.clock(ClockKind::Resolution);
    assert_eq!((resolution.standing, resolution.used_seconds), (Paused, 2 * 3_600));
}

#[test]
fn a_case_given_back_while_the_player_is_waited_for_still_waits_for_them() {
    let mut story = answered(Channel::Chat, Topic::Withdrawal);
    story.evidence_is_asked_for();
    story.keep_clocks();
    let (rules, reason) = (Arc::clone(&story.rules), ReleaseReason::AgentOffline);
    story.by_service(Command::ReleaseCase(ReleaseCase { rules, agent_id: agent("mette"), reason }));
    story.keep_clocks();
    assert_eq!(standing(&story, ClockKind::Resolution), Paused);
}

#[test]
fn the_gateway_pauses_the_resolution_and_the_player_is_still_owed_an_update() {
    let mut story = answered(Channel::Chat, Topic::Withdrawal);
    story.pass(HOUR);
    story.gateway_is_asked(7);
    assert_eq!(names(&story.keep_clocks()), ["sla_paused"]);
    story.pass(HOUR);
    story.player_writes();
    assert_eq!(names(&story.keep_clocks()), ["sla_started"]);
    assert_eq!(standing(&story, ClockKind::Resolution), Paused);
    story.pass(HOUR);
    story.gateway_answers(7);
    assert_eq!(names(&story.keep_clocks()), ["sla_resumed"]);
    assert_eq!(story.clock(ClockKind::Resolution).breach_at, start() + SignedDuration::from_hours(26));
}

#[test]
fn escalation_and_transfer_pause_nothing() {
    let mut story = answered(Channel::Email, Topic::Withdrawal);
    story.payments(payments::PaymentEscalated {
        kind: payments::EscalationKind::WithdrawalLate,
        amount: crate::Money::positive(100, "DKK").unwrap(),
        method: payments::PaymentMethod::Card,
        summary: Personal::new("late"),
    });
    assert_eq!(story.keep_clocks(), []);
    story.pass(HOUR);
    let (rules, to) = (Arc::clone(&story.rules), Team::Complaints);
    let events = story.by_agent("mette", Command::TransferCase(TransferCase { rules, to })).unwrap();
    // Both desks work round the clock: not even the moments change.
    assert_eq!(names(&events), ["case_released", "case_transferred", "case_queued"]);
    assert_eq!(standing(&story, ClockKind::Resolution), Running);
}

#[test]
fn a_transfer_goes_on_counting_on_the_new_desks_calendar() {
    let mut story = Story::owned(Channel::Chat, Topic::Bonus, Tier::Standard);
    story.agent_replies();
    story.keep_clocks();
    story.pass(HOUR);
    let (rules, to) = (Arc::clone(&story.rules), Team::Technical);
    story.by_agent("mette", Command::TransferCase(TransferCase { rules, to })).unwrap();
    let resolution = story.clock(ClockKind::Resolution);
    // 23 of 24 h are left at 11:00 on Friday: 1 + 4 h then, 8 h on Monday and Tuesday, 2 h on Wednesday.
    assert_eq!(resolution.breach_at, "2026-06-10T10:00:00+02".parse().unwrap());
    assert_eq!((resolution.generation, resolution.used_seconds), (2, 3_600));
}

#[test]
fn a_countrys_deadline_runs_from_the_complaint_and_pauses_for_nobody() {
    let mut story = answered(Channel::Email, Topic::Complaint);
    story.intake(intake::ComplaintDeclared { jurisdiction: "GB".into() });
    assert_eq!(names(&story.keep_clocks()), ["sla_started"]);
    let deadline = start() + SignedDuration::from_hours(56 * 24);
    assert_eq!(story.clock(ClockKind::Jurisdiction).breach_at, deadline);
    story.evidence_is_asked_for();
    assert_eq!(names(&story.keep_clocks()), ["sla_paused"]);
    assert_eq!(standing(&story, ClockKind::Jurisdiction), Running);

    story.resolved();
    story.keep_clocks();
    assert_eq!(standing(&story, ClockKind::Jurisdiction), Met);
    story.pass(24 * HOUR);
    story.intake(intake::CaseReopened { reason: Personal::new("no") });
    story.requeue();
    let clock = story.clock(ClockKind::Jurisdiction);
    assert_eq!((clock.standing, clock.generation, clock.breach_at), (Running, 2, deadline));
}

#[test]
fn a_request_about_the_players_data_is_due_within_a_month_of_its_receipt_and_waits_for_nobody() {
    let mut story = Story::owned(Channel::Email, Topic::Other, Tier::Standard);
    story.pass(48 * HOUR);
    story.classified(Topic::Privacy);
    story.keep_clocks();
    let clock = story.clock(ClockKind::Jurisdiction).clone();
    let received = start().to_zoned(jiff::tz::TimeZone::UTC);
    let due = received.checked_add(jiff::Span::new().months(1)).unwrap().timestamp();
    assert_eq!((clock.started_at, clock.breach_at), (start(), due), "from the receipt, not from its reading");
    assert_eq!(crate::routing::placement::team_for(Topic::Privacy, Tier::Vip, false), Team::Privacy);
    story.evidence_is_asked_for();
    story.keep_clocks();
    assert_eq!(standing(&story, ClockKind::Jurisdiction), Running);

    let mut complained = story.clone();
    complained.intake(intake::ComplaintDeclared { jurisdiction: "DK".into() });
    complained.keep_clocks();
    let sooner = start() + SignedDuration::from_hours(14 * 24);
    assert_eq!(complained.clock(ClockKind::Jurisdiction).breach_at, sooner, "the earlier deadline counts");

    let mut other = story.clone();
    other.classified(Topic::Bonus);
    other.keep_clocks();
    assert_eq!(standing(&other, ClockKind::Jurisdiction), Stopped);

    story.pass(24 * HOUR * 31);
    story.fire(ClockKind::Jurisdiction, clock.generation, Mark::Breach);
    assert!(story.clock(ClockKind::Jurisdiction).breached);
}

#[test]
fn nothing_runs_after_the_case_is_resolved() {
    let mut story = answered(Channel::Chat, Topic::Withdrawal);
    story.player_writes();
    story.keep_clocks();
    story.pass(HOUR);
    story.resolved();
    assert_eq!(names(&story.keep_clocks()), ["sla_met", "sla_met"]);
    for mark in [Mark::Warning, Mark::Breach] {
        story.pass(100 * HOUR);
        assert_eq!(story.fire(ClockKind::Resolution, 1, mark), []);
    }
}

#[test]
fn a_case_that_was_no_request_stops_its_clocks_without_a_merit() {
    let mut story = Story::triaged(Channel::Email, Topic::Other, Tier::Standard);
    story.intake(intake::CaseRejected { reason: Personal::new("spam") });
    assert_eq!(names(&story.keep_clocks()), ["sla_stopped", "sla_stopped"]);
}

#[test]
fn a_call_that_reached_the_player_answers_them() {
    let mut story = Story::owned(Channel::Phone, Topic::Account, Tier::Standard);
    let (rules, at) = (Arc::clone(&story.rules), story.now);
    let events = story.by_service(Command::KeepClocks(KeepClocks { rules, at, spoken: true }));
    assert_eq!(names(&events), ["sla_met"]);
    story.pass(HOUR);
    story.player_writes();
    assert_eq!(story.keep_clocks(), [], "nobody owes a phone caller a written update");
}
