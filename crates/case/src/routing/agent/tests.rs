use jiff::Timestamp;

use super::*;
use crate::actor::Actor;
use crate::journey::Recorded;
use crate::stage::{Aggregate, Context, Stage, StoredEvent};
use crate::vocabulary::{Language, Skill, Team};

fn mette() -> RegisterAgent {
    RegisterAgent {
        brand: "NB".parse().unwrap(),
        agent_id: "mette".parse().unwrap(),
        display_name: " Mette ".into(),
        teams: vec![Team::Payments, Team::General, Team::General],
        languages: vec![Language::Da],
        skills: vec![Skill::Payments],
        capacity: 6,
        personal_contact_for: vec!["p-1".parse().unwrap()],
    }
}

fn ask(agent: &mut Agent, actor: &Actor, command: &Command) -> Result<Vec<Event>, Refusal> {
    let context = Context { actor, now: Timestamp::UNIX_EPOCH };
    let events = AgentDesk::decide(agent, context, command)?;
    for event in &events {
        let (version, recorded_at) = (agent.version + 1, Timestamp::UNIX_EPOCH);
        agent.evolve(&Recorded { version, recorded_at, event: event.clone().into() });
    }
    assert_eq!(AgentDesk::decide(agent, context, command), Ok(Vec::new()), "a repeat of {command:?}");
    Ok(events)
}

fn stream() -> uuid::Uuid {
    agent_stream_id(&mette().brand, &mette().agent_id)
}

#[test]
fn an_agent_is_registered_once_and_again_only_when_something_changes() {
    let (mut agent, service) = (Agent::empty(stream()), Actor::service("routing"));
    assert_eq!(ask(&mut agent, &service, &Command::RegisterAgent(mette())).unwrap().len(), 1);
    let registered = agent.registered.clone().unwrap();
    assert_eq!((registered.display_name.as_str(), registered.teams.len()), ("Mette", 2));
    assert_eq!(agent.presence, Presence::Offline);
    let other_order = RegisterAgent { teams: vec![Team::General, Team::Payments], ..mette() };
    assert_eq!(ask(&mut agent, &service, &Command::RegisterAgent(other_order)), Ok(vec![]));
    let more = RegisterAgent { capacity: 8, ..mette() };
    assert_eq!(ask(&mut agent, &service, &Command::RegisterAgent(more)).unwrap().len(), 1);
    assert_eq!(agent.registered.unwrap().capacity, 8);
}

#[test]
fn what_makes_no_agent_is_refused_with_the_field() {
    let refused = |change: fn(&mut RegisterAgent)| {
        let mut command = mette();
        change(&mut command);
        let service = Actor::service("routing");
        ask(&mut Agent::empty(stream()), &service, &Command::RegisterAgent(command)).unwrap_err()
    };
    assert_eq!(refused(|agent| agent.display_name = "  ".into()), Refusal::AgentName);
    assert_eq!(refused(|agent| agent.display_name = "x".repeat(101)), Refusal::AgentName);
    assert_eq!(refused(|agent| agent.display_name = "4111 1111 1111 1111".into()), Refusal::AgentName);
    assert_eq!(refused(|agent| agent.teams.clear()), Refusal::AgentTeams);
    assert_eq!(refused(|agent| agent.languages.clear()), Refusal::AgentLanguages);
    assert_eq!(refused(|agent| agent.capacity = 0), Refusal::AgentCapacity { given: 0 });
    assert_eq!(refused(|agent| agent.capacity = 101), Refusal::AgentCapacity { given: 101 });
    let many = |agent: &mut RegisterAgent| {
        agent.personal_contact_for = (0..501).map(|player| format!("p-{player}").parse().unwrap()).collect();
    };
    assert_eq!(refused(many), Refusal::AgentPlayers { given: 501 });
}

#[test]
fn an_agent_says_for_themselves_whether_they_are_there() {
    let mut agent = Agent::empty(stream());
    let available = Command::SetPresence(SetPresence { presence: Presence::Available });
    let (mette_herself, lars) = (Actor::agent("mette", &[]), Actor::agent("lars", &[]));
    assert_eq!(ask(&mut agent, &mette_herself, &available), Err(Refusal::AgentNotFound));
    ask(&mut agent, &mette_herself, &Command::RegisterAgent(mette())).unwrap();
    assert_eq!(ask(&mut agent, &lars, &available), Err(Refusal::NotThisAgent));
    ask(&mut agent, &mette_herself, &available).unwrap();
    assert_eq!(agent.presence, Presence::Available);
    let offline = Command::SetPresence(SetPresence { presence: Presence::Offline });
    assert_eq!(ask(&mut agent, &Actor::service("routing"), &offline).unwrap().len(), 1);
    assert_eq!(agent.presence, Presence::Offline);
}

#[test]
fn a_fact_of_a_later_build_folds_harmlessly_and_forbids_writing() {
    let event = AgentEvent::decode("agent.certified", 1, b"{}").unwrap();
    let mut agent = Agent::empty(stream());
    agent.evolve(&Recorded { version: 1, recorded_at: Timestamp::UNIX_EPOCH, event: event.clone() });
    assert!(agent.unknown_stage("agent") && !agent.unknown_stage("routing"));
    assert_eq!((event.encode().unwrap(), agent.version()), (b"{}".to_vec(), 1));
}

#[test]
fn the_stream_of_an_agent_is_always_the_same_and_each_brands_own() {
    let other = agent_stream_id(&"DK".parse().unwrap(), &mette().agent_id);
    assert_eq!(stream(), agent_stream_id(&mette().brand, &mette().agent_id));
    assert_ne!(stream(), other);
}
