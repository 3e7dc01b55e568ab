//! The expected ways to say no.

use jiff::Timestamp;

use super::event::HoldGround;

/// An expected no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody else must do it.
    #[error("only an agent of team privacy may do this")]
    NotPrivacyOfficer,
    /// The last proof is missing or too old (R44).
    #[error("prove a second factor and try again: it must be less than five minutes old")]
    SecondFactorRequired,
    /// There is nobody any more about whom anything is held.
    #[error("the player was erased: nothing is held about them any more")]
    PlayerErased,
    /// The erasure was refused, and that is recorded.
    #[error(
        "a legal hold ({ground}) runs until {until}: the player is erased after that, or when it is lifted"
    )]
    LegalHoldRuns {
        /// Why.
        ground: HoldGround,
        /// Until when.
        until: Timestamp,
    },
    /// It would be over already.
    #[error("a legal hold must end in the future; to end one that runs, lift it")]
    HoldUntilPast,
    /// Longer than any law asks for.
    #[error("a legal hold may run for at most ten years; set it again when it ends")]
    HoldTooLong,
}

impl crate::stage::Refusal for Refusal {
    fn reason(&self) -> &'static str {
        match self {
            Self::NotPrivacyOfficer => "NOT_PRIVACY_OFFICER",
            Self::SecondFactorRequired => "SECOND_FACTOR_REQUIRED",
            Self::PlayerErased => "PLAYER_ERASED",
            Self::LegalHoldRuns { .. } => "LEGAL_HOLD_RUNS",
            Self::HoldUntilPast => "HOLD_UNTIL_PAST",
            Self::HoldTooLong => "HOLD_TOO_LONG",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::LegalHoldRuns { ground, until } => {
                vec![("until", until.to_string()), ("ground", ground.to_string())]
            }
            _ => Vec::new(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        matches!(self, Self::HoldUntilPast | Self::HoldTooLong).then_some("until")
    }

    fn is_permission(&self) -> bool {
        matches!(self, Self::NotPrivacyOfficer | Self::SecondFactorRequired)
    }
}
