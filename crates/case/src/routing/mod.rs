//! Routing: who takes a case, in which order, and by when (second stage of the journey).
//!
//! Intake's facts come in through reactions; routing answers with a priority, a place in a team's queue,
//! an offer, an owner, clocks and the promise the player was given. In reading order:
//!
//! - [`event`](self) and [`State`]: what is recorded, and what it adds up to;
//! - [`Rules`] (policy, calendars, waits), [`placement`] (topic to team and skills), [`priority`];
//! - [`matching`]: which agent an entry is offered to; [`timers`]: what falls due by itself;
//! - [`Command`], [`Refusal`] and `decide`: the only place that says no;
//! - [`agent`]: the agents, in streams of their own;
//! - [`invariants`]: what must hold after every fact.
//!
//! Must never be here: the read models (queue, agents, timers are tables of the service), the gateway's
//! or intake's rules, any clock or randomness.

pub mod agent;
pub mod invariants;
pub mod matching;
pub mod placement;
pub mod priority;
pub mod timers;

mod clocks;
mod command;
mod decide;
mod draft;
mod event;
mod promises;
mod refusal;
mod rules;
mod state;

pub use command::*;
pub use event::*;
pub use refusal::Refusal;
pub use rules::{InvalidRules, Rules};
pub use state::*;

use crate::actor::Actor;
use crate::ids::AgentId;
use crate::journey::Case;
use crate::stage::{Context, Stage};
use crate::vocabulary::Team;

/// Whether somebody may take cases from a team's queue by themselves; the agent they are.
///
/// # Errors
/// Players and bots, agents of other teams, and agents who are not there.
pub fn may_claim(actor: &Actor, team: Team, presence: agent::Presence) -> Result<AgentId, Refusal> {
    decide::may_claim(actor, team, presence)
}

/// The routing stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Routing;

impl Stage for Routing {
    const NAME: &'static str = "routing";
    type Aggregate = Case;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(case: &Case, context: Context<'_>, command: &Command) -> Result<Vec<Event>, Refusal> {
        decide::decide(case, context, command)
    }
}

#[cfg(test)]
mod tests;
