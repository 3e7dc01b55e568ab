use super::*;
use crate::journey::CaseState;
use crate::vocabulary::Skill;

#[test]
fn a_withdrawal_gets_priority_clocks_a_promise_and_the_payments_queue() {
    let mut story = Story::opened(Channel::Chat, Topic::Withdrawal, Tier::Standard);
    let events = story.triage(None);
    assert_eq!(
        names(&events),
        ["case_queued", "sla_started", "sla_started", "horizon_set", "priority_computed"]
    );
    assert_eq!(story.case.state, CaseState::Queued);
    assert_eq!(story.case.routing.team, Some(Team::Payments));
    assert_eq!(story.case.routing.queued.as_ref().unwrap().skills, [Skill::Payments]);
    assert_eq!(story.clock(ClockKind::FirstResponse).breach_at, start() + SignedDuration::from_mins(5));
    assert_eq!(story.case.routing.horizon, Some(start() + SignedDuration::from_hours(24)));
}

#[test]
fn each_topic_goes_to_the_team_of_the_table() {
    let table = [
        (Topic::Withdrawal, Tier::Vip, Team::Payments),
        (Topic::Deposit, Tier::Standard, Team::Payments),
        (Topic::Verification, Tier::Standard, Team::Verification),
        (Topic::Technical, Tier::Vip, Team::Technical),
        (Topic::Complaint, Tier::Standard, Team::Complaints),
        (Topic::Limits, Tier::Vip, Team::ResponsibleGambling),
        (Topic::Bonus, Tier::Standard, Team::General),
        (Topic::Bonus, Tier::Vip, Team::Vip),
        (Topic::Other, Tier::Vip, Team::Vip),
    ];
    for (topic, tier, team) in table {
        let story = Story::triaged(Channel::Email, topic, tier);
        assert_eq!(story.case.routing.team, Some(team), "{topic} {tier}");
    }
}

#[test]
fn nothing_is_routed_while_a_suggested_answer_waits_and_all_of_it_once_that_did_not_help() {
    let mut story = Story::opened(Channel::HelpCentre, Topic::Bonus, Tier::Standard);
    story.intake(intake::AnswerSuggested { article_id: "bonus-missing".into(), language: Language::Pl });
    assert_eq!(story.triage(None), []);
    story.pass(3 * HOUR);
    story.intake(intake::HandedToHuman { article_id: Some("bonus-missing".into()) });
    assert!(names(&story.triage(None)).contains(&"case_queued"));
    // What was promised counts from the moment a human was asked for.
    assert_eq!(story.clock(ClockKind::FirstResponse).started_at, start() + SignedDuration::from_hours(3));
}

#[test]
fn a_case_that_is_over_is_not_routed() {
    let mut story = Story::opened(Channel::Email, Topic::Other, Tier::Standard);
    story.intake(intake::CaseRejected { reason: Personal::new("spam") });
    assert_eq!(story.triage(None), []);
    assert_eq!(story.reprioritise(), []);
    assert_eq!(story.keep_clocks(), []);
}

#[test]
fn a_vips_case_prefers_the_personal_contact_for_a_while() {
    let mut story = Story::opened(Channel::Chat, Topic::Bonus, Tier::Vip);
    assert!(names(&story.triage(Some("ingrid"))).contains(&"personal_contact_assigned"));
    let queued = story.case.routing.queued.as_ref().unwrap();
    assert_eq!(queued.preferred_agent, Some(agent("ingrid")));
    assert_eq!(queued.preferred_until, Some(start() + SignedDuration::from_mins(2)));
    assert_eq!(queued.skills, [Skill::Bonuses, Skill::Vip]);
}

#[test]
fn a_wish_to_be_excluded_moves_the_case_at_once_with_new_clocks_whoever_has_it() {
    let mut story = Story::owned(Channel::Email, Topic::Bonus, Tier::Vip);
    story.agent_replies();
    story.keep_clocks();
    story.pass(HOUR);
    story.asks_to_be_excluded();
    let events = story.reprioritise();
    assert_eq!(
        names(&events),
        [
            "case_released",
            "case_transferred",
            "case_queued",
            "sla_started",
            "sla_started",
            "horizon_set",
            "priority_computed"
        ]
    );
    assert!(
        matches!(&events[1], Event::CaseTransferred(moved) if moved.reason == TransferReason::SelfExclusion)
    );
    let routing = &story.case.routing;
    assert_eq!(routing.team, Some(Team::ResponsibleGambling));
    assert_eq!(routing.priority.as_ref().unwrap().safety_rank, 0);
    assert_eq!(routing.queued.as_ref().unwrap().skills, [Skill::ResponsibleGambling]);
    assert_eq!(routing.horizon, Some(story.now + SignedDuration::from_hours(1)));
    let first = story.clock(ClockKind::FirstResponse);
    assert_eq!((first.generation, first.breach_at), (2, story.now + SignedDuration::from_mins(5)));
    assert_eq!(first.calendar, Calendar::ALWAYS);
    assert_eq!(story.keep_clocks(), []);
}

