use contracts::routing::v1 as pb;
use tonic::Code;

use crate::world::{World, fields, reason};

#[tokio::test]
async fn an_agent_is_shown_as_registered_with_an_etag_that_counts() {
    let world = World::start().await;
    let message = pb::RegisterAgentRequest {
        personal_contact_for: vec!["p-9".to_owned()],
        ..world.registration("mette", &[pb::Team::Payments, pb::Team::General])
    };
    let register = async |message: &pb::RegisterAgentRequest| {
        let answer = world.client.clone().register_agent(World::by("service:crm", "", message.clone())).await;
        answer.map(|answer| answer.into_inner().agent.unwrap())
    };
    let agent = register(&message).await.unwrap();
    assert_eq!((agent.capacity, agent.load, agent.presence()), (6, 0, pb::Presence::Offline));
    assert_eq!(agent.etag, "\"1\"");
    assert_eq!(register(&message).await.unwrap(), agent, "a repeat");
    world.presence("mette", pb::Presence::Available).await;
    let shown = world.get_agent("mette").await;
    assert_eq!((shown.presence(), shown.etag.as_str()), (pb::Presence::Available, "\"2\""));
    let stale = pb::RegisterAgentRequest {
        request_id: world.request_id(),
        etag: "\"1\"".to_owned(),
        capacity: 8,
        ..message.clone()
    };
    let refused = register(&stale).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::Aborted, "STALE_ETAG".to_owned()));
    let fresh = pb::RegisterAgentRequest { etag: "\"2\"".to_owned(), ..stale };
    assert_eq!(register(&fresh).await.unwrap().capacity, 8);
    assert_eq!(world.get_agent("mette").await.presence(), pb::Presence::Available, "presence stays");
}

#[tokio::test]
async fn agents_are_listed_by_team_in_pages() {
    let world = World::start().await;
    for agent in ["a", "b", "c", "d"] {
        let team = if agent == "c" { pb::Team::Vip } else { pb::Team::Payments };
        world.agent(agent, &[team]).await;
    }
    let list = async |team: pb::Team, page_token: String| {
        let message =
            pb::ListAgentsRequest { brand: "NB".to_owned(), team: team as i32, page_size: 2, page_token };
        let page =
            world.client.clone().list_agents(World::by("agent:a", "", message)).await.unwrap().into_inner();
        let ids: Vec<String> = page.agents.into_iter().map(|agent| agent.agent_id).collect();
        (ids, page.next_page_token)
    };
    let (first, token) = list(pb::Team::Payments, String::new()).await;
    assert_eq!(first, ["a", "b"]);
    let (second, end) = list(pb::Team::Payments, token).await;
    assert_eq!((second, end), (vec!["d".to_owned()], String::new()));
    assert_eq!(list(pb::Team::Unspecified, String::new()).await.0, ["a", "b"]);
}

#[tokio::test]
async fn what_makes_no_agent_is_refused_with_its_fields() {
    let world = World::start().await;
    let message = pb::RegisterAgentRequest {
        request_id: "x".to_owned(),
        brand: "norsk".to_owned(),
        teams: vec![99],
        language_codes: vec!["xx".to_owned()],
        capacity: -1,
        ..world.registration("mette", &[])
    };
    let refused =
        world.client.clone().register_agent(World::by("service:crm", "", message)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(fields(&refused), ["request_id", "brand", "teams", "language_codes", "capacity"]);
    let nameless = pb::RegisterAgentRequest {
        display_name: " ".to_owned(),
        ..world.registration("mette", &[pb::Team::Vip])
    };
    let refused =
        world.client.clone().register_agent(World::by("service:crm", "", nameless)).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::InvalidArgument, "AGENT_NAME".to_owned()));
    assert_eq!(fields(&refused), ["display_name"]);
}

#[tokio::test]
async fn nobody_speaks_for_another_agent() {
    let world = World::start().await;
    world.agent("mette", &[pb::Team::Payments]).await;
    let message = |agent: &str| pb::SetPresenceRequest {
        request_id: world.request_id(),
        etag: String::new(),
        brand: "NB".to_owned(),
        agent_id: agent.to_owned(),
        presence: pb::Presence::Offline as i32,
    };
    let refused =
        world.client.clone().set_presence(World::by("agent:lars", "", message("mette"))).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::PermissionDenied, "NOT_THIS_AGENT".to_owned()));
    let unknown =
        world.client.clone().set_presence(World::by("agent:lars", "", message("lars"))).await.unwrap_err();
    assert_eq!((unknown.code(), reason(&unknown)), (Code::NotFound, "AGENT_NOT_FOUND".to_owned()));
    assert!(unknown.message().contains("'lars'"), "{}", unknown.message());
}
