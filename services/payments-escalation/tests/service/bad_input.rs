//! Requests that are wrong: each says what, and changes nothing.

use contracts::payments_escalation::v1 as pb;
use tonic::{Code, Status};

use crate::world::{World, dkk, fields, reason};

async fn escalate(world: &World, change: impl FnOnce(&mut pb::EscalatePaymentRequest)) -> Result<(), Status> {
    let case = world.open_case(1).await;
    escalate_case(world, case, change).await
}

async fn escalate_case(
    world: &World,
    case: uuid::Uuid,
    change: impl FnOnce(&mut pb::EscalatePaymentRequest),
) -> Result<(), Status> {
    let mut message = world.escalation_of(case, "TX-1");
    change(&mut message);
    world.client.clone().escalate_payment(world.by("mette", "general", message)).await.map(drop)
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let world = World::start().await;
    let status = escalate(&world, |message| {
        *message = pb::EscalatePaymentRequest { kind: 99, etag: "7".to_owned(), ..Default::default() };
    })
    .await
    .unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let expected = ["request_id", "etag", "case", "kind", "transaction_id", "amount", "method", "summary"];
    assert_eq!(fields(&status), expected);
}

#[tokio::test]
async fn amounts_are_above_zero_of_a_real_currency_and_possible() {
    let world = World::start().await;
    let case = world.open_case(1).await;
    for (minor_units, currency_code, field) in [
        (0, "DKK", "amount.minor_units"),
        (-1, "DKK", "amount.minor_units"),
        (i64::MAX, "DKK", "amount.minor_units"),
        (1, "DKX", "amount.currency_code"),
        (1, "", "amount.currency_code"),
    ] {
        let amount = pb::Money { minor_units, currency_code: currency_code.to_owned() };
        let status = escalate_case(&world, case, |message| message.amount = Some(amount)).await.unwrap_err();
        assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec![field.to_owned()]));
    }
}

#[tokio::test]
async fn texts_have_a_length() {
    let world = World::start().await;
    let status = escalate(&world, |message| message.summary = "x".repeat(2_001)).await.unwrap_err();
    assert_eq!(fields(&status), ["summary"]);
}

#[tokio::test]
async fn an_unknown_case_is_not_found_by_id_and_by_number() {
    let world = World::start().await;
    let case = world.open_case(1).await;
    for unknown in ["00000000-0000-7000-8000-000000000001", "NB-2026-000999-W"] {
        let number = case::CaseNumber::new("NB".parse().unwrap(), 2026, 999).to_string();
        let given = if unknown.starts_with("NB") { number } else { unknown.to_owned() };
        let status = escalate_case(&world, case, |message| message.case = given).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "CASE_NOT_FOUND"));
    }
    let status =
        escalate_case(&world, case, |message| message.case = "nonsense".to_owned()).await.unwrap_err();
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["case".to_owned()]));
}

#[tokio::test]
async fn a_case_is_found_by_its_number() {
    let world = World::start().await;
    let number = case::CaseNumber::new("NB".parse().unwrap(), 2026, 1).to_string();
    escalate(&world, |message| message.case = number).await.unwrap();
}

#[tokio::test]
async fn a_repeated_request_gets_its_first_answer_and_another_body_is_refused() {
    let world = World::start().await;
    let case = world.open_case(1).await;
    let message = world.escalation_of(case, "TX-1");
    let send = |message: &pb::EscalatePaymentRequest| {
        let request = world.by("mette", "general", message.clone());
        let mut client = world.client.clone();
        async move { client.escalate_payment(request).await.map(|answer| answer.into_inner().case.unwrap()) }
    };
    let first = send(&message).await.unwrap();
    world.settled().await;
    assert_eq!(send(&message).await.unwrap(), first);
    let other = pb::EscalatePaymentRequest { amount: Some(dkk(1)), ..message };
    let status = send(&other).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::AlreadyExists, "REQUEST_ID_REUSED"));
}

#[tokio::test]
async fn a_stale_etag_is_aborted() {
    let world = World::start().await;
    let status = escalate(&world, |message| message.etag = "\"1\"".to_owned()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Aborted, "STALE_ETAG"));
}

#[tokio::test]
async fn who_may_not_is_told_so() {
    let world = World::start().await;
    let case = world.open_case(1).await;
    let message = world.escalation_of(case, "TX-1");
    let status =
        world.client.clone().escalate_payment(world.by("sven", "technical", message)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "NOT_CASE_OWNER"));
}

#[tokio::test]
async fn a_case_that_was_never_escalated_shows_no_escalation() {
    let world = World::start().await;
    let case = world.open_case(1).await;
    let message = pb::GetEscalationRequest { case: case.to_string() };
    let status =
        world.client.clone().get_escalation(world.by("mette", "general", message)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NOT_ESCALATED"));
}
