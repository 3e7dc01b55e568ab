use case::{Channel, Language, Topic};
use contracts::routing::v1 as pb;
use tonic::{Code, Status};

use crate::world::{Opening, World, reason};

async fn claim(
    world: &World,
    request_id: &str,
    agent: &str,
    team: pb::Team,
) -> Result<Option<pb::CaseRef>, Status> {
    let message =
        pb::ClaimNextRequest { request_id: request_id.to_owned(), brand: "NB".to_owned(), team: team as i32 };
    let request = World::by(&format!("agent:{agent}"), "general,payments", message);
    Ok(world.client.clone().claim_next(request).await?.into_inner().case)
}

async fn claimed(world: &World, agent: &str) -> Option<String> {
    claim(world, &world.request_id(), agent, pb::Team::General).await.unwrap().map(|case| case.case_id)
}

/// E-mails about these topics, one a second.
async fn waiting(topics: &[Topic]) -> World {
    let world = World::start().await;
    for (sequence, topic) in (1..).zip(topics) {
        world.open(sequence, Opening::of(Channel::Email, *topic)).await;
        world.clock.advance(std::time::Duration::from_secs(1));
    }
    world.settled().await;
    world
}

/// An agent who wants no offers and takes cases by themselves.
async fn takes_by_themselves(world: &World, registration: pb::RegisterAgentRequest) {
    let agent = registration.agent_id.clone();
    world.client.clone().register_agent(World::by("service:crm", "", registration)).await.unwrap();
    world.presence(&agent, pb::Presence::Away).await;
}

const TOPICS: [Topic; 5] = [Topic::Other, Topic::Technical, Topic::Account, Topic::Bonus, Topic::Other];

#[tokio::test]
async fn a_queue_is_in_order_and_explains_it() {
    let world = waiting(&TOPICS).await;
    let queue = world.queue(pb::Team::General).await;
    let topics: Vec<pb::Topic> = queue.entries.iter().map(pb::QueueEntry::topic).collect();
    assert_eq!(topics, [pb::Topic::Account, pb::Topic::Bonus, pb::Topic::Other, pb::Topic::Other]);
    let places: Vec<i32> = queue.entries.iter().map(|entry| entry.place).collect();
    assert_eq!((places, queue.depth), (vec![1, 2, 3, 4], 4));
    assert_eq!(queue.entries[0].priority_explanation, "account, waiting 0 minutes, 0% of its SLA used");
    assert_eq!(queue.entries[0].priority.as_ref().unwrap().topic_rank, 3);
    assert_eq!(world.queue(pb::Team::Technical).await.depth, 1);
}

#[tokio::test]
async fn a_queue_comes_in_pages_that_do_not_overlap() {
    let world = waiting(&TOPICS).await;
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let message = pb::ListQueueRequest {
            brand: "NB".to_owned(),
            team: pb::Team::General as i32,
            page_size: 3,
            page_token,
        };
        let request = World::by("agent:lars", "", message);
        let page = world.client.clone().list_queue(request).await.unwrap().into_inner();
        seen.extend(page.entries.into_iter().map(|entry| entry.case.unwrap().case_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, world.order(pb::Team::General).await);
}

#[tokio::test]
async fn cases_are_claimed_in_the_order_of_the_queue_until_there_is_no_room() {
    let world = waiting(&TOPICS).await;
    let order = world.order(pb::Team::General).await;
    takes_by_themselves(
        &world,
        pb::RegisterAgentRequest { capacity: 3, ..world.registration("lars", &[pb::Team::General]) },
    )
    .await;
    for case in &order[..3] {
        assert_eq!(claimed(&world, "lars").await.as_ref(), Some(case));
    }
    let refused = claim(&world, &world.request_id(), "lars", pb::Team::General).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "NO_CAPACITY".to_owned()));
    world.settled().await;
    assert_eq!(world.get_agent("lars").await.load, 3);
}

#[tokio::test]
async fn a_repeated_claim_gets_the_same_case_and_another_body_is_refused() {
    let world = waiting(&TOPICS).await;
    takes_by_themselves(&world, world.registration("lars", &[pb::Team::General])).await;
    let id = world.request_id();
    let first = claim(&world, &id, "lars", pb::Team::General).await.unwrap();
    assert!(first.is_some());
    assert_eq!(claim(&world, &id, "lars", pb::Team::General).await.unwrap(), first);
    let other_body = claim(&world, &id, "lars", pb::Team::Payments).await.unwrap_err();
    assert_eq!(reason(&other_body), "REQUEST_ID_REUSED");
    world.settled().await;
    assert_eq!(world.get_agent("lars").await.load, 1);
    // Gone home, the answer is still the same.
    world.presence("lars", pb::Presence::Offline).await;
    assert_eq!(claim(&world, &id, "lars", pb::Team::General).await.unwrap(), first);
}

#[tokio::test]
async fn a_claim_passes_over_what_does_not_fit_the_caller() {
    let world = World::start().await;
    let polish = Opening { language: Language::Pl, ..Opening::of(Channel::Email, Topic::Other) };
    world.open(1, polish).await;
    world.open(2, Opening::of(Channel::Email, Topic::Bonus)).await;
    let fits = world.open(3, Opening::of(Channel::Email, Topic::Other)).await;
    let pole = pb::RegisterAgentRequest {
        language_codes: vec!["pl".to_owned()],
        ..world.registration("piotr", &[pb::Team::General])
    };
    takes_by_themselves(&world, pole).await;
    let untrained =
        pb::RegisterAgentRequest { skills: vec![], ..world.registration("lars", &[pb::Team::General]) };
    takes_by_themselves(&world, untrained).await;
    assert_eq!(claimed(&world, "lars").await, Some(fits.to_string()));
    assert_eq!(claimed(&world, "lars").await, None);
}

#[tokio::test]
async fn many_claims_at_once_share_the_queue_without_conflict() {
    let world = waiting(&[Topic::Other; 6]).await;
    for agent in ["anna", "bent"] {
        takes_by_themselves(&world, world.registration(agent, &[pb::Team::General])).await;
    }
    let mut taken = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let (one, other) = tokio::join!(claimed(&world, "anna"), claimed(&world, "bent"));
        taken.extend([one.unwrap(), other.unwrap()]);
    }
    assert_eq!(taken.len(), 6);
    assert_eq!(world.queue(pb::Team::General).await.depth, 0);
}

#[tokio::test]
async fn who_may_not_claim_is_told_why() {
    let world = waiting(&TOPICS).await;
    takes_by_themselves(&world, world.registration("lars", &[pb::Team::General])).await;
    let refused = async |agent: &str, team| {
        let status = claim(&world, &world.request_id(), agent, team).await.unwrap_err();
        (status.code(), reason(&status))
    };
    assert_eq!(refused("nobody", pb::Team::General).await, (Code::NotFound, "AGENT_NOT_FOUND".to_owned()));
    assert_eq!(refused("lars", pb::Team::Vip).await, (Code::PermissionDenied, "NOT_IN_TEAM".to_owned()));
    assert_eq!(claim(&world, &world.request_id(), "lars", pb::Team::Payments).await.unwrap(), None);
    world.presence("lars", pb::Presence::Offline).await;
    assert_eq!(
        refused("lars", pb::Team::General).await,
        (Code::FailedPrecondition, "AGENT_NOT_AVAILABLE".to_owned())
    );
}