#[test]
fn an_excluded_players_case_is_not_sent_away_from_the_team_that_protects_them() {
    let mut story = Story::triaged(Channel::Chat, Topic::Limits, Tier::Standard);
    story.asks_to_be_excluded();
    story.reprioritise();
    let (rules, to) = (Arc::clone(&story.rules), Team::General);
    let refused = story.by_agent("rolf", Command::TransferCase(TransferCase { rules, to }));
    assert_eq!(refused, Err(Refusal::SelfExclusionStays));
}

#[test]
fn another_topic_of_the_same_team_asks_for_other_skills_and_keeps_the_place_in_the_queue() {
    let mut story = Story::triaged(Channel::Email, Topic::Bonus, Tier::Standard);
    story.pass(HOUR);
    story.classified(Topic::GameRules);
    let events = story.reprioritise();
    assert!(names(&events).contains(&"case_queued") && !names(&events).contains(&"case_transferred"));
    let queued = story.case.routing.queued.as_ref().unwrap();
    assert_eq!((queued.skills.as_slice(), queued.queued_at), ([Skill::Games].as_slice(), start()));
}

#[test]
fn a_new_topic_goes_to_its_team_with_the_time_used_so_far_and_the_promise_stands() {
    let mut story = Story::triaged(Channel::Email, Topic::Other, Tier::Standard);
    let promised = story.case.routing.horizon;
    story.pass(HOUR);
    story.classified(Topic::Technical);
    let events = story.reprioritise();
    assert!(names(&events).contains(&"case_transferred"));
    let resolution = story.clock(ClockKind::Resolution);
    assert_eq!((resolution.generation, resolution.calendar.as_str()), (2, "office"));
    assert_eq!(resolution.used_seconds, 3_600);
    // 71 hours of the technical desk's days end later than 71 hours do: not what the player was told.
    assert!(Some(resolution.breach_at) > promised);
    assert_eq!(story.case.routing.horizon, promised);
}

#[test]
fn a_case_sent_to_another_team_by_hand_stays_there_when_its_priority_changes() {
    let mut story = Story::owned(Channel::Email, Topic::Other, Tier::Standard);
    let transfer = |story: &Story| {
        Command::TransferCase(TransferCase { rules: Arc::clone(&story.rules), to: Team::Technical })
    };
    let to_technical = transfer(&story);
    let events = story.by_agent("mette", to_technical).unwrap();
    assert_eq!(names(&events)[..3], ["case_released", "case_transferred", "case_queued"]);
    story.pass(4 * HOUR);
    assert!(!names(&story.reprioritise()).contains(&"case_transferred"));
    assert_eq!(story.case.routing.team, Some(Team::Technical));
}

#[test]
fn only_agents_send_a_case_away_and_only_while_it_is_open() {
    let mut story = Story::triaged(Channel::Email, Topic::Other, Tier::Standard);
    let transfer = Command::TransferCase(TransferCase { rules: rules(), to: Team::Technical });
    assert_eq!(story.ask(&Actor::player("p-1"), &transfer), Err(Refusal::ActorNotAllowed));
    story.resolved();
    assert_eq!(
        story.by_agent("mette", transfer.clone()),
        Err(Refusal::CaseOver { state: CaseState::Resolved })
    );
    let mut early = Story::opened(Channel::Email, Topic::Other, Tier::Standard);
    assert_eq!(early.by_agent("mette", transfer), Err(Refusal::CaseNotTriaged));
}

#[test]
fn a_reopened_case_prefers_whoever_had_it_and_gets_a_new_promise() {
    let mut story = Story::owned(Channel::Email, Topic::Bonus, Tier::Standard);
    story.agent_replies();
    story.keep_clocks();
    story.resolved();
    story.keep_clocks();
    story.pass(48 * HOUR);
    story.intake(intake::CaseReopened { reason: Personal::new("still missing") });
    let events = story.requeue();
    assert_eq!(
        names(&events),
        ["case_queued", "sla_started", "horizon_set", "sla_started", "priority_computed"]
    );
    let queued = story.case.routing.queued.as_ref().unwrap();
    assert_eq!(queued.preferred_agent, Some(agent("mette")));
    assert_eq!(queued.preferred_until, Some(story.now + SignedDuration::from_mins(15)));
    assert_eq!(story.case.routing.horizon, Some(story.now + SignedDuration::from_hours(72)));
    assert_eq!(story.clock(ClockKind::NextUpdate).breach_at, story.now + SignedDuration::from_hours(24));
    assert_eq!(story.keep_clocks(), []);
}

#[test]
fn a_case_reopened_by_a_wish_for_exclusion_gets_a_new_first_response() {
    let mut story = Story::owned(Channel::Email, Topic::Bonus, Tier::Standard);
    story.agent_replies();
    story.keep_clocks();
    story.resolved();
    story.keep_clocks();
    story.pass(48 * HOUR);
    story.intake(intake::CaseReopened { reason: Personal::new("udeluk mig") });
    story.classified(Topic::Limits);
    story.asks_to_be_excluded();
    let events = story.requeue();
    assert_eq!(
        names(&events),
        ["case_queued", "sla_started", "sla_started", "horizon_set", "priority_computed"]
    );
    let first = story.clock(ClockKind::FirstResponse);
    assert_eq!((first.generation, first.started_at, first.is_open()), (2, story.now, true));
    assert_eq!(story.case.routing.horizon, Some(story.clock(ClockKind::Resolution).breach_at));
    assert_eq!(story.keep_clocks(), []);
}
