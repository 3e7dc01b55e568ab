//! Money that is none, and transactions that nobody knows.

use contracts::payments_escalation::v1::{
    ApproveResolutionRequest, EscalatePaymentRequest, LinkTransactionRequest, Money, ProposeResolutionRequest,
};
use tonic::Code;

use crate::people::{ask, mette, peter};
use crate::refusal::Refusal;
use crate::requests::{self, TRANSACTION, danish};
use crate::scene::Scene;

/// What cannot be an amount, and the field that is wrong with it.
fn wrong_amounts() -> Vec<(Option<Money>, &'static str)> {
    let money = |minor_units, code: &str| Some(Money { minor_units, currency_code: code.to_owned() });
    vec![
        (None, "amount"),
        (danish(0), "amount.minor_units"),
        (danish(-1), "amount.minor_units"),
        (danish(i64::MIN), "amount.minor_units"),
        (danish(i64::MAX), "amount.minor_units"),
        (danish(1_000_000_000_000_001), "amount.minor_units"),
        (money(100, ""), "amount.currency_code"),
        (money(100, "DKX"), "amount.currency_code"),
        (money(100, "kroner"), "amount.currency_code"),
        (money(100, "🪙"), "amount.currency_code"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_amount_is_refused_wherever_money_is_spoken_of() {
    let scene = Scene::begin().await;
    let number = scene.inquired(TRANSACTION).await;
    let before = scene.head().await;
    let mut payments = scene.stage.payments();
    let id = || scene.stage.new_id();
    for (amount, field) in wrong_amounts() {
        let escalate = EscalatePaymentRequest {
            amount: amount.clone(),
            ..requests::escalate_payment(id(), &number, TRANSACTION)
        };
        Refusal::of(payments.escalate_payment(ask(&mette(), escalate)).await).about(&[field]);
        let propose = ProposeResolutionRequest {
            amount: amount.clone(),
            ..requests::propose_resolution(id(), &number, TRANSACTION)
        };
        Refusal::of(payments.propose_resolution(ask(&mette(), propose)).await).about(&[field]);
        let approve = ApproveResolutionRequest {
            request_id: id(),
            etag: String::new(),
            case: number.clone(),
            proposal_id: id(),
            amount,
        };
        let approve = peter().ask_with_second_factor(approve, scene.stage.clock()).unwrap();
        Refusal::of(payments.approve_resolution(approve).await).about(&[field]);
    }
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_not_the_cases_is_not_paid_from() {
    let scene = Scene::begin().await;
    let number = scene.inquired(TRANSACTION).await;
    let before = scene.head().await;
    let mut payments = scene.stage.payments();
    let foreign = requests::propose_resolution(scene.stage.new_id(), &number, "TX-70002");
    let refusal = Refusal::of(payments.propose_resolution(ask(&mette(), foreign)).await);
    refusal.is(Code::FailedPrecondition, "TRANSACTION_NOT_LINKED").says("TX-70002");
    let nameless = requests::propose_resolution(scene.stage.new_id(), &number, "TX 70002; DROP");
    Refusal::of(payments.propose_resolution(ask(&mette(), nameless)).await).about(&["transaction_id"]);
    let missing = LinkTransactionRequest {
        request_id: scene.stage.new_id(),
        etag: String::new(),
        case: number,
        transaction_id: String::new(),
    };
    Refusal::of(payments.link_transaction(ask(&mette(), missing)).await).about(&["transaction_id"]);
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_the_gateway_does_not_know_is_not_paid_from() {
    let scene = Scene::begin().await;
    // The sandbox gateway answers 404 about such an id.
    let number = scene.inquired("TX-70003-UNKNOWN").await;
    let before = scene.head().await;
    let propose = requests::propose_resolution(scene.stage.new_id(), &number, "TX-70003-UNKNOWN");
    let refusal = Refusal::of(scene.stage.payments().propose_resolution(ask(&mette(), propose)).await);
    refusal.is(Code::FailedPrecondition, "UNKNOWN_TRANSACTION").says("TX-70003-UNKNOWN");
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_proposed_while_the_gateway_says_nothing() {
    let scene = Scene::begin().await;
    let number = scene.escalated("TX-70004-NEVER").await;
    let before = scene.head().await;
    let propose = requests::propose_resolution(scene.stage.new_id(), &number, "TX-70004-NEVER");
    let refusal = Refusal::of(scene.stage.payments().propose_resolution(ask(&mette(), propose)).await);
    refusal.is(Code::FailedPrecondition, "GATEWAY_ANSWER_MISSING");
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_currency_and_more_than_came_in_are_not_proposed() {
    let scene = Scene::begin().await;
    let number = scene.inquired(TRANSACTION).await;
    let mut payments = scene.stage.payments();
    let before = scene.head().await;
    let euros = ProposeResolutionRequest {
        amount: Some(Money { minor_units: 100, currency_code: "EUR".to_owned() }),
        ..requests::propose_resolution(scene.stage.new_id(), &number, TRANSACTION)
    };
    let refusal = Refusal::of(payments.propose_resolution(ask(&mette(), euros)).await);
    refusal.is(Code::FailedPrecondition, "CURRENCY_MISMATCH");
    assert_eq!(scene.head().await, before);

    // The sandbox gateway captured 1,000,000.00 of every transaction.
    let too_much = ProposeResolutionRequest {
        amount: danish(100_000_001),
        ..requests::propose_resolution(scene.stage.new_id(), &number, TRANSACTION)
    };
    let refusal = Refusal::of(payments.propose_resolution(ask(&mette(), too_much.clone())).await);
    refusal.is(Code::FailedPrecondition, "DUPLICATE_REFUND_BLOCKED");
    let after = scene.head().await;
    let kept = scene.recorded_for(&too_much.request_id).await;
    let kept: Vec<&str> = kept.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(kept, ["payments_escalation.duplicate_refund_blocked"], "the attempt is written down, once");
    let refusal = Refusal::of(payments.propose_resolution(ask(&mette(), too_much)).await);
    refusal.is(Code::FailedPrecondition, "DUPLICATE_REFUND_BLOCKED");
    assert_eq!(scene.head().await, after);
}
