//! How somebody is reached: channel, address and language, from what the case knows.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::circumstances::Circumstances;
use super::command::{QueueNotification, notification_id};
use super::event::{Audience, DeliveryChannel, NotificationKind};
use super::quiet_hours::QuietHours;
use crate::journey::Case;
use crate::personal::Personal;
use crate::vocabulary::{Channel, Language};

impl QueueNotification {
    /// Something to tell the player because of `origin` (see [`notification_id`]), over the channel that fits.
    pub fn to_player(
        case: &Case,
        origin: Uuid,
        kind: NotificationKind,
        circumstances: Circumstances,
    ) -> Self {
        Self::to_player_in(case, origin, kind, case.intake.channel, circumstances)
    }

    /// The same, where the conversation goes on in another channel than the case's: a reply goes out
    /// through the channel it was written for.
    pub fn to_player_in(
        case: &Case,
        origin: Uuid,
        kind: NotificationKind,
        conversation: Option<Channel>,
        circumstances: Circumstances,
    ) -> Self {
        let channel = channel_to_player(case, kind, conversation);
        let recipient = match channel {
            DeliveryChannel::Email => email_of(case).cloned(),
            DeliveryChannel::Webhook => None,
        };
        let language = case.intake.language.unwrap_or(Language::En);
        Self::new(origin, kind, Audience::Player, channel, recipient, language, circumstances)
    }

    /// Something to tell a team or an agent: by webhook, in English.
    pub fn to_staff(
        origin: Uuid,
        kind: NotificationKind,
        audience: Audience,
        circumstances: Circumstances,
    ) -> Self {
        Self::new(origin, kind, audience, DeliveryChannel::Webhook, None, Language::En, circumstances)
    }

    fn new(
        origin: Uuid,
        kind: NotificationKind,
        audience: Audience,
        channel: DeliveryChannel,
        recipient: Option<Personal>,
        language: Language,
        circumstances: Circumstances,
    ) -> Self {
        Self {
            notification_id: notification_id(origin, kind, &audience),
            kind,
            audience,
            channel,
            recipient,
            language,
            arguments: BTreeMap::new(),
            text: None,
            send_after: None,
            circumstances,
        }
    }

    /// With what one of the text's variables stands for; nothing personal.
    #[must_use]
    pub fn argument(mut self, name: &str, value: impl Into<String>) -> Self {
        self.arguments.insert(name.to_owned(), value.into());
        self
    }

    /// With a personal text carried along.
    #[must_use]
    pub fn text(self, text: Personal) -> Self {
        Self { text: Some(text), ..self }
    }
}

/// The channel that fits. What belongs to the conversation goes where the conversation is; numbers,
/// receipts and results go by e-mail, so that the player has them in writing, unless there is no address
/// or the player prefers otherwise.
fn channel_to_player(case: &Case, kind: NotificationKind, conversation: Option<Channel>) -> DeliveryChannel {
    let has_email = email_of(case).is_some_and(|address| *address != Personal::Erased);
    let talks_by_mail = matches!(conversation, Some(Channel::Email | Channel::Form) | None);
    if kind.is_conversation() {
        return if talks_by_mail { DeliveryChannel::Email } else { DeliveryChannel::Webhook };
    }
    match &case.notifications.preferences {
        Some(preferences) if preferences.channel == DeliveryChannel::Webhook => DeliveryChannel::Webhook,
        _ if has_email || talks_by_mail => DeliveryChannel::Email,
        _ => DeliveryChannel::Webhook,
    }
}

fn email_of(case: &Case) -> Option<&Personal> {
    case.intake.player.as_ref()?.email.as_ref()
}

/// The player's own quiet hours.
pub(super) fn quiet_hours_of(case: &Case) -> Option<QuietHours> {
    let preferences = case.notifications.preferences.as_ref()?;
    // What is recorded was checked; should it not hold, no quiet hours are better than no mail at all.
    QuietHours::optional(preferences.quiet_from_hour, preferences.quiet_until_hour).ok().flatten()
}
