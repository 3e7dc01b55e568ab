use case::intake::{
    AnswerSuggested, CaseClassified, CaseReopened, HandedToHuman, SelfExclusionRequested, Source,
};
use case::{Channel, Language, Personal, Tier, Topic};
use contracts::routing::v1 as pb;
use uuid::Uuid;

use crate::world::{Opening, World, moment, reason};

fn intake(event: impl Into<case::intake::Event>) -> Vec<case::intake::Event> {
    vec![event.into()]
}

#[tokio::test]
async fn a_wish_to_be_excluded_goes_to_responsible_gambling_ahead_of_everything() {
    let world = World::start().await;
    world.agent("anna", &[pb::Team::Vip]).await;
    let waits = world.open(1, Opening::of(Channel::Chat, Topic::Limits)).await;
    let vip = Opening { tier: Tier::Vip, ..Opening::of(Channel::Chat, Topic::Bonus) };
    let case = world.taken(2, vip, "anna").await;
    world.pass(10).await;
    let asked = SelfExclusionRequested { message_id: Uuid::from_u128(2), player_id: "p-2".parse().unwrap() };
    world.happen(case, intake(asked)).await;
    assert_eq!(world.get_agent("anna").await.load, 0);
    let queue = world.queue(pb::Team::ResponsibleGambling).await;
    assert_eq!(queue.depth, 2);
    let entry =
        queue.entries.iter().find(|entry| entry.case.as_ref().unwrap().case_id == case.to_string()).unwrap();
    assert_eq!(entry.reason(), pb::QueueReason::Transferred);
    assert_eq!(entry.priority.as_ref().unwrap().safety_rank, 0);
    assert!(entry.priority_explanation.contains("somebody's safety"), "{}", entry.priority_explanation);
    let horizon = moment(world.sla(case).await.horizon);
    assert_eq!(horizon, "2026-03-02T10:00:10Z".parse().unwrap());
    world.agent("rolf", &[pb::Team::ResponsibleGambling]).await;
    let offered: Vec<_> =
        world.offers("rolf").await.into_iter().map(|offer| offer.case.unwrap().case_id).collect();
    assert!(offered.contains(&case.to_string()) && offered.contains(&waits.to_string()));

    let away = pb::TransferCaseRequest {
        request_id: world.request_id(),
        case: case.to_string(),
        team: pb::Team::Vip as i32,
        ..pb::TransferCaseRequest::default()
    };
    let refused = world.client.clone().transfer_case(World::by("agent:anna", "vip", away)).await.unwrap_err();
    assert_eq!(reason(&refused), "SELF_EXCLUSION_STAYS");
}

#[tokio::test]
async fn nobody_waits_while_a_suggested_answer_may_do() {
    let world = World::start().await;
    world.agent("anna", &[pb::Team::General]).await;
    let opening = Opening { language: Language::Pl, ..Opening::of(Channel::HelpCentre, Topic::Bonus) };
    let suggested = AnswerSuggested { article_id: "bonus-missing".into(), language: Language::Pl };
    let case = world.open_with(1, opening, intake(suggested)).await;
    world.settled().await;
    assert!(world.names(case).await.iter().all(|name| name.starts_with("intake.")));
    world.happen(case, intake(HandedToHuman { article_id: Some("bonus-missing".into()) })).await;
    assert_eq!(world.offered_to(case).await.as_deref(), Some("anna"));
}

#[tokio::test]
async fn a_reopened_case_goes_to_whoever_had_it() {
    let world = World::start().await;
    world.agent("anna", &[pb::Team::General]).await;
    let case = world.taken(1, Opening::of(Channel::Email, Topic::Bonus), "anna").await;
    world.resolve(case).await;
    // Bent has had nothing yet and would be next.
    world.agent("bent", &[pb::Team::General]).await;
    world.pass(48 * 3_600).await;
    world.happen(case, intake(CaseReopened { reason: Personal::new("mangler stadig") })).await;
    let offer = world.offer_of(case).await.unwrap();
    assert_eq!((offer.agent_id.as_str(), offer.reason()), ("anna", pb::ChoiceReason::PreviousOwner));
    assert_eq!(moment(world.sla(case).await.horizon), "2026-03-07T09:00:00Z".parse().unwrap());
}

#[tokio::test]
async fn a_new_topic_moves_an_offered_case_and_frees_whoever_was_asked() {
    let world = World::start().await;
    let small = pb::RegisterAgentRequest { capacity: 2, ..world.registration("anna", &[pb::Team::General]) };
    world.register(small).await;
    let case = world.open(1, Opening::of(Channel::Chat, Topic::Other)).await;
    world.settled().await;
    let next = world.open(2, Opening::of(Channel::Chat, Topic::Other)).await;
    world.settled().await;
    assert_eq!(world.offered_to(next).await, None);
    world.happen(case, intake(CaseClassified { topic: Topic::Withdrawal, source: Source::Agent })).await;
    assert_eq!(world.order(pb::Team::Payments).await, [case.to_string()]);
    assert_eq!(world.offered_to(next).await.as_deref(), Some("anna"));
}

#[tokio::test]
async fn an_agent_sends_a_case_to_another_team_and_gives_one_back() {
    let world = World::start().await;
    world.agent("anna", &[pb::Team::General]).await;
    let case = world.taken(1, Opening::of(Channel::Email, Topic::Other), "anna").await;
    let message = pb::TransferCaseRequest {
        request_id: world.request_id(),
        case: case.to_string(),
        team: pb::Team::Technical as i32,
        ..pb::TransferCaseRequest::default()
    };
    let request = World::by("agent:anna", "general", message);
    let moved = world.client.clone().transfer_case(request).await.unwrap().into_inner().case.unwrap();
    assert_eq!(moved.state(), pb::CaseState::Queued);
    world.agent("tove", &[pb::Team::Technical]).await;
    let offer = world.offer_of(case).await.unwrap();
    world.accept(&offer).await.unwrap();
    let give_back = |world: &World| pb::ReleaseCaseRequest {
        request_id: world.request_id(),
        case: case.to_string(),
        ..pb::ReleaseCaseRequest::default()
    };
    let refused =
        world.client.clone().release_case(World::by("agent:anna", "general", give_back(&world))).await;
    assert_eq!(reason(&refused.unwrap_err()), "NOT_OWNER");
    let request = World::by("agent:tove", "technical", give_back(&world));
    world.client.clone().release_case(request).await.unwrap();
    world.settled().await;
    // Nobody else is there: it comes to her again.
    assert_eq!(world.offered_to(case).await.as_deref(), Some("tove"));
}
