//! From the escalation to the money: four eyes, once, never more than came in.

use contracts::payments_escalation::v1 as pb;
use tonic::Code;

use crate::world::{World, reason};

#[tokio::test]
async fn a_large_payout_needs_two_others_and_moves_once_although_it_is_confirmed_twice() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1-TWICE").await;
    world.reaches(case, pb::Progress::UnderReview).await;
    let proposal = world.proposed(case, "TX-1-TWICE", 1_250_000).await;

    let own = world.approve("anna", case, &proposal, 1_250_000).await.unwrap_err();
    assert_eq!((own.code(), reason(&own).as_str()), (Code::PermissionDenied, "SELF_APPROVAL"));
    let other = world.approve("bo", case, &proposal, 1_250_001).await.unwrap_err();
    assert_eq!((other.code(), reason(&other).as_str()), (Code::FailedPrecondition, "AMOUNT_CHANGED"));
    assert_eq!(world.approve("bo", case, &proposal, 1_250_000).await.unwrap(), 1);
    assert_eq!(world.approve("bo", case, &proposal, 1_250_000).await.unwrap(), 1, "one person counts once");
    assert_eq!(world.approve("carl", case, &proposal, 1_250_000).await.unwrap(), 0);

    world.settled().await;
    assert_eq!(world.escalation(case).await.progress, pb::Progress::Executing as i32);
    world.clock.advance(std::time::Duration::from_secs(1));
    let executed = world.reaches(case, pb::Progress::Executed).await;
    assert_eq!(executed.proposals[0].standing, pb::ProposalStanding::Executed as i32);
    world.confirmed_twice().await;
    assert_eq!(world.count(case, "payment_executed").await, 1);
    assert_eq!(world.ledger().await.executions_by_transaction["TX-1-TWICE"], 1);
}

impl World {
    /// Both confirmations of the payment have been taken.
    async fn confirmed_twice(&self) {
        let waiting = async {
            loop {
                let taken = self.ledger().await.callbacks.iter().filter(|one| one.delivered).count();
                if taken == 2 {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.expect("two confirmations");
    }
}

#[tokio::test]
async fn approving_without_a_second_factor_is_refused() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1").await;
    let proposal = world.proposed(case, "TX-1", 5).await;
    let message = pb::ApproveResolutionRequest {
        request_id: world.request_id(),
        etag: String::new(),
        case: case.to_string(),
        proposal_id: proposal,
        amount: Some(crate::world::dkk(5)),
    };
    let mut request = world.payments("bo", message);
    request.metadata_mut().remove("casetrail-second-factor-time");
    let status = world.client.clone().approve_resolution(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "SECOND_FACTOR_REQUIRED"));
}

#[tokio::test]
async fn a_small_payout_needs_one_other() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1").await;
    let proposal = world.proposed(case, "TX-1", 1_000_000).await;
    assert_eq!(world.approve("bo", case, &proposal, 1_000_000).await.unwrap(), 0);
    world.reaches(case, pb::Progress::Executed).await;
    assert_eq!(world.ledger().await.executions_by_transaction["TX-1"], 1);
}

#[tokio::test]
async fn more_than_came_in_is_blocked_and_written_down_once() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1").await;
    let message = world.proposal_of(case, "TX-1", 100_000_001);
    for _ in 0..2 {
        let request = world.payments("anna", message.clone());
        let status = world.client.clone().propose_resolution(request).await.unwrap_err();
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::FailedPrecondition, "DUPLICATE_REFUND_BLOCKED")
        );
    }
    assert_eq!(world.count(case, "duplicate_refund_blocked").await, 1);
    assert_eq!(world.count(case, "resolution_proposed").await, 0);
}

#[tokio::test]
async fn after_a_payment_the_same_money_cannot_be_proposed_again() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1").await;
    let whole = 100_000_000;
    let proposal = world.proposed(case, "TX-1", whole).await;
    world.approve("bo", case, &proposal, whole).await.unwrap();
    world.approve("carl", case, &proposal, whole).await.unwrap();
    world.reaches(case, pb::Progress::Executed).await;
    let request = world.payments("dina", world.proposal_of(case, "TX-1", 1));
    let status = world.client.clone().propose_resolution(request).await.unwrap_err();
    assert_eq!(reason(&status), "DUPLICATE_REFUND_BLOCKED");
}

#[tokio::test]
async fn a_declined_payment_goes_back_to_review() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1-REFUSED").await;
    let proposal = world.proposed(case, "TX-1-REFUSED", 5).await;
    world.approve("bo", case, &proposal, 5).await.unwrap();
    let escalation = world
        .until(case, "failed", |one| {
            one.proposals.iter().all(|proposal| proposal.standing == pb::ProposalStanding::Failed as i32)
        })
        .await;
    assert_eq!(escalation.progress, pb::Progress::UnderReview as i32);
    assert!(world.ledger().await.executions_by_transaction.is_empty());
}

#[tokio::test]
async fn a_denied_proposal_is_not_paid_and_the_case_goes_back() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1").await;
    let proposal_id = world.proposed(case, "TX-1", 5).await;
    let (request_id, etag) = (world.request_id(), String::new());
    let deny = pb::DenyResolutionRequest {
        request_id,
        etag,
        case: case.to_string(),
        proposal_id,
        reason: "the account is not the player's".to_owned(),
    };
    world.client.clone().deny_resolution(world.payments("bo", deny)).await.unwrap();
    let refuse = pb::RefusePaymentRequest {
        request_id: world.request_id(),
        etag: String::new(),
        case: case.to_string(),
        reason: "You cancelled this withdrawal".to_owned(),
    };
    world.client.clone().refuse_payment(world.payments("bo", refuse)).await.unwrap();
    let give_back =
        pb::ReturnCaseRequest { request_id: world.request_id(), etag: String::new(), case: case.to_string() };
    let answer = world.client.clone().return_case(world.payments("bo", give_back)).await.unwrap();
    assert_eq!(answer.into_inner().case.unwrap().state, pb::CaseState::InProgress as i32);
    world.settled().await;
    assert_eq!(world.escalation(case).await.progress, pb::Progress::Returned as i32);
    assert!(world.ledger().await.entries.is_empty());
}

#[tokio::test]
async fn what_is_told_about_the_player_is_sealed_in_the_log() {
    let world = World::start().await;
    let case = world.escalated(1, "TX-1").await;
    let question = pb::RequestInformationRequest {
        request_id: world.request_id(),
        etag: String::new(),
        case: case.to_string(),
        question: "Which bank is it, Nordea?".to_owned(),
    };
    let answer =
        world.client.clone().request_information(world.by("mette", "general", question)).await.unwrap();
    assert_eq!(answer.into_inner().case.unwrap().state, pb::CaseState::WaitingPlayer as i32);
    let facts = world.facts(case).await;
    let told =
        |name: &str| facts.iter().find(|fact| fact.event_type.ends_with(name)).unwrap().payload.clone();
    for (name, words) in [("payment_escalated", "arrived"), ("payment_information_requested", "Nordea")] {
        let payload = String::from_utf8(told(name)).unwrap();
        assert!(payload.contains("sealed") && !payload.contains(words), "{payload}");
    }
}
