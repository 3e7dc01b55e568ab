//! Proposing and agreeing: four eyes, a second factor, that exact amount, never more than came in.

use iso_currency::Currency;
use jiff::SignedDuration;

use super::super::*;
use super::world::*;
use crate::money::Money;

#[test]
fn a_payment_is_proposed_by_payments_about_what_the_gateway_knows() {
    let unknown = History::asked().after(&service(), not_found(100));
    let mut euro = propose(200, 5);
    euro.amount = Money::new(5, Currency::EUR);
    let mut foreign = propose(200, 5);
    foreign.transaction_id = transaction("TX-9");
    let mut another = propose(200, 1_250_000);
    another.kind = ProposalKind::Refund;
    let proposed: &[&str] = &["resolution_proposed", "approval_requested"];
    table(vec![
        ("the whole", History::known(), payments("anna"), propose(200, 1_250_000).into(), proposed),
        (
            "by the owner of another team",
            History::known(),
            owner(),
            propose(200, 5).into(),
            &["NOT_PAYMENTS_AGENT"],
        ),
        ("by a service", History::known(), service(), propose(200, 5).into(), &["NOT_PAYMENTS_AGENT"]),
        ("of nothing", History::known(), payments("anna"), propose(200, 0).into(), &["AMOUNT_NOT_POSITIVE"]),
        ("in another currency", History::known(), payments("anna"), euro.into(), &["CURRENCY_MISMATCH"]),
        (
            "of a transaction that is not linked",
            History::known(),
            payments("anna"),
            foreign.into(),
            &["TRANSACTION_NOT_LINKED"],
        ),
        (
            "of one the gateway does not know",
            unknown,
            payments("anna"),
            propose(200, 5).into(),
            &["UNKNOWN_TRANSACTION"],
        ),
        (
            "before the gateway answered",
            History::asked(),
            payments("anna"),
            propose(200, 5).into(),
            &["GATEWAY_ANSWER_MISSING"],
        ),
        (
            "before it was asked",
            History::escalated(),
            payments("anna"),
            propose(200, 5).into(),
            &["GATEWAY_ANSWER_MISSING"],
        ),
        ("not escalated", History::opened(), payments("anna"), propose(200, 5).into(), &["NOT_ESCALATED"]),
        ("over", History::known().over(), payments("anna"), propose(200, 5).into(), &["CASE_OVER"]),
        ("the same again", History::proposed(), payments("anna"), propose(200, 1_250_000).into(), &[]),
        (
            "the same id with another amount",
            History::proposed(),
            payments("anna"),
            propose(200, 5).into(),
            &["PROPOSAL_ID_USED"],
        ),
        (
            "the same id with another kind",
            History::proposed(),
            payments("anna"),
            another.into(),
            &["PROPOSAL_ID_USED"],
        ),
        (
            "the same id by another",
            History::proposed(),
            payments("bo"),
            propose(200, 1_250_000).into(),
            &["PROPOSAL_ID_USED"],
        ),
        ("a second one", History::proposed(), payments("anna"), propose(201, 5).into(), &["PROPOSAL_OPEN"]),
        (
            "a second one while the money moves",
            History::executing(),
            payments("anna"),
            propose(201, 5).into(),
            &["EXECUTION_UNDER_WAY"],
        ),
    ]);
}

#[test]
fn above_the_large_payout_limit_two_others_have_to_agree() {
    let required = |command: ProposeResolution, history: &History| {
        let events = history.ask(&payments("anna"), command).unwrap();
        let Event::ApprovalRequested(requested) = &events[1] else { panic!("{events:?}") };
        (requested.required, requested.large_payout_limit)
    };
    let known = History::known();
    assert_eq!(required(propose(200, 1_000_000), &known), (1, dkk(1_000_000)));
    assert_eq!(required(propose(200, 1_000_001), &known), (2, dkk(1_000_000)));
    let mut without_limit = propose(200, 1);
    without_limit.large_payout_limits.clear();
    assert_eq!(required(without_limit, &known), (2, dkk(0)));
}

#[test]
fn a_large_payout_in_small_parts_is_a_large_payout() {
    let required = |history: &History, proposal_id, minor| {
        let events = history.ask(&payments("anna"), propose(proposal_id, minor)).unwrap();
        let Event::ApprovalRequested(requested) = &events[1] else { panic!("{events:?}") };
        requested.required
    };
    let first = History::known().after(&payments("anna"), propose(200, 600_000));
    let now = first.now;
    let paid = first
        .clone()
        .after(&approver("bo", now), approve(200, 600_000))
        .after(&service(), start_execution(300, 200))
        .after(&service(), executed(300));
    assert_eq!(required(&paid, 201, 400_000), 1, "up to the limit");
    assert_eq!(required(&paid, 201, 400_001), 2, "beyond it, with what was paid before");
    let denied = first.after(&payments("bo"), deny(200));
    assert_eq!(required(&denied, 201, 400_001), 1, "what was denied does not count");
}

