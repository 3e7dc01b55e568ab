use super::*;

fn waiting() -> Story {
    Story::triaged(Channel::Chat, Topic::Bonus, Tier::Standard)
}

fn extend(extension: Extension, cause: u128) -> Command {
    Command::ExtendHorizon(ExtendHorizon { extension, reason: ExtensionReason::Gateway, cause: id(cause) })
}

#[test]
fn a_mark_is_recorded_when_it_is_reached_and_not_before_and_once() {
    let mut story = waiting();
    story.pass(2 * MINUTE - 1);
    assert_eq!(story.fire(ClockKind::FirstResponse, 1, Mark::Warning), []);
    story.pass(1);
    assert_eq!(
        names(&story.fire(ClockKind::FirstResponse, 1, Mark::Warning)),
        ["sla_warned", "priority_computed"]
    );
    assert_eq!(story.fire(ClockKind::FirstResponse, 1, Mark::Breach), []);
    story.pass(3 * MINUTE);
    let breached = story.fire(ClockKind::FirstResponse, 1, Mark::Breach);
    assert_eq!(names(&breached), ["sla_breached", "escalation_raised", "priority_computed"]);
    assert!(story.case.routing.escalated_to_lead);
    // What is waited for longest comes first among equals.
    assert_eq!(story.case.routing.priority.as_ref().unwrap().sla_rank, 0);
}

#[test]
fn a_timer_that_comes_when_the_clock_has_moved_on_changes_nothing() {
    let mut story = Story::owned(Channel::Chat, Topic::Bonus, Tier::Standard);
    story.agent_replies();
    story.keep_clocks();
    story.pass(10 * MINUTE);
    assert_eq!(story.fire(ClockKind::FirstResponse, 1, Mark::Breach), [], "met");
    assert_eq!(story.fire(ClockKind::Resolution, 2, Mark::Breach), [], "another generation");
    story.evidence_is_asked_for();
    story.keep_clocks();
    story.pass(100 * HOUR);
    assert_eq!(story.fire(ClockKind::Resolution, 1, Mark::Breach), [], "paused");
    assert_eq!(story.fire(ClockKind::Jurisdiction, 1, Mark::Breach), [], "never started");
}

#[test]
fn a_warning_after_the_breach_has_nothing_to_say() {
    let mut story = waiting();
    story.pass(5 * MINUTE);
    story.fire(ClockKind::FirstResponse, 1, Mark::Breach);
    assert_eq!(story.fire(ClockKind::FirstResponse, 1, Mark::Warning), []);
}

#[test]
fn a_gateway_that_does_not_answer_moves_the_promise_once_a_call() {
    let mut story = Story::owned(Channel::Chat, Topic::Withdrawal, Tier::Standard);
    let by = Extension::By(story.rules.sla.gateway_extension);
    let promised = story.case.routing.horizon.unwrap();
    let events = story.by_service(extend(by, 7));
    let Event::HorizonExtended(extended) = &events[0] else { panic!("{events:?}") };
    assert_eq!((extended.from, extended.to), (promised, promised + SignedDuration::from_hours(72)));
    story.pass(HOUR);
    assert_eq!(story.by_service(extend(by, 7)), []);
    assert_eq!(story.by_service(extend(by, 8)).len(), 1);
    assert_eq!(story.case.routing.horizon, Some(promised + SignedDuration::from_hours(144)));
}

#[test]
fn a_transfer_does_not_take_an_extension_back() {
    for to in [Team::Complaints, Team::Technical] {
        let mut story = Story::owned(Channel::Chat, Topic::Withdrawal, Tier::Standard);
        story.by_service(extend(Extension::By(SignedDuration::from_hours(20 * 24)), 7));
        let extended = story.case.routing.horizon;
        let rules = Arc::clone(&story.rules);
        story.by_agent("mette", Command::TransferCase(TransferCase { rules, to })).unwrap();
        assert_eq!(story.case.routing.horizon, extended, "{to:?}");
    }
}

#[test]
fn an_extension_of_a_promise_that_has_passed_counts_from_now() {
    let mut story = Story::owned(Channel::Chat, Topic::Withdrawal, Tier::Standard);
    story.pass(30 * HOUR);
    story.by_service(extend(Extension::By(SignedDuration::from_hours(1)), 7));
    assert_eq!(story.case.routing.horizon, Some(story.now + SignedDuration::from_hours(1)));
}

#[test]
fn a_promise_moves_only_later_not_too_far_and_not_by_the_player() {
    let mut story = Story::owned(Channel::Chat, Topic::Withdrawal, Tier::Standard);
    let horizon = story.case.routing.horizon.unwrap();
    let limit = story.now + SignedDuration::from_hours(180 * 24);
    let until = |moment| extend(Extension::Until(moment), 9);
    assert_eq!(story.by_agent("mette", until(start())), Err(Refusal::HorizonNotLater { horizon }));
    assert_eq!(
        story.by_agent("mette", until(limit + SignedDuration::from_secs(1))),
        Err(Refusal::HorizonTooFar { limit })
    );
    assert_eq!(
        story.by_agent("mette", extend(Extension::By(SignedDuration::MAX), 9)),
        Err(Refusal::HorizonTooFar { limit })
    );
    assert_eq!(story.ask(&Actor::player("p-1"), &until(limit)), Err(Refusal::ActorNotAllowed));
    assert_eq!(story.by_agent("mette", until(horizon)), Ok(vec![]), "it is what was promised already");
    assert_eq!(story.by_agent("mette", until(limit)).unwrap().len(), 1);
    story.resolved();
    let state = crate::CaseState::Resolved;
    assert_eq!(
        story.by_agent("mette", extend(Extension::Until(limit), 10)),
        Err(Refusal::CaseOver { state })
    );
    let mut early = Story::opened(Channel::Chat, Topic::Withdrawal, Tier::Standard);
    assert_eq!(early.by_agent("mette", until(limit)), Err(Refusal::NoHorizon));
}

#[test]
fn every_refusal_has_a_reason_of_its_own() {
    let at = start();
    let all = [
        Refusal::ActorNotAllowed,
        Refusal::NotYourOffer { agent_id: agent("a") },
        Refusal::OfferNotFound,
        Refusal::OfferExpired { expires_at: at },
        Refusal::CaseOffered { agent_id: agent("a") },
        Refusal::AlreadyAssigned { agent_id: agent("a") },
        Refusal::CaseNotQueued { state: crate::CaseState::Closed },
        Refusal::CaseOver { state: crate::CaseState::Closed },
        Refusal::CaseNotTriaged,
        Refusal::NoHorizon,
        Refusal::NotAssigned,
        Refusal::AgentNotAvailable { presence: crate::routing::agent::Presence::Away },
        Refusal::NotOwner { agent_id: agent("a") },
        Refusal::NotInTeam { team: Team::Vip },
        Refusal::NoCapacity { load: 1, capacity: 1, weight: 1 },
        Refusal::SelfExclusionStays,
        Refusal::HorizonNotLater { horizon: at },
        Refusal::HorizonTooFar { limit: at },
    ];
    let reasons: std::collections::BTreeSet<_> = all.iter().map(crate::stage::Refusal::reason).collect();
    assert_eq!(reasons.len(), all.len());
}
