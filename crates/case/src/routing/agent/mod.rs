//! Support agents, each a stream of facts of their own (stage word `agent`): who they are, what they can
//! do, and whether they are there. Their load is not here: it follows from the cases' facts.
//!
//! Must never be here: anything about one case; who is on shift when (`calendar.rs`).

mod decide;
mod event;
mod state;

pub use decide::{AgentDesk, Command, Refusal, RegisterAgent, SetPresence};
pub use event::*;
pub use state::{Agent, AgentEvent};

use uuid::Uuid;

use crate::ids::{AgentId, Brand, derive, in_shard};

/// The stream of an agent's facts: always the same for the same brand and id, however many shards there are,
/// and so in the first.
pub fn agent_stream_id(brand: &Brand, agent_id: &AgentId) -> Uuid {
    in_shard(derive("agent", Uuid::nil(), &format!("{brand}/{agent_id}")), 0)
}

#[cfg(test)]
mod tests;
