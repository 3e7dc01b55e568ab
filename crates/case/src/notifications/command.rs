//! What notifications may be asked to do. Only facts and the sender ask; players and agents queue offers,
//! set preferences and redrive.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::circumstances::Circumstances;
use super::event::{Audience, DeliveryChannel, NotificationKind};
use crate::ids::derive;
use crate::personal::Personal;
use crate::vocabulary::Language;

/// The id of what is said because of `cause` (an event's id, or the case's where it is said only once a
/// case). The same cause, kind and audience give the same id, so nothing is said twice.
pub fn notification_id(cause: Uuid, kind: NotificationKind, audience: &Audience) -> Uuid {
    let audience = match audience {
        Audience::Player => "player".to_owned(),
        Audience::Team(team) => format!("team:{team}"),
        Audience::Agent(agent) => format!("agent:{agent}"),
    };
    derive("notification", cause, &format!("{}/{audience}", kind.as_str()))
}

/// Everything notifications may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Say something.
    QueueNotification(QueueNotification),
    /// The player is excluded: say no offer any more.
    SuppressOffers(SuppressOffers),
    /// The rules may have changed their mind about a notification.
    Recheck(Recheck),
    /// It was handed over.
    RecordSent(RecordSent),
    /// A try failed.
    RecordFailure(RecordFailure),
    /// Try again what was given up.
    Redrive(Redrive),
    /// What the player wants to hear, and how.
    SetPreferences(SetPreferences),
}

/// Say something: recorded as queued, and as put off where quiet hours hold; or as suppressed. An id that
/// is already on the case changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueNotification {
    /// From [`notification_id`].
    pub notification_id: Uuid,
    /// What.
    pub kind: NotificationKind,
    /// To whom.
    pub audience: Audience,
    /// How.
    pub channel: DeliveryChannel,
    /// The address, for e-mail.
    pub recipient: Option<Personal>,
    /// In which language.
    pub language: Language,
    /// What the text's variables stand for; nothing personal.
    pub arguments: BTreeMap<String, String>,
    /// A personal text carried along, such as an agent's reply, or an offer's text.
    pub text: Option<Personal>,
    /// Not before this moment; `None` for at once.
    pub send_after: Option<Timestamp>,
    /// What the case alone cannot tell.
    pub circumstances: Circumstances,
}

/// The player is excluded: every offer that has not been sent is suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuppressOffers {}

/// Asked by the sender when [`super::may_send`] says that the rules have changed their mind: what they say
/// now (suppressed, or put off) is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recheck {
    /// Which.
    pub notification_id: Uuid,
    /// What the case alone cannot tell.
    pub circumstances: Circumstances,
}

/// The mail server or the webhook's receiver accepted it. The effect has happened, so this is recorded
/// whatever the rules say now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordSent {
    /// Which.
    pub notification_id: Uuid,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// The case's version on which [`super::may_send`] allowed it.
    pub decided_on_version: u64,
}

/// A try failed. After [`super::MAX_ATTEMPTS`] of them, or when no other try can help, it is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFailure {
    /// Which.
    pub notification_id: Uuid,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// A stable code for what went wrong; never the server's text, which may quote the mail.
    pub code: String,
    /// When to try again; `None` when the error is permanent.
    pub retry_at: Option<Timestamp>,
}

/// An operator has a notification tried again that was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redrive {
    /// Which.
    pub notification_id: Uuid,
}

/// What the player wants to hear, and how. Withdrawing consent suppresses offers not yet sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetPreferences {
    /// The channel preferred.
    pub channel: DeliveryChannel,
    /// Whether offers are welcome.
    pub marketing_consent: bool,
    /// Hour of the local day from which nothing but urgent mail is sent (0 to 23).
    pub quiet_from_hour: Option<u8>,
    /// Hour of the local day until which it holds (0 to 23).
    pub quiet_until_hour: Option<u8>,
}