#[test]
fn a_payment_beyond_what_came_in_is_blocked_and_written_down() {
    let partly = History::asked().after(&service(), reply(100, 1_250_000, 1_000_000, 50_000));
    let events = partly.ask(&payments("anna"), propose(200, 200_001)).unwrap();
    let [Event::DuplicateRefundBlocked(blocked)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((blocked.asked, blocked.available), (dkk(200_001), dkk(200_000)));
    assert_eq!(blocked.asked_by.as_str(), "anna");
    let written = partly.clone().after(&payments("anna"), propose(200, 200_001));
    table(vec![
        (
            "the rest may go",
            partly,
            payments("anna"),
            propose(200, 200_000).into(),
            &["resolution_proposed", "approval_requested"],
        ),
        (
            "the same again is written down once",
            written.clone(),
            payments("anna"),
            propose(200, 200_001).into(),
            &[],
        ),
        (
            "another try is another fact",
            written,
            payments("anna"),
            propose(201, 200_001).into(),
            &["duplicate_refund_blocked"],
        ),
        (
            "after our own payment nothing is left",
            History::executed(),
            payments("anna"),
            propose(201, 1).into(),
            &["duplicate_refund_blocked"],
        ),
    ]);
}

#[test]
fn our_own_payment_is_counted_once_when_the_gateway_is_asked_again() {
    let paid = |kind| {
        let first =
            History::known().after(&payments("anna"), ProposeResolution { kind, ..propose(200, 1_000_000) });
        let now = first.now;
        first
            .after(&approver("bo", now), approve(200, 1_000_000))
            .after(&service(), start_execution(300, 200))
            .after(&service(), executed(300))
    };
    let left = |history: &History| history.case.payments_escalation.available(&transaction("TX-1"), None);
    // A refund is in the gateway's figures from then on; a payout is not, and is still counted by us.
    for (kind, refunded) in [(ProposalKind::Refund, 1_000_000), (ProposalKind::Payout, 0)] {
        let paid = paid(kind);
        assert_eq!(left(&paid), Some(dkk(250_000)));
        let asked_again =
            paid.after(&owner(), contact(101, "TX-1")).after(&service(), reply(101, 1_250_000, refunded, 0));
        assert_eq!(left(&asked_again), Some(dkk(250_000)));
    }
}

#[test]
fn approvals_are_by_others_with_a_second_factor_and_for_that_amount() {
    let proposed = History::proposed();
    let now = proposed.now;
    let once = proposed.clone().after(&approver("bo", now), approve(200, 1_250_000));
    let old = payments("bo")
        .with_second_factor_at(now - SignedDuration::from_mins(5) - SignedDuration::from_secs(1));
    let future = payments("bo").with_second_factor_at(now + SignedDuration::from_secs(1));
    let general = owner().with_second_factor_at(now);
    let yes = || Command::from(approve(200, 1_250_000));
    table(vec![
        ("another agent", proposed.clone(), approver("bo", now), yes(), &["approval_granted"]),
        (
            "exactly five minutes ago",
            proposed.clone(),
            payments("bo").with_second_factor_at(now - SECOND_FACTOR_WINDOW),
            yes(),
            &["approval_granted"],
        ),
        ("a second one", once.clone(), approver("carl", now), yes(), &["approval_granted"]),
        ("the proposer", proposed.clone(), approver("anna", now), yes(), &["SELF_APPROVAL"]),
        ("the same twice", once.clone(), approver("bo", now), yes(), &[]),
        ("the same twice, without a factor by now", once, payments("bo"), yes(), &[]),
        ("without a second factor", proposed.clone(), payments("bo"), yes(), &["SECOND_FACTOR_REQUIRED"]),
        ("with an old one", proposed.clone(), old, yes(), &["SECOND_FACTOR_REQUIRED"]),
        ("with one from the future", proposed.clone(), future, yes(), &["SECOND_FACTOR_REQUIRED"]),
        ("of another team", proposed.clone(), general, yes(), &["NOT_PAYMENTS_AGENT"]),
        (
            "of another amount",
            proposed.clone(),
            approver("bo", now),
            approve(200, 1_250_001).into(),
            &["AMOUNT_CHANGED"],
        ),
        (
            "of an unknown proposal",
            proposed.clone(),
            approver("bo", now),
            approve(201, 1_250_000).into(),
            &["UNKNOWN_PROPOSAL"],
        ),
        (
            "a third one is too late",
            History::approved(),
            approver("dina", now),
            yes(),
            &["PROPOSAL_NOT_OPEN"],
        ),
        (
            "after a no",
            proposed.after(&payments("carl"), deny(200)),
            approver("bo", now),
            yes(),
            &["PROPOSAL_NOT_OPEN"],
        ),
        ("after the end", History::proposed().over(), approver("bo", now), yes(), &["CASE_OVER"]),
    ]);
}

#[test]
fn anybody_of_payments_may_say_no_until_the_gateway_has_it() {
    let denied = History::proposed().after(&payments("bo"), deny(200));
    assert_eq!(denied.progress(), Some(Progress::UnderReview));
    table(vec![
        ("a colleague", History::proposed(), payments("bo"), deny(200).into(), &["approval_denied"]),
        (
            "the proposer takes it back",
            History::proposed(),
            payments("anna"),
            deny(200).into(),
            &["approval_denied"],
        ),
        (
            "approved and not yet with the gateway",
            History::approved(),
            payments("bo"),
            deny(200).into(),
            &["approval_denied"],
        ),
        ("twice", denied.clone(), payments("carl"), deny(200).into(), &[]),
        (
            "then another may be proposed",
            denied,
            payments("anna"),
            propose(201, 5).into(),
            &["resolution_proposed", "approval_requested"],
        ),
        (
            "with the gateway",
            History::executing(),
            payments("bo"),
            deny(200).into(),
            &["EXECUTION_UNDER_WAY"],
        ),
        ("executed", History::executed(), payments("bo"), deny(200).into(), &["PROPOSAL_NOT_OPEN"]),
        ("unknown", History::proposed(), payments("bo"), deny(201).into(), &["UNKNOWN_PROPOSAL"]),
        ("of another team", History::proposed(), owner(), deny(200).into(), &["NOT_PAYMENTS_AGENT"]),
    ]);
}
