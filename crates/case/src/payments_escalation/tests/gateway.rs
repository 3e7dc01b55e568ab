//! The gateway answers at once, late, twice, out of order or never.

use super::super::*;
use super::world::*;
use crate::journey::CaseState;

#[test]
fn the_gateway_is_asked_about_linked_transactions_once_at_a_time() {
    let timed_out = History::asked().at(minutes(30)).after(&service(), timeout(100));
    table(vec![
        (
            "by the service",
            History::escalated(),
            service(),
            contact(100, "TX-1").into(),
            &["gateway_contacted"],
        ),
        ("by the owner", History::escalated(), owner(), contact(100, "TX-1").into(), &["gateway_contacted"]),
        ("by a stranger", History::escalated(), stranger(), contact(100, "TX-1").into(), &["NOT_CASE_OWNER"]),
        ("with the same key", History::asked(), service(), contact(100, "TX-1").into(), &[]),
        ("with the same key after the answer", History::known(), service(), contact(100, "TX-1").into(), &[]),
        (
            "with the key of another call",
            History::asked(),
            service(),
            contact(100, "TX-2").into(),
            &["GATEWAY_KEY_USED"],
        ),
        (
            "while it still has time to answer",
            History::asked(),
            owner(),
            contact(101, "TX-1").into(),
            &["INQUIRY_PENDING"],
        ),
        ("after it did not answer", timed_out, owner(), contact(101, "TX-1").into(), &["gateway_contacted"]),
        ("after it answered", History::known(), owner(), contact(101, "TX-1").into(), &["gateway_contacted"]),
        (
            "about a foreign transaction",
            History::escalated(),
            owner(),
            contact(100, "TX-9").into(),
            &["TRANSACTION_NOT_LINKED"],
        ),
        ("not escalated", History::opened(), owner(), contact(100, "TX-1").into(), &["NOT_ESCALATED"]),
        ("over", History::escalated().over(), service(), contact(100, "TX-1").into(), &["CASE_OVER"]),
    ]);
}

#[test]
fn the_first_answer_to_a_question_counts() {
    let late = History::asked().at(minutes(30)).after(&service(), timeout(100));
    let mut mixed = standing(1, 0, 0);
    mixed.disputed = crate::Money::new(0, iso_currency::Currency::EUR);
    table(vec![
        ("in time", History::asked(), service(), reply(100, 5, 0, 0).into(), &["gateway_replied"]),
        ("late", late, service(), reply(100, 5, 0, 0).into(), &["gateway_replied"]),
        ("twice", History::known(), service(), reply(100, 1_250_000, 0, 0).into(), &[]),
        ("twice and differently", History::known(), service(), reply(100, 5, 0, 0).into(), &[]),
        (
            "that it knows no such transaction",
            History::asked(),
            service(),
            not_found(100).into(),
            &["gateway_replied"],
        ),
        (
            "after the case is over",
            History::asked().over(),
            service(),
            reply(100, 5, 0, 0).into(),
            &["gateway_replied"],
        ),
        (
            "to a question never put",
            History::asked(),
            service(),
            reply(101, 5, 0, 0).into(),
            &["UNKNOWN_GATEWAY_CALL"],
        ),
        (
            "to an execution",
            History::executing(),
            service(),
            reply(300, 5, 0, 0).into(),
            &["UNKNOWN_GATEWAY_CALL"],
        ),
        ("from an agent", History::asked(), payments("anna"), reply(100, 5, 0, 0).into(), &["SERVICE_ONLY"]),
        (
            "with a negative figure",
            History::asked(),
            service(),
            reply(100, 5, -1, 0).into(),
            &["INCONSISTENT_STANDING"],
        ),
        (
            "in two currencies",
            History::asked(),
            service(),
            RecordGatewayReply { key: id(100), standing: Some(mixed) }.into(),
            &["INCONSISTENT_STANDING"],
        ),
    ]);
}

#[test]
fn the_gateway_times_out_only_when_due_and_unanswered() {
    table(vec![
        ("early", History::asked().at(minutes(29)), service(), timeout(100).into(), &["ANSWER_NOT_DUE"]),
        (
            "on the dot",
            History::asked().at(minutes(30)),
            service(),
            timeout(100).into(),
            &["gateway_timed_out"],
        ),
        (
            "twice",
            History::asked().at(minutes(30)).after(&service(), timeout(100)),
            service(),
            timeout(100).into(),
            &[],
        ),
        ("after the answer", History::known().at(minutes(30)), service(), timeout(100).into(), &[]),
        (
            "of an execution",
            History::executing().at(minutes(60)),
            service(),
            timeout(300).into(),
            &["gateway_timed_out"],
        ),
        (
            "of an inquiry when the case is over",
            History::asked().over().at(minutes(30)),
            service(),
            timeout(100).into(),
            &[],
        ),
        (
            "of an execution when the case is over",
            History::executing().over().at(minutes(60)),
            service(),
            timeout(300).into(),
            &["gateway_timed_out"],
        ),
        (
            "of a call never made",
            History::asked().at(minutes(30)),
            service(),
            timeout(101).into(),
            &["UNKNOWN_GATEWAY_CALL"],
        ),
        (
            "said by an agent",
            History::asked().at(minutes(30)),
            payments("anna"),
            timeout(100).into(),
            &["SERVICE_ONLY"],
        ),
    ]);
}

#[test]
fn the_case_waits_for_the_gateway_until_every_question_is_answered() {
    let two = History::asked().after(&owner(), link("TX-2")).after(&service(), contact(101, "TX-2"));
    assert_eq!(two.progress(), Some(Progress::GatewayPending));
    assert_eq!(two.case.state, CaseState::WaitingThirdParty);
    let one = two.after(&service(), reply(100, 5, 0, 0));
    assert_eq!(one.progress(), Some(Progress::GatewayPending));
    assert_eq!(one.case.state, CaseState::WaitingThirdParty);
    let none = one.after(&service(), not_found(101));
    assert_eq!(none.progress(), Some(Progress::UnderReview));
    assert_eq!(none.case.state, CaseState::Escalated);
}

#[test]
fn out_of_order_the_answer_to_the_youngest_question_is_believed() {
    let history = History::asked()
        .at(minutes(30))
        .after(&service(), timeout(100))
        .after(&service(), contact(101, "TX-1"))
        .after(&service(), reply(101, 1_250_000, 400_000, 0))
        .after(&service(), reply(100, 1_250_000, 0, 0));
    let state = &history.case.payments_escalation;
    assert_eq!(state.available(&transaction("TX-1"), None), Some(dkk(850_000)));
}

#[test]
fn an_answer_after_the_end_does_not_bring_the_case_back() {
    let history = History::asked().over().after(&service(), reply(100, 5, 0, 0));
    assert_eq!(history.case.state, CaseState::Resolved);
}

#[test]
fn a_question_beside_a_proposal_does_not_throw_it_back() {
    let history = History::proposed().after(&owner(), contact(101, "TX-1"));
    assert_eq!(history.progress(), Some(Progress::AwaitingApproval));
    let answered = history.after(&service(), reply(101, 1_250_000, 0, 0));
    assert_eq!(answered.progress(), Some(Progress::AwaitingApproval));
}
