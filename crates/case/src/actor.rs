//! Who did it: recorded with every event.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::vocabulary::Team;

/// The kind of party that acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// The player whose case it is.
    Player,
    /// A member of a support team.
    Agent,
    /// Automatic answers and classification.
    Bot,
    /// A service reacting to a fact or a timer.
    Service,
}

/// Who acts, and as a member of which teams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// What kind of party.
    pub kind: ActorKind,
    /// Its id within its kind: an agent's id, a player's id, a service's name.
    pub id: String,
    /// The teams an agent belongs to; empty for everybody else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<Team>,
    /// When the actor last proved a second factor (R44); `None` if not in this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor_at: Option<Timestamp>,
}

impl Actor {
    /// A service that reacts, by its stage's name.
    pub fn service(name: &str) -> Self {
        Self { kind: ActorKind::Service, id: name.to_owned(), teams: Vec::new(), second_factor_at: None }
    }

    /// The player with this id.
    pub fn player(id: &str) -> Self {
        Self { kind: ActorKind::Player, id: id.to_owned(), teams: Vec::new(), second_factor_at: None }
    }

    /// An agent of these teams.
    pub fn agent(id: &str, teams: &[Team]) -> Self {
        Self { kind: ActorKind::Agent, id: id.to_owned(), teams: teams.to_vec(), second_factor_at: None }
    }

    /// The same actor, having proved a second factor at `moment`.
    #[must_use]
    pub fn with_second_factor_at(self, moment: Timestamp) -> Self {
        Self { second_factor_at: Some(moment), ..self }
    }

    /// Whether a second factor was proved within `window` before `now` (R44; reliability rule: 5 min).
    pub fn has_fresh_second_factor(&self, now: Timestamp, window: jiff::SignedDuration) -> bool {
        self.second_factor_at.is_some_and(|at| at <= now && now.duration_since(at) <= window)
    }
}
