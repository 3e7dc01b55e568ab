//! The facts recorded about an agent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{AgentId, Brand, PlayerId};
use crate::stage::stage_events;
use crate::vocabulary::{InvalidWord, Language, Skill, Team};

/// Who the agent is and what they can do; recorded again, whole, when it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentRegistered {
    /// The brand they work for.
    pub brand: Brand,
    /// Their id.
    pub agent_id: AgentId,
    /// The name they introduce themselves by (R29): a working name, told to every player.
    pub display_name: String,
    /// Their teams.
    pub teams: Vec<Team>,
    /// The languages they write.
    pub languages: Vec<Language>,
    /// What they are trained in.
    pub skills: Vec<Skill>,
    /// Capacity units in all (choice: 6).
    pub capacity: u32,
    /// The players whose personal contact they are (R28).
    pub personal_contact_for: Vec<PlayerId>,
}

/// Whether an agent is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Takes cases.
    Available,
    /// Back soon, or at work undisturbed: keeps their cases, gets no offers, may claim a case.
    Away,
    /// Gone: their cases go back to the queue.
    Offline,
}

impl Presence {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::Available, Self::Away, Self::Offline];

    /// The stored and spoken word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Away => "away",
            Self::Offline => "offline",
        }
    }
}

impl std::fmt::Display for Presence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Presence {
    type Err = InvalidWord;

    fn from_str(text: &str) -> Result<Self, InvalidWord> {
        Self::ALL.iter().copied().find(|presence| presence.as_str() == text).ok_or_else(|| InvalidWord {
            what: "presence",
            given: text.to_owned(),
            allowed: Self::ALL.iter().map(|presence| presence.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

/// The agent came, stepped away or left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PresenceChanged {
    /// From now on.
    pub presence: Presence,
}

stage_events! {
    /// The facts about an agent.
    "agent";
    AgentRegistered = "registered" v 1;
    PresenceChanged = "presence_changed" v 1;
}
