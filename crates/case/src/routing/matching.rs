//! Which agent a waiting case is offered to (domain.md, Routing). Pure: the queue entry and the agents
//! come in, and what was chosen and why goes out, into `CaseOffered`.
//!
//! Required: the team, and the language if anybody of the team speaks it (else a machine translates,
//! R36). Then the skills still asked for, and room in the agent's capacity. A preferred agent who is
//! present has the case to themselves until the stated moment. Those who did not take it are asked again
//! only when everybody else has been. Then the least loaded share, then who waited longest for a case.

use std::cmp::Ordering;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agent::Presence;
use super::event::{Candidate, ChoiceReason};
use super::placement::weight;
use crate::ids::AgentId;
use crate::journey::Case;
use crate::vocabulary::{Channel, Language, Skill, Team};

/// A case that waits, as the choice needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueueEntry {
    /// The team it waits for.
    pub team: Team,
    /// The player's language.
    pub language: Language,
    /// The channel it is weighed by.
    pub channel: Channel,
    /// What the agent should be trained in.
    pub skills: Vec<Skill>,
    /// The agent to prefer.
    pub preferred_agent: Option<AgentId>,
    /// Until when they have it to themselves, if present.
    pub preferred_until: Option<Timestamp>,
    /// Why they are preferred.
    pub preferred_because: ChoiceReason,
    /// Who did not take it, once per offer.
    pub not_taken_by: Vec<AgentId>,
}

/// An agent, as the choice sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentView {
    /// Who.
    pub agent_id: AgentId,
    /// Their teams.
    pub teams: Vec<Team>,
    /// The languages they write.
    pub languages: Vec<Language>,
    /// What they are trained in.
    pub skills: Vec<Skill>,
    /// Whether they are there.
    pub presence: Presence,
    /// Capacity units in use: cases they own and offers they hold.
    pub load: u32,
    /// Capacity units in all.
    pub capacity: u32,
    /// When they last got a case.
    pub last_assigned_at: Option<Timestamp>,
}

/// Who is offered the case, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Who.
    pub agent_id: AgentId,
    /// Capacity units it takes of them.
    pub weight: u32,
    /// Why.
    pub reason: ChoiceReason,
    /// Whether they speak the player's language.
    pub speaks_language: bool,
    /// Everybody who could have been chosen, the chosen one among them.
    pub candidates: Vec<Candidate>,
}

impl QueueEntry {
    /// The entry of a case that stands in a queue, offered or not; `None` for every other case.
    pub fn of(case: &Case) -> Option<Self> {
        let routing = &case.routing;
        let queued = routing.queued.as_ref()?;
        let contact = queued.preferred_agent.is_some() && queued.preferred_agent == routing.personal_contact;
        Some(Self {
            team: routing.team?,
            language: case.intake.language.unwrap_or(Language::En),
            channel: case.intake.channel?,
            skills: queued.skills.clone(),
            preferred_agent: queued.preferred_agent.clone(),
            preferred_until: queued.preferred_until,
            preferred_because: if contact {
                ChoiceReason::PersonalContact
            } else {
                ChoiceReason::PreviousOwner
            },
            not_taken_by: queued.not_taken_by.clone(),
        })
    }

    /// How often an agent was offered it and did not take it.
    fn times_not_taken_by(&self, agent_id: &AgentId) -> usize {
        self.not_taken_by.iter().filter(|tried| *tried == agent_id).count()
    }
}

impl AgentView {
    /// Whether a case of this channel fits beside what they have.
    pub fn has_room_for(&self, channel: Channel) -> bool {
        self.load.saturating_add(weight(channel, self.capacity)) <= self.capacity
    }

    fn can_be_offered(&self, entry: &QueueEntry) -> bool {
        self.presence == Presence::Available && self.has_room_for(entry.channel)
    }

    fn speaks(&self, entry: &QueueEntry) -> bool {
        self.languages.contains(&entry.language)
    }

    fn candidate(&self) -> Candidate {
        Candidate {
            agent_id: self.agent_id.clone(),
            load: self.load,
            capacity: self.capacity,
            last_assigned_at: self.last_assigned_at,
        }
    }

    /// Least loaded share first, then the longest without a new case, then by id for a stable answer.
    fn compare(&self, other: &Self) -> Ordering {
        let share = |one: &Self, of: &Self| u64::from(one.load) * u64::from(of.capacity);
        share(self, other)
            .cmp(&share(other, self))
            .then_with(|| self.last_assigned_at.cmp(&other.last_assigned_at))
            .then_with(|| self.agent_id.cmp(&other.agent_id))
    }
}

/// Everybody who could take an entry now: the preferred agent alone while they have it to themselves.
/// `agents` are all of the brand; those of other teams do not count.
pub fn candidates<'a>(entry: &QueueEntry, agents: &'a [AgentView], now: Timestamp) -> Vec<&'a AgentView> {
    let team = || agents.iter().filter(|agent| agent.teams.contains(&entry.team));
    if let Some(preferred) = preferred(entry, now)
        && let Some(agent) = team().find(|agent| agent.agent_id == *preferred)
        && agent.presence != Presence::Offline
    {
        return Some(agent).filter(|agent| agent.can_be_offered(entry)).into_iter().collect();
    }
    let language_is_spoken = team().any(|agent| agent.speaks(entry));
    team()
        .filter(|agent| agent.can_be_offered(entry))
        .filter(|agent| entry.skills.iter().all(|skill| agent.skills.contains(skill)))
        .filter(|agent| agent.speaks(entry) || !language_is_spoken)
        .collect()
}

/// Chooses the agent to offer an entry to; `None` while nobody can take it.
pub fn choose(entry: &QueueEntry, agents: &[AgentView], now: Timestamp) -> Option<Choice> {
    let candidates = candidates(entry, agents, now);
    let fewest = candidates.iter().map(|agent| entry.times_not_taken_by(&agent.agent_id)).min()?;
    let chosen = candidates
        .iter()
        .filter(|agent| entry.times_not_taken_by(&agent.agent_id) == fewest)
        .min_by(|one, other| one.compare(other))?;
    let is_preferred = preferred(entry, now) == Some(&chosen.agent_id);
    Some(Choice {
        agent_id: chosen.agent_id.clone(),
        weight: weight(entry.channel, chosen.capacity),
        reason: if is_preferred { entry.preferred_because } else { ChoiceReason::LeastLoaded },
        speaks_language: chosen.speaks(entry),
        candidates: candidates.iter().map(|agent| agent.candidate()).collect(),
    })
}

/// The agent who has the entry to themselves at `now`.
fn preferred(entry: &QueueEntry, now: Timestamp) -> Option<&AgentId> {
    entry.preferred_agent.as_ref().filter(|agent| {
        entry.preferred_until.is_some_and(|until| now < until) && !entry.not_taken_by.contains(agent)
    })
}

#[cfg(test)]
mod tests;
