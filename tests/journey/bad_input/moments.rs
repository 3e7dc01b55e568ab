//! A transition that the case's state does not allow: refused, with the state it is in.

use contracts::intake::v1 as intake;
use contracts::notifications::v1::RedriveNotificationRequest;
use contracts::payments_escalation::v1::{ApproveResolutionRequest, ReturnCaseRequest};
use contracts::routing::v1::{
    AcceptOfferRequest, ExtendHorizonRequest, ExtensionReason, ReleaseCaseRequest, TransferCaseRequest,
    extend_horizon_request,
};
use stories::Person;
use tonic::Code;
use tonic_types::StatusExt;

use crate::people::{ask, mette, rasmus};
use crate::refusal::Refusal;
use crate::requests::{self, TRANSACTION, danish};
use crate::scene::Scene;

const NO: Code = Code::FailedPrecondition;

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_nobody_owns_is_neither_answered_nor_resolved() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    let before = scene.head().await;
    let mut intake = scene.stage.intake();
    let id = || scene.stage.new_id();
    let refusal =
        Refusal::of(intake.resolve_case(ask(&mette(), requests::resolve_case(id(), &number))).await);
    refusal.is(Code::PermissionDenied, "NOT_CASE_OWNER");
    let refusal = Refusal::of(intake.send_reply(ask(&mette(), requests::send_reply(id(), &number))).await);
    refusal.is(Code::PermissionDenied, "NOT_CASE_OWNER");
    let release = ReleaseCaseRequest { request_id: id(), etag: String::new(), case: number.clone() };
    let refusal = Refusal::of(scene.stage.routing().release_case(ask(&mette(), release)).await);
    assert!(["NOT_ASSIGNED", "NOT_OWNER"].contains(&refusal.reason.as_str()), "{:?}", refusal.status);
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_case_is_neither_rated_nor_closed_nor_reopened() {
    let scene = Scene::begin().await;
    let case = scene.taken().await;
    let before = scene.head().await;
    let mut client = scene.stage.intake();
    let (request_id, etag) = (scene.stage.new_id(), String::new());
    let rate = intake::GiveFeedbackRequest {
        request_id: request_id.clone(),
        etag: etag.clone(),
        case: case.clone(),
        score: 5,
        comment: String::new(),
    };
    Refusal::of(client.give_feedback(ask(&rasmus(), rate)).await).is(NO, "CASE_NOT_RESOLVED");
    let close =
        intake::CloseCaseRequest { request_id: request_id.clone(), etag: etag.clone(), case: case.clone() };
    Refusal::of(client.close_case(ask(&mette(), close)).await).is(NO, "CASE_NOT_RESOLVED");
    let reason = "Jeg vil gerne tale om det igen.".to_owned();
    let reopen = intake::ReopenCaseRequest { request_id, etag: etag.clone(), case: case.clone(), reason };
    Refusal::of(client.reopen_case(ask(&rasmus(), reopen)).await).is(NO, "CASE_NOT_OVER");
    let complete =
        intake::CompleteCallbackRequest { request_id: scene.stage.new_id(), etag, case, reached: true };
    Refusal::of(client.complete_callback(ask(&mette(), complete)).await).is(NO, "NO_CALLBACK_REQUESTED");
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_is_over_is_worked_on_no_more_and_says_so() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let id = || scene.stage.new_id();
    let mut client = scene.stage.intake();
    client.send_reply(ask(&mette(), requests::send_reply(id(), &number))).await.unwrap();
    client.resolve_case(ask(&mette(), requests::resolve_case(id(), &number))).await.unwrap();

    let before = scene.head().await;
    let refusal = Refusal::of(client.send_reply(ask(&mette(), requests::send_reply(id(), &number))).await);
    refusal.is(NO, "CASE_OVER");
    let details = refusal.status.get_error_details();
    assert_eq!(details.error_info().unwrap().metadata["state"], "resolved");
    let escalate = requests::escalate_payment(id(), &number, TRANSACTION);
    Refusal::of(scene.stage.payments().escalate_payment(ask(&mette(), escalate)).await).is(NO, "CASE_OVER");
    let transfer = TransferCaseRequest {
        request_id: id(),
        etag: String::new(),
        case: number.clone(),
        team: contracts::routing::v1::Team::General.into(),
    };
    Refusal::of(scene.stage.routing().transfer_case(ask(&mette(), transfer)).await).is(NO, "CASE_OVER");
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_neither_taken_nor_approved_nor_redriven() {
    let scene = Scene::begin().await;
    let case = scene.taken().await;
    let before = scene.head().await;
    let (id, etag) = (|| scene.stage.new_id(), String::new);
    let accept = AcceptOfferRequest { request_id: id(), etag: etag(), case: case.clone(), offer_id: id() };
    let refusal = Refusal::of(
        scene.stage.routing().accept_offer(ask(&Person::agent("Peter", "payments"), accept)).await,
    );
    assert!(
        ["OFFER_NOT_FOUND", "ALREADY_ASSIGNED"].contains(&refusal.reason.as_str()),
        "{:?}",
        refusal.status
    );
    let approve = ApproveResolutionRequest {
        request_id: id(),
        etag: etag(),
        case: case.clone(),
        proposal_id: id(),
        amount: danish(1),
    };
    Refusal::of(scene.stage.payments().approve_resolution(ask(&mette(), approve)).await)
        .is(NO, "NOT_ESCALATED");
    let give_back = ReturnCaseRequest { request_id: id(), etag: etag(), case: case.clone() };
    Refusal::of(scene.stage.payments().return_case(ask(&mette(), give_back)).await).is(NO, "NOT_ESCALATED");
    let redrive = RedriveNotificationRequest {
        request_id: id(),
        etag: etag(),
        case: case.clone(),
        notification_id: id(),
    };
    let answer = scene.stage.notifications().redrive_notification(ask(&Person::system("crm"), redrive)).await;
    assert_eq!(Refusal::of(answer).reason, "NOTIFICATION_NOT_FOUND");
    let file = intake::AcceptEvidenceRequest { request_id: id(), etag: etag(), case, evidence_id: id() };
    assert_eq!(
        Refusal::of(scene.stage.intake().accept_evidence(ask(&mette(), file)).await).reason,
        "EVIDENCE_NOT_FOUND"
    );
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_with_a_payment_under_way_is_not_resolved() {
    let scene = Scene::begin().await;
    let number = scene.inquired(TRANSACTION).await;
    let propose = requests::propose_resolution(scene.stage.new_id(), &number, TRANSACTION);
    scene.stage.payments().propose_resolution(ask(&mette(), propose)).await.unwrap();
    let before = scene.head().await;
    let resolve = requests::resolve_case(scene.stage.new_id(), &number);
    let refusal = Refusal::of(scene.stage.intake().resolve_case(ask(&mette(), resolve)).await);
    refusal.is(NO, "PAYMENT_UNDER_WAY");
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_is_moved_later_and_never_nearer() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let before = scene.head().await;
    let past = prost_types::Timestamp { seconds: scene.stage.clock().now().as_second() - 60, nanos: 0 };
    let minus = prost_types::Duration { seconds: -60, nanos: 0 };
    for extension in
        [extend_horizon_request::Extension::Until(past), extend_horizon_request::Extension::By(minus)]
    {
        let request = ExtendHorizonRequest {
            request_id: scene.stage.new_id(),
            etag: String::new(),
            case: number.clone(),
            reason: ExtensionReason::PeakTraffic.into(),
            extension: Some(extension),
        };
        let refusal = Refusal::of(scene.stage.routing().extend_horizon(ask(&mette(), request)).await);
        let wrong_value = refusal.code == Code::InvalidArgument;
        assert!(wrong_value || refusal.reason == "HORIZON_NOT_LATER", "{:?}", refusal.status);
    }
    assert_eq!(scene.head().await, before);
}
