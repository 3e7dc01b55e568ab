use case::{Channel, Language, Tier, Topic};
use contracts::routing::v1 as pb;

use crate::world::{Opening, World, moment, reason};

fn withdrawal() -> Opening {
    Opening::of(Channel::Chat, Topic::Withdrawal)
}

#[tokio::test]
async fn a_case_is_offered_at_once_to_an_agent_of_its_team_who_takes_it() {
    let world = World::start().await;
    world.agent("mette", &[pb::Team::Payments]).await;
    world.agent("lars", &[pb::Team::General]).await;
    let case = world.open(1, withdrawal()).await;
    world.settled().await;
    let offer = world.offer_of(case).await.unwrap();
    assert_eq!(offer.agent_id, "mette");
    assert_eq!(offer.reason(), pb::ChoiceReason::LeastLoaded);
    assert_eq!(
        (offer.topic(), offer.channel(), offer.team()),
        (pb::Topic::Withdrawal, pb::Channel::Chat, pb::Team::Payments)
    );
    assert_eq!(world.get_agent("mette").await.load, 2, "an offer takes room");
    let taken = world.accept(&offer).await.unwrap();
    assert_eq!(taken.state(), pb::CaseState::Assigned);
    let mette = world.get_agent("mette").await;
    assert_eq!((mette.load, mette.last_assigned_at.is_some()), (2, true));
    assert!(world.offers("mette").await.is_empty());
    assert_eq!(world.queue(pb::Team::Payments).await.depth, 0);
}

#[tokio::test]
async fn a_case_that_came_before_the_agent_is_offered_when_they_come() {
    let world = World::start().await;
    let case = world.open(1, withdrawal()).await;
    world.settled().await;
    assert_eq!(world.offered_to(case).await, None);
    world.agent("mette", &[pb::Team::Payments]).await;
    assert_eq!(world.offered_to(case).await.as_deref(), Some("mette"));
}

#[tokio::test]
async fn a_declined_case_goes_to_somebody_else_and_keeps_its_queue_time() {
    let world = World::start().await;
    world.agent("anna", &[pb::Team::Payments]).await;
    world.agent("bent", &[pb::Team::Payments]).await;
    let case = world.open(1, withdrawal()).await;
    world.settled().await;
    let queued_at = world.queue(pb::Team::Payments).await.oldest_queued_at;
    let offer = world.offer_of(case).await.unwrap();
    assert_eq!(offer.agent_id, "anna");
    world.pass(5).await;
    world.decline(&offer).await;
    assert_eq!(world.offered_to(case).await.as_deref(), Some("bent"));
    let queue = world.queue(pb::Team::Payments).await;
    assert_eq!(queue.oldest_queued_at, queued_at);
    assert_eq!(queue.entries[0].reason(), pb::QueueReason::NotTaken);
    assert_eq!(queue.entries[0].offered_to_agent_id, "bent");
    assert_eq!(world.get_agent("anna").await.load, 0);
}

#[tokio::test]
async fn an_offer_runs_out_by_the_clock_and_an_agent_who_stays_silent_is_taken_as_away() {
    let world = World::start().await;
    world.agent("anna", &[pb::Team::Payments]).await;
    let case = world.open(1, withdrawal()).await;
    world.settled().await;
    let offer = world.offer_of(case).await.unwrap();
    for missed in 1..=3 {
        world.clock.advance(std::time::Duration::from_mins(1));
        world.until(case, "routing.offer_expired", missed).await;
    }
    assert_eq!(reason(&world.accept(&offer).await.unwrap_err()), "OFFER_NOT_FOUND");
    assert_eq!(world.get_agent("anna").await.presence(), pb::Presence::Away);
    assert_eq!(world.offered_to(case).await, None);
    assert_eq!(world.count(case, "routing.case_offered").await, 3);
    // They are back, and it begins anew.
    world.presence("anna", pb::Presence::Available).await;
    assert_eq!(world.offered_to(case).await.as_deref(), Some("anna"));
}

#[tokio::test]
async fn what_an_agent_has_goes_to_others_when_they_leave() {
    let world = World::start().await;
    world.agent("anna", &[pb::Team::Payments]).await;
    let owned = world.taken(1, withdrawal(), "anna").await;
    let offered = world.open(2, withdrawal()).await;
    world.settled().await;
    assert_eq!(world.offered_to(offered).await.as_deref(), Some("anna"));
    world.presence("anna", pb::Presence::Offline).await;
    assert_eq!(world.get_agent("anna").await.load, 0);
    world.agent("bent", &[pb::Team::Payments]).await;
    // Anna is not there to be waited for.
    assert_eq!(world.offered_to(owned).await.as_deref(), Some("bent"));
    assert_eq!(world.offered_to(offered).await.as_deref(), Some("bent"));
}

