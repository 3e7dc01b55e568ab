//! The roles that a token can give.

use std::fmt;
use std::str::FromStr;

use case::ActorKind;

/// What somebody is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Answers players.
    Agent,
    /// An agent who also changes what was promised and puts cases together.
    Senior,
    /// Runs a team: its agents, its queue.
    TeamLead,
    /// Works on payments and proposes what is paid.
    PaymentsAgent,
    /// Approves what somebody else proposed.
    PaymentsApprover,
    /// Works on cases of players who want or need to be protected.
    ResponsibleGambling,
    /// Checks who players are.
    Verification,
    /// Answers formal complaints.
    Complaints,
    /// Answers for personal data.
    PrivacyOfficer,
    /// Reads everything, changes nothing.
    Auditor,
    /// Finds faults: reads everything masked, and changes nothing.
    Engineer,
    /// Keeps the system running: its consumers and deliveries.
    Operator,
    /// An automatic agent.
    Bot,
    /// Another system: the brand's site, the CRM, workforce planning.
    Service,
    /// A player who helps themselves.
    Player,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 15] = [
        Self::Agent,
        Self::Senior,
        Self::TeamLead,
        Self::PaymentsAgent,
        Self::PaymentsApprover,
        Self::ResponsibleGambling,
        Self::Verification,
        Self::Complaints,
        Self::PrivacyOfficer,
        Self::Auditor,
        Self::Engineer,
        Self::Operator,
        Self::Bot,
        Self::Service,
        Self::Player,
    ];

    /// The word in a token's `roles`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Senior => "senior",
            Self::TeamLead => "team_lead",
            Self::PaymentsAgent => "payments_agent",
            Self::PaymentsApprover => "payments_approver",
            Self::ResponsibleGambling => "responsible_gambling",
            Self::Verification => "verification",
            Self::Complaints => "complaints",
            Self::PrivacyOfficer => "privacy_officer",
            Self::Auditor => "auditor",
            Self::Engineer => "engineer",
            Self::Operator => "operator",
            Self::Bot => "bot",
            Self::Service => "service",
            Self::Player => "player",
        }
    }

    /// Whether whoever has no other role for it is shown everything masked: neither what people wrote nor who they are.
    pub fn reads_masked(self) -> bool {
        self == Self::Engineer
    }

    /// As what kind of party somebody with this role acts.
    pub fn kind(self) -> ActorKind {
        match self {
            Self::Player => ActorKind::Player,
            Self::Bot => ActorKind::Bot,
            Self::Service => ActorKind::Service,
            _ => ActorKind::Agent,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// There is no such role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no such role; there are {}", Role::ALL.map(Role::as_str).join(", "))]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}
