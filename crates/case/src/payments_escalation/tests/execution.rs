//! The money moves once.

use super::super::*;
use super::world::*;
use crate::journey::CaseState;

#[test]
fn only_an_approved_proposal_is_executed_and_only_with_one_key() {
    let one_of_two = {
        let proposed = History::proposed();
        let now = proposed.now;
        proposed.after(&approver("bo", now), approve(200, 1_250_000))
    };
    table(vec![
        (
            "approved",
            History::approved(),
            service(),
            start_execution(300, 200).into(),
            &["gateway_contacted"],
        ),
        ("the same again", History::executing(), service(), start_execution(300, 200).into(), &[]),
        (
            "with another key",
            History::executing(),
            service(),
            start_execution(301, 200).into(),
            &["EXECUTION_UNDER_WAY"],
        ),
        (
            "with the key of an inquiry",
            History::approved(),
            service(),
            start_execution(100, 200).into(),
            &["GATEWAY_KEY_USED"],
        ),
        (
            "after it was executed",
            History::executed(),
            service(),
            start_execution(301, 200).into(),
            &["EXECUTION_UNDER_WAY"],
        ),
        (
            "one of two approvals",
            one_of_two,
            service(),
            start_execution(300, 200).into(),
            &["PROPOSAL_NOT_APPROVED"],
        ),
        (
            "no approval",
            History::proposed(),
            service(),
            start_execution(300, 200).into(),
            &["PROPOSAL_NOT_APPROVED"],
        ),
        (
            "denied",
            History::approved().after(&payments("bo"), deny(200)),
            service(),
            start_execution(300, 200).into(),
            &["PROPOSAL_NOT_APPROVED"],
        ),
        ("unknown", History::approved(), service(), start_execution(300, 201).into(), &["UNKNOWN_PROPOSAL"]),
        (
            "by an agent",
            History::approved(),
            payments("anna"),
            start_execution(300, 200).into(),
            &["SERVICE_ONLY"],
        ),
        ("over", History::approved().over(), service(), start_execution(300, 200).into(), &["CASE_OVER"]),
    ]);
}

#[test]
fn the_gateways_word_counts_once_whenever_it_comes() {
    let failed_once = History::executing().after(&service(), failed(300));
    table(vec![
        ("done", History::executing(), service(), executed(300).into(), &["payment_executed"]),
        ("done twice", History::executed(), service(), executed(300).into(), &[]),
        ("failed", History::executing(), service(), failed(300).into(), &["payment_failed"]),
        ("failed twice", failed_once.clone(), service(), failed(300).into(), &[]),
        ("failed after done", History::executed(), service(), failed(300).into(), &[]),
        (
            "done after failed: money that moved has moved",
            failed_once.clone(),
            service(),
            executed(300).into(),
            &["payment_executed"],
        ),
        (
            "done after the time-out",
            History::executing().at(minutes(60)).after(&service(), timeout(300)),
            service(),
            executed(300).into(),
            &["payment_executed"],
        ),
        (
            "done after the case is over",
            History::executing().over(),
            service(),
            executed(300).into(),
            &["payment_executed"],
        ),
        (
            "of an unknown call",
            History::executing(),
            service(),
            executed(301).into(),
            &["UNKNOWN_GATEWAY_CALL"],
        ),
        ("of an inquiry", History::executing(), service(), executed(100).into(), &["UNKNOWN_GATEWAY_CALL"]),
        ("said by an agent", History::executing(), payments("anna"), executed(300).into(), &["SERVICE_ONLY"]),
        (
            "failure said by an agent",
            History::executing(),
            payments("anna"),
            failed(300).into(),
            &["SERVICE_ONLY"],
        ),
        (
            "after a failure another may be proposed",
            failed_once,
            payments("anna"),
            propose(201, 5).into(),
            &["resolution_proposed", "approval_requested"],
        ),
    ]);
}

#[test]
fn the_executed_amount_is_the_approved_one() {
    let events = History::executing().ask(&service(), executed(300)).unwrap();
    let [Event::PaymentExecuted(done)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((done.proposal_id, done.amount), (id(200), dkk(1_250_000)));
    assert_eq!(done.gateway_reference, "pay_300");
}

#[test]
fn the_states_of_the_case_follow_the_money() {
    let steps = [
        (History::escalated(), Progress::UnderReview, CaseState::Escalated),
        (History::asked(), Progress::GatewayPending, CaseState::WaitingThirdParty),
        (History::known(), Progress::UnderReview, CaseState::Escalated),
        (History::proposed(), Progress::AwaitingApproval, CaseState::Escalated),
        (History::approved(), Progress::Approved, CaseState::Escalated),
        (History::executing(), Progress::Executing, CaseState::WaitingThirdParty),
        (History::executed(), Progress::Executed, CaseState::InProgress),
        (History::executing().after(&service(), failed(300)), Progress::UnderReview, CaseState::Escalated),
    ];
    for (history, progress, state) in steps {
        assert_eq!((history.progress(), history.case.state), (Some(progress), state));
    }
}

#[test]
fn a_case_that_waits_for_an_agent_goes_on_waiting_when_the_money_has_moved() {
    use crate::routing::{CaseQueued, CaseReleased, Event as Routing, QueueReason, ReleaseReason};
    let released = CaseReleased { agent_id: "mette".parse().unwrap(), reason: ReleaseReason::AgentOffline };
    let queued = CaseQueued {
        team: crate::vocabulary::Team::General,
        skills: Vec::new(),
        queued_at: minutes(1),
        reason: QueueReason::Released,
        preferred_agent: None,
        preferred_until: None,
    };
    let waiting = History::executing().with(Routing::from(released)).with(Routing::from(queued));
    assert_eq!(waiting.after(&service(), executed(300)).case.state, CaseState::Queued);
}

#[test]
fn a_refund_that_came_to_light_meanwhile_stops_the_execution() {
    let meanwhile = History::approved()
        .after(&owner(), contact(101, "TX-1"))
        .after(&service(), reply(101, 1_250_000, 1, 0));
    let stopped = meanwhile.ask(&service(), start_execution(300, 200));
    assert_eq!(names(&stopped), ["duplicate_refund_blocked", "payment_failed"]);
    let after = meanwhile.after(&service(), start_execution(300, 200));
    assert_eq!(after.progress(), Some(Progress::UnderReview));
    assert_eq!(after.ask(&service(), start_execution(300, 200)), Ok(Vec::new()));
}

#[test]
fn a_payment_that_failed_and_moved_after_all_stops_the_next_one() {
    let second =
        History::executing().after(&service(), failed(300)).after(&payments("anna"), propose(201, 1_250_000));
    let now = second.now;
    let both = second
        .after(&service(), executed(300))
        .after(&approver("bo", now), approve(201, 1_250_000))
        .after(&approver("carl", now), approve(201, 1_250_000));
    let answer = both.ask(&service(), start_execution(301, 201));
    assert_eq!(names(&answer), ["duplicate_refund_blocked", "payment_failed"]);
}
