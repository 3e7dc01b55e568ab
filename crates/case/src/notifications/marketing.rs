//! Who may get offers (R42, invariant I11).

use super::circumstances::Circumstances;
use super::event::{Event, NotificationKind, NotificationSuppressed, SuppressionReason};
use super::state::{Notification, NotificationStanding};
use crate::journey::Case;

/// Why the player may not get this kind now, if so. Service mail always may be sent.
pub(super) fn objection(
    case: &Case,
    kind: NotificationKind,
    circumstances: &Circumstances,
) -> Option<SuppressionReason> {
    if !kind.is_marketing() {
        None
    } else if is_excluded(case) || circumstances.player_excluded {
        Some(SuppressionReason::PlayerExcluded)
    } else if !consents(case) || circumstances.consent_withdrawn {
        Some(SuppressionReason::NoConsent)
    } else {
        None
    }
}

/// Why the case itself speaks against offers to its player, if so.
pub(super) fn objection_of_the_case(case: &Case) -> Option<SuppressionReason> {
    objection(case, NotificationKind::Offer, &Circumstances::default())
}

fn is_excluded(case: &Case) -> bool {
    case.intake.self_exclusion_requested
}

/// The player's last word on this case: the preferences, or what held when the case was opened.
fn consents(case: &Case) -> bool {
    match (&case.notifications.preferences, &case.intake.player) {
        (Some(preferences), _) => preferences.marketing_consent,
        (None, Some(player)) => player.marketing_consent,
        (None, None) => false,
    }
}

/// Every offer that has not been sent yet is suppressed because the player is excluded.
pub(super) fn suppress_offers(case: &Case) -> Vec<Event> {
    suppress_unsent(case, SuppressionReason::PlayerExcluded)
}

/// Suppresses every piece of marketing that is still to be sent.
pub(super) fn suppress_unsent(case: &Case, reason: SuppressionReason) -> Vec<Event> {
    let unsent = |one: &Notification| {
        one.kind.is_marketing()
            && matches!(one.standing, NotificationStanding::Queued | NotificationStanding::DeadLettered)
    };
    let notifications = case.notifications.notifications.iter();
    notifications
        .filter(|(_, one)| unsent(one))
        .map(|(id, one)| NotificationSuppressed { notification_id: *id, kind: one.kind, reason }.into())
        .collect()
}