#[tokio::test]
async fn nobody_is_filled_beyond_their_capacity_and_the_next_case_comes_when_one_is_done() {
    let world = World::start().await;
    world.agent("anna", &[pb::Team::Payments]).await;
    let mut cases = Vec::new();
    for sequence in 1..=5 {
        cases.push(world.open(sequence, withdrawal()).await);
    }
    world.settled().await;
    // A chat takes 2 of 6.
    assert_eq!(world.get_agent("anna").await.load, 6);
    let offers = world.offers("anna").await;
    assert_eq!(offers.len(), 3);
    world.accept(&offers[0]).await.unwrap();
    let done = offers[0].case.as_ref().unwrap().case_id.parse().unwrap();
    world.resolve(done).await;
    assert_eq!(world.get_agent("anna").await.load, 6);
    assert_eq!(world.offers("anna").await.len(), 3);
    assert_eq!(world.queue(pb::Team::Payments).await.depth, 4);
}

#[tokio::test]
async fn many_cases_at_once_never_overfill_agents_of_two_teams() {
    let world = World::start().await;
    world.agent("anna", &[pb::Team::Payments, pb::Team::General]).await;
    for sequence in 1..=20 {
        let topic = if sequence % 2 == 0 { Topic::Withdrawal } else { Topic::Bonus };
        world.open(sequence, Opening::of(Channel::Email, topic)).await;
    }
    world.settled().await;
    let anna = world.get_agent("anna").await;
    assert_eq!((anna.load, anna.capacity), (6, 6));
    assert_eq!(world.offers("anna").await.len(), 6);
}

#[tokio::test]
async fn a_skill_nobody_has_is_given_up_after_its_wait() {
    let world = World::start().await;
    let untrained =
        pb::RegisterAgentRequest { skills: vec![], ..world.registration("anna", &[pb::Team::General]) };
    world.register(untrained).await;
    let case = world.open(1, Opening::of(Channel::Email, Topic::Bonus)).await;
    world.settled().await;
    assert_eq!(world.offered_to(case).await, None);
    world.clock.advance(std::time::Duration::from_mins(5));
    world.until(case, "routing.skill_relaxed", 1).await;
    world.until(case, "routing.case_offered", 1).await;
    assert_eq!(world.offered_to(case).await.as_deref(), Some("anna"));
}

#[tokio::test]
async fn a_language_nobody_speaks_goes_to_an_agent_with_a_machines_help() {
    let world = World::start().await;
    world.agent("anna", &[pb::Team::General]).await;
    let opening = Opening { language: Language::Pl, ..Opening::of(Channel::Email, Topic::Other) };
    let case = world.open(1, opening).await;
    world.settled().await;
    assert_eq!(world.offered_to(case).await.as_deref(), Some("anna"));
    let facts = world.facts(case).await;
    let offered = facts.iter().find(|fact| fact.event_type == "routing.case_offered").unwrap();
    let offered: serde_json::Value = serde_json::from_slice(&offered.payload).unwrap();
    assert_eq!(offered["speaks_language"], false);
    assert_eq!(offered["candidates"][0]["agent_id"], "anna");
}

#[tokio::test]
async fn a_vip_waits_for_their_personal_contact_and_then_for_nobody() {
    let world = World::start().await;
    let contact = pb::RegisterAgentRequest {
        personal_contact_for: vec!["p-1".to_owned()],
        ..world.registration("ingrid", &[pb::Team::Vip])
    };
    world.register(contact).await;
    world.agent("anna", &[pb::Team::Vip]).await;
    world.presence("ingrid", pb::Presence::Away).await;
    let vip = || Opening { tier: Tier::Vip, ..Opening::of(Channel::Email, Topic::Bonus) };
    let (hers, others) = (world.open(1, vip()).await, world.open(2, vip()).await);
    world.settled().await;
    assert_eq!(world.offered_to(hers).await, None);
    assert_eq!(world.offered_to(others).await.as_deref(), Some("anna"));
    world.clock.advance(std::time::Duration::from_secs(30));
    world.presence("ingrid", pb::Presence::Available).await;
    let offer = world.offer_of(hers).await.unwrap();
    assert_eq!((offer.agent_id.as_str(), offer.reason()), ("ingrid", pb::ChoiceReason::PersonalContact));
    assert_eq!(moment(offer.expires_at), "2026-03-02T09:01:30Z".parse().unwrap());
}

#[tokio::test]
async fn a_preference_ends_by_the_clock() {
    let world = World::start().await;
    let contact = pb::RegisterAgentRequest {
        personal_contact_for: vec!["p-1".to_owned()],
        ..world.registration("ingrid", &[pb::Team::Vip])
    };
    world.register(contact).await;
    world.agent("anna", &[pb::Team::Vip]).await;
    world.presence("ingrid", pb::Presence::Away).await;
    let vip = Opening { tier: Tier::Vip, ..Opening::of(Channel::Email, Topic::Bonus) };
    let case = world.open(1, vip).await;
    world.settled().await;
    assert_eq!(world.offered_to(case).await, None);
    world.clock.advance(std::time::Duration::from_mins(2));
    world.until(case, "routing.case_offered", 1).await;
    assert_eq!(world.offered_to(case).await.as_deref(), Some("anna"));
}
