use case::{Channel, Topic};
use contracts::routing::v1 as pb;
use tonic::{Code, Request};
use uuid::Uuid;

use crate::world::{Opening, World, fields, reason};

fn accept(request_id: String, etag: &str, case: &str, offer_id: &str) -> Request<pb::AcceptOfferRequest> {
    let message = pb::AcceptOfferRequest {
        request_id,
        etag: etag.to_owned(),
        case: case.to_owned(),
        offer_id: offer_id.to_owned(),
    };
    World::by("agent:mette", "payments", message)
}

#[tokio::test]
async fn every_wrong_field_of_a_request_is_named() {
    let world = World::start().await;
    let refused = world.client.clone().accept_offer(accept(String::new(), "7", "", "x")).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(fields(&refused), ["request_id", "etag", "case", "offer_id"]);
    let message = pb::ExtendHorizonRequest {
        request_id: world.request_id(),
        case: "x".to_owned(),
        ..Default::default()
    };
    let refused = world.client.clone().extend_horizon(World::by("agent:m", "", message)).await.unwrap_err();
    assert_eq!(fields(&refused), ["extension", "reason"]);
    let message = pb::ListQueueRequest {
        brand: "NB".to_owned(),
        team: pb::Team::Vip as i32,
        page_size: -1,
        page_token: "rubbish".to_owned(),
    };
    let refused = world.client.clone().list_queue(World::by("agent:m", "", message)).await.unwrap_err();
    assert_eq!(fields(&refused), ["page_size", "page_token"]);
}

#[tokio::test]
async fn an_unknown_case_is_not_found_by_id_or_number() {
    let world = World::start().await;
    let case = world.open(1, Opening::of(Channel::Chat, Topic::Withdrawal)).await;
    world.settled().await;
    let offer = Uuid::from_u128(1).to_string();
    let number = case::CaseNumber::new("NB".parse().unwrap(), 2026, 99).to_string();
    for unknown in [Uuid::from_u128(9).to_string(), number] {
        let refused = world
            .client
            .clone()
            .accept_offer(accept(world.request_id(), "", &unknown, &offer))
            .await
            .unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::NotFound, "CASE_NOT_FOUND".to_owned()));
    }
    let message = pb::GetSlaRequest { case: Uuid::from_u128(9).to_string() };
    let refused = world.client.clone().get_sla(World::by("agent:m", "", message)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let no_offer = accept(world.request_id(), "", &case.to_string(), &offer);
    let refused = world.client.clone().accept_offer(no_offer).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "OFFER_NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn a_stale_etag_a_reused_id_and_a_foreign_offer_are_refused() {
    let world = World::start().await;
    world.agent("anna", &[pb::Team::Payments]).await;
    let case = world.open(1, Opening::of(Channel::Chat, Topic::Withdrawal)).await;
    world.settled().await;
    let offer = world.offer_of(case).await.unwrap();
    let (etag, case) = (offer.case.as_ref().unwrap().etag.clone(), case.to_string());
    let stale = accept(world.request_id(), "\"1\"", &case, &offer.offer_id);
    let refused = world.client.clone().accept_offer(stale).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::Aborted, "STALE_ETAG".to_owned()));
    let foreign = accept(world.request_id(), &etag, &case, &offer.offer_id);
    let refused = world.client.clone().accept_offer(foreign).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::PermissionDenied, "NOT_YOUR_OFFER".to_owned()));

    let id = world.request_id();
    let by_anna = |etag: &str| {
        let mut request = accept(id.clone(), etag, &case, &offer.offer_id);
        request.metadata_mut().insert("casetrail-actor", "agent:anna".parse().unwrap());
        request
    };
    let first = world.client.clone().accept_offer(by_anna(&etag)).await.unwrap().into_inner();
    let again = world.client.clone().accept_offer(by_anna(&etag)).await.unwrap().into_inner();
    assert_eq!(again, first);
    let refused = world.client.clone().accept_offer(by_anna("")).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()));
}
