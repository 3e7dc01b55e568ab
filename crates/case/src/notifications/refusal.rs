//! How notifications says no.

use uuid::Uuid;

use super::event::SuppressionReason;
use super::quiet_hours::InvalidQuietHours;

/// An expected no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such notification on this case.
    #[error("there is no notification {notification_id} on this case; ListDeliveries shows those there are")]
    NotificationNotFound {
        /// What was asked for.
        notification_id: Uuid,
    },
    /// Only what was given up can be redriven.
    #[error("notification {notification_id} is {standing}; only a dead-lettered one can be redriven")]
    NotDeadLettered {
        /// Which.
        notification_id: Uuid,
        /// Where it stands.
        standing: &'static str,
    },
    /// Only agents and services queue offers and redrive.
    #[error("only an agent or a service may do this")]
    ActorNotAllowed,
    /// The player may not get offers, so one cannot be redriven either (R42).
    #[error("this player gets no offers ({}); leave it", why(*reason))]
    MarketingNotAllowed {
        /// Why not.
        reason: SuppressionReason,
    },
    /// The two hours make no quiet hours.
    #[error("{0}")]
    InvalidQuietHours(#[from] InvalidQuietHours),
    /// An offer or a reply without words.
    #[error("the notification has no text; write what is to be said")]
    EmptyText,
    /// More than a mail should hold.
    #[error("the text has {length} characters; at most {limit} can be sent")]
    TextTooLong {
        /// Characters given.
        length: usize,
        /// Characters allowed.
        limit: usize,
    },
    /// An offer's title becomes the mail's subject.
    #[error("an offer's title is one line of 1 to {limit} characters")]
    InvalidTitle {
        /// Characters allowed.
        limit: usize,
    },
}

const fn why(reason: SuppressionReason) -> &'static str {
    match reason {
        SuppressionReason::PlayerExcluded => "the player is excluded",
        SuppressionReason::NoConsent => "the player has not agreed to offers",
        SuppressionReason::Preference => "the player's preferences leave no moment for it",
        SuppressionReason::NoAddress => "there is no address",
    }
}

impl crate::Refusal for Refusal {
    fn reason(&self) -> &'static str {
        match self {
            Self::NotificationNotFound { .. } => "NOTIFICATION_NOT_FOUND",
            Self::NotDeadLettered { .. } => "NOTIFICATION_NOT_DEAD_LETTERED",
            Self::ActorNotAllowed => "ACTOR_NOT_ALLOWED",
            Self::MarketingNotAllowed { .. } => "MARKETING_NOT_ALLOWED",
            Self::InvalidQuietHours(_) => "INVALID_QUIET_HOURS",
            Self::EmptyText => "NOTIFICATION_TEXT_EMPTY",
            Self::TextTooLong { .. } => "NOTIFICATION_TEXT_TOO_LONG",
            Self::InvalidTitle { .. } => "NOTIFICATION_TITLE_INVALID",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotificationNotFound { notification_id } => {
                vec![("notification_id", notification_id.to_string())]
            }
            Self::NotDeadLettered { notification_id, standing } => {
                vec![("notification_id", notification_id.to_string()), ("standing", (*standing).to_owned())]
            }
            Self::MarketingNotAllowed { reason } => vec![("reason", reason.as_str().to_owned())],
            Self::TextTooLong { length, limit } => {
                vec![("length", length.to_string()), ("limit", limit.to_string())]
            }
            Self::InvalidTitle { limit } => vec![("limit", limit.to_string())],
            Self::InvalidQuietHours(_) | Self::EmptyText | Self::ActorNotAllowed => Vec::new(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::InvalidQuietHours(_) => Some("quiet_hours"),
            Self::EmptyText | Self::TextTooLong { .. } => Some("text"),
            Self::InvalidTitle { .. } => Some("title"),
            Self::NotificationNotFound { .. }
            | Self::NotDeadLettered { .. }
            | Self::ActorNotAllowed
            | Self::MarketingNotAllowed { .. } => None,
        }
    }

    fn is_permission(&self) -> bool {
        matches!(self, Self::ActorNotAllowed)
    }
}
