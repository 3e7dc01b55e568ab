//! What the player wants to hear, and how.

use super::command::SetPreferences;
use super::event::{Event, PreferencesChanged, SuppressionReason};
use super::marketing;
use super::quiet_hours::QuietHours;
use super::refusal::Refusal;
use crate::journey::Case;

/// Decides [`SetPreferences`].
pub(super) fn set(case: &Case, command: SetPreferences) -> Result<Vec<Event>, Refusal> {
    QuietHours::optional(command.quiet_from_hour, command.quiet_until_hour)?;
    let preferences = PreferencesChanged {
        channel: command.channel,
        marketing_consent: command.marketing_consent,
        quiet_from_hour: command.quiet_from_hour,
        quiet_until_hour: command.quiet_until_hour,
    };
    let mut events = Vec::new();
    if case.notifications.preferences.as_ref() != Some(&preferences) {
        events.push(preferences.into());
    }
    if !command.marketing_consent {
        events.extend(marketing::suppress_unsent(case, SuppressionReason::NoConsent));
    }
    Ok(events)
}
