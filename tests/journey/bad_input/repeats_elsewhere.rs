//! Request ids (AIP-155) in the other stages: a claim, a proposal, an offer mail, an approval.

use contracts::notifications::v1::QueueOfferRequest;
use contracts::payments_escalation::v1::{ApproveResolutionRequest, ProposeResolutionRequest};
use contracts::routing::v1::{ClaimNextRequest, Presence, SetPresenceRequest, Team};
use stories::{Person, Stage};
use tonic::Code;

use crate::case_watch::CaseWatch;
use crate::people::{ask, henrik, mette, peter};
use crate::refusal::Refusal;
use crate::requests::{self, TRANSACTION, danish};
use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_proposed_once_and_answered_alike_after_it_was_made() {
    let scene = Scene::begin().await;
    let number = scene.inquired(TRANSACTION).await;
    let mut payments = scene.stage.payments();
    let request = requests::propose_resolution(scene.stage.new_id(), &number, TRANSACTION);
    let first = payments.propose_resolution(ask(&mette(), request.clone())).await.unwrap().into_inner();
    let again = payments.propose_resolution(ask(&mette(), request.clone())).await.unwrap().into_inner();
    assert_eq!(again, first);

    let approve = ApproveResolutionRequest {
        request_id: scene.stage.new_id(),
        etag: String::new(),
        case: number.clone(),
        proposal_id: first.proposal_id.clone(),
        amount: danish(250_000),
    };
    let clock = scene.stage.clock();
    let approved = |person: Person| person.ask_with_second_factor(approve.clone(), clock).unwrap();
    let agreed = payments.approve_resolution(approved(peter())).await.unwrap().into_inner();
    CaseWatch::of(&scene.stage, &number).await.until("payments_escalation.payment_executed").await;

    let head = scene.head().await;
    let later = payments.propose_resolution(ask(&mette(), request.clone())).await.unwrap().into_inner();
    assert_eq!(later, first);
    assert_eq!(payments.approve_resolution(approved(peter())).await.unwrap().into_inner(), agreed);
    let more = ProposeResolutionRequest { amount: danish(250_001), ..request };
    let refusal = Refusal::of(payments.propose_resolution(ask(&mette(), more)).await);
    refusal.is(Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(scene.head().await, head);
    scene.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_not_counted_for_a_colleague_who_sends_the_same_request_id() {
    let scene = Scene::begin().await;
    let number = scene.inquired(TRANSACTION).await;
    let mut payments = scene.stage.payments();
    let large = ProposeResolutionRequest {
        amount: danish(2_000_000),
        ..requests::propose_resolution(scene.stage.new_id(), &number, TRANSACTION)
    };
    let proposed = payments.propose_resolution(ask(&mette(), large)).await.unwrap().into_inner();
    let approve = ApproveResolutionRequest {
        request_id: scene.stage.new_id(),
        etag: String::new(),
        case: number,
        proposal_id: proposed.proposal_id,
        amount: danish(2_000_000),
    };
    let clock = scene.stage.clock();
    let by = |person: Person| person.ask_with_second_factor(approve.clone(), clock).unwrap();
    let first = payments.approve_resolution(by(peter())).await.unwrap().into_inner();
    assert_eq!(first.remaining_approvals, 1);
    let refusal = Refusal::of(payments.approve_resolution(by(henrik())).await);
    refusal.is(Code::AlreadyExists, "REQUEST_ID_REUSED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_is_repeated_gives_the_same_case() {
    let scene = Scene::begin().await;
    // So that nothing is offered: both cases stay in the queue, for whoever claims them.
    let away = SetPresenceRequest {
        request_id: scene.stage.new_id(),
        etag: String::new(),
        brand: Stage::BRAND.to_owned(),
        agent_id: "mette".to_owned(),
        presence: Presence::Away.into(),
    };
    scene.stage.routing().set_presence(ask(&Person::system("workforce"), away)).await.unwrap();
    scene.head().await;
    for _ in 0..2 {
        scene.opened().await;
    }
    scene.head().await;
    let claim = ClaimNextRequest {
        request_id: scene.stage.new_id(),
        brand: Stage::BRAND.to_owned(),
        team: Team::Payments.into(),
    };
    let mut routing = scene.stage.routing();
    let first = routing.claim_next(ask(&peter(), claim.clone())).await.unwrap().into_inner();
    assert!(first.case.is_some(), "two cases wait");
    scene.head().await;
    let again = routing.claim_next(ask(&peter(), claim.clone())).await.unwrap().into_inner();
    assert_eq!(again, first, "not the next one");
    let cases = scene.world.cases().await.unwrap();
    assert_eq!(cases.iter().filter(|case| case.routing.owner.is_some()).count(), 1);
    let refusal = Refusal::of(routing.claim_next(ask(&henrik(), claim)).await);
    refusal.is(Code::AlreadyExists, "REQUEST_ID_REUSED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_mail_is_queued_once_for_one_request_id() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    let mut notifications = scene.stage.notifications();
    let crm = Person::system("crm");
    let request = QueueOfferRequest {
        request_id: scene.stage.new_id(),
        case: number,
        title: "50 gratis spins".to_owned(),
        text: "Kun i denne uge.".to_owned(),
        ..QueueOfferRequest::default()
    };
    let first = notifications.queue_offer(ask(&crm, request.clone())).await.unwrap().into_inner();
    let head = scene.head().await;
    let again = notifications.queue_offer(ask(&crm, request.clone())).await.unwrap().into_inner();
    assert_eq!(again, first);
    let other = QueueOfferRequest { title: "100 gratis spins".to_owned(), ..request };
    let refusal = Refusal::of(notifications.queue_offer(ask(&crm, other)).await);
    refusal.is(Code::AlreadyExists, "REQUEST_ID_REUSED");
    assert_eq!(scene.head().await, head);
}
