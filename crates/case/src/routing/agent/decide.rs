//! What may be asked about an agent, and the only place that says no.

use super::event::{AgentRegistered, Event, Presence, PresenceChanged};
use super::state::Agent;
use crate::actor::{Actor, ActorKind};
use crate::ids::{AgentId, Brand, PlayerId};
use crate::intake::mask;
use crate::stage::{Context, Stage};
use crate::vocabulary::{Language, Skill, Team};

/// More cases at once than anybody can answer.
const LARGEST_CAPACITY: u32 = 100;
/// More players than one person can know.
const MOST_PLAYERS: usize = 500;
/// Longer than any working name.
const LONGEST_NAME: usize = 100;

/// The agents' side of routing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentDesk;

/// What may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// See [`RegisterAgent`].
    RegisterAgent(RegisterAgent),
    /// See [`SetPresence`].
    SetPresence(SetPresence),
}

/// Say who an agent is and what they can do; whole, also when only a part of it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterAgent {
    /// The brand they work for.
    pub brand: Brand,
    /// Their id.
    pub agent_id: AgentId,
    /// The name they introduce themselves by: 1 to 100 characters.
    pub display_name: String,
    /// Their teams, at least one.
    pub teams: Vec<Team>,
    /// The languages they write, at least one.
    pub languages: Vec<Language>,
    /// What they are trained in.
    pub skills: Vec<Skill>,
    /// Capacity units in all, 1 to 100.
    pub capacity: u32,
    /// The players whose personal contact they are, at most 500.
    pub personal_contact_for: Vec<PlayerId>,
}

/// An agent comes, steps away or leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetPresence {
    /// From now on.
    pub presence: Presence,
}

/// An expected no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody of that id at that brand.
    #[error("there is no such agent at this brand; register them first")]
    AgentNotFound,
    /// Neither that agent nor a service.
    #[error("only the agent themselves, or a service, may do this")]
    NotThisAgent,
    /// Empty or too long.
    #[error("an agent needs a name of 1 to {LONGEST_NAME} characters, without a card number in it")]
    AgentName,
    /// None at all.
    #[error("an agent needs at least one team")]
    AgentTeams,
    /// None at all.
    #[error("an agent needs at least one language")]
    AgentLanguages,
    /// Out of range.
    #[error("an agent's capacity must be from 1 to {LARGEST_CAPACITY} units, not {given}")]
    AgentCapacity {
        /// What was given.
        given: u32,
    },
    /// Too many.
    #[error("an agent can be the personal contact of at most {MOST_PLAYERS} players, not {given}")]
    AgentPlayers {
        /// How many were given.
        given: usize,
    },
}

impl crate::stage::Refusal for Refusal {
    fn reason(&self) -> &'static str {
        match self {
            Self::AgentNotFound => "AGENT_NOT_FOUND",
            Self::NotThisAgent => "NOT_THIS_AGENT",
            Self::AgentName => "AGENT_NAME",
            Self::AgentTeams => "AGENT_TEAMS",
            Self::AgentLanguages => "AGENT_LANGUAGES",
            Self::AgentCapacity { .. } => "AGENT_CAPACITY",
            Self::AgentPlayers { .. } => "AGENT_PLAYERS",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::AgentName => Some("display_name"),
            Self::AgentTeams => Some("teams"),
            Self::AgentLanguages => Some("languages"),
            Self::AgentCapacity { .. } => Some("capacity"),
            Self::AgentPlayers { .. } => Some("personal_contact_for"),
            Self::AgentNotFound | Self::NotThisAgent => None,
        }
    }

    fn is_permission(&self) -> bool {
        matches!(self, Self::NotThisAgent)
    }
}

impl Stage for AgentDesk {
    const NAME: &'static str = "agent";
    type Aggregate = Agent;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(agent: &Agent, context: Context<'_>, command: &Command) -> Result<Vec<Event>, Refusal> {
        match command {
            Command::RegisterAgent(command) => register(agent, context.actor, command),
            Command::SetPresence(command) => set_presence(agent, context.actor, *command),
        }
    }
}

fn register(agent: &Agent, actor: &Actor, command: &RegisterAgent) -> Result<Vec<Event>, Refusal> {
    themselves_or_service(actor, &command.agent_id)?;
    let display_name = command.display_name.trim().to_owned();
    let has_card_data = !mask(&display_name).kinds.is_empty();
    if display_name.is_empty() || display_name.chars().count() > LONGEST_NAME || has_card_data {
        return Err(Refusal::AgentName);
    }
    if command.teams.is_empty() {
        return Err(Refusal::AgentTeams);
    }
    if command.languages.is_empty() {
        return Err(Refusal::AgentLanguages);
    }
    if !(1..=LARGEST_CAPACITY).contains(&command.capacity) {
        return Err(Refusal::AgentCapacity { given: command.capacity });
    }
    if command.personal_contact_for.len() > MOST_PLAYERS {
        return Err(Refusal::AgentPlayers { given: command.personal_contact_for.len() });
    }
    let registered = AgentRegistered {
        brand: command.brand.clone(),
        agent_id: command.agent_id.clone(),
        display_name,
        teams: once_each(&command.teams),
        languages: once_each(&command.languages),
        skills: once_each(&command.skills),
        capacity: command.capacity,
        personal_contact_for: once_each(&command.personal_contact_for),
    };
    let same = agent.registered.as_ref() == Some(&registered);
    Ok(if same { Vec::new() } else { vec![registered.into()] })
}

fn set_presence(agent: &Agent, actor: &Actor, command: SetPresence) -> Result<Vec<Event>, Refusal> {
    let registered = agent.registered.as_ref().ok_or(Refusal::AgentNotFound)?;
    themselves_or_service(actor, &registered.agent_id)?;
    let same = agent.presence == command.presence;
    Ok(if same { Vec::new() } else { vec![PresenceChanged { presence: command.presence }.into()] })
}

fn themselves_or_service(actor: &Actor, agent_id: &AgentId) -> Result<(), Refusal> {
    match actor.kind {
        ActorKind::Service => Ok(()),
        ActorKind::Agent if actor.id == agent_id.as_str() => Ok(()),
        ActorKind::Agent | ActorKind::Player | ActorKind::Bot => Err(Refusal::NotThisAgent),
    }
}

/// In a fixed order, so that the same list given in another order is no change.
fn once_each<T: Ord + Clone>(words: &[T]) -> Vec<T> {
    let mut words = words.to_vec();
    words.sort_unstable();
    words.dedup();
    words
}
