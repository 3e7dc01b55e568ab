//! Queueing: whether something is said at all, and not before when.

use jiff::Timestamp;

use super::address::quiet_hours_of;
use super::circumstances::Circumstances;
use super::command::QueueNotification;
use super::event::{
    Audience, DeliveryChannel, Event, NotificationDeferred, NotificationKind, NotificationQueued,
    NotificationSuppressed, SuppressionReason,
};
use super::marketing;
use super::quiet_hours::{first_free_moment, time_zone};
use super::refusal::Refusal;
use crate::intake::{MaskedKind, SensitiveDataMasked, mask, mask_after};
use crate::journey::Case;
use crate::personal::Personal;

/// The most characters a carried text may have: a long reply fits, an abuse of the mail server does not.
const TEXT_LIMIT: usize = 20_000;
/// The most characters an offer's title may have: longer subjects are cut by mail programs.
const TITLE_LIMIT: usize = 150;

/// Decides [`QueueNotification`].
pub(super) fn queue(case: &Case, now: Timestamp, command: &QueueNotification) -> Result<Vec<Event>, Refusal> {
    check_words(command)?;
    let id = command.notification_id;
    if case.notifications.notifications.contains_key(&id) || is_pointless(case, command.kind) {
        return Ok(Vec::new());
    }
    let suppressed =
        |reason| Ok(vec![NotificationSuppressed { notification_id: id, kind: command.kind, reason }.into()]);
    if let Some(reason) = marketing::objection(case, command.kind, &command.circumstances) {
        return suppressed(reason);
    }
    if !can_be_told(command.channel, command.recipient.as_ref(), command.text.as_ref()) {
        return suppressed(SuppressionReason::NoAddress);
    }
    let from = command.send_after.map_or(now, |moment| moment.max(now));
    let Some(free) = free_moment(case, command.kind, &command.audience, from, &command.circumstances) else {
        return suppressed(SuppressionReason::Preference);
    };
    let mut queued = queued(command);
    let masked = if command.kind == NotificationKind::Offer { mask_words(&mut queued) } else { Vec::new() };
    let mut events = vec![Event::NotificationQueued(queued)];
    events.extend(SensitiveDataMasked::of(id, masked).map(Event::from));
    if free > from {
        events.push(NotificationDeferred { notification_id: id, until: free }.into());
    }
    Ok(events)
}

/// The first moment from `from` on at which it may be said; `None` when the player's quiet hours and the
/// brand's leave none.
pub(super) fn free_moment(
    case: &Case,
    kind: NotificationKind,
    audience: &Audience,
    from: Timestamp,
    circumstances: &Circumstances,
) -> Option<Timestamp> {
    let mut quiet = Vec::new();
    if *audience == Audience::Player && !kind.is_urgent() {
        quiet.extend(quiet_hours_of(case));
    }
    if kind.is_marketing() {
        quiet.push(circumstances.marketing_quiet);
    }
    let stated = case.intake.player.as_ref().and_then(|player| player.time_zone.as_deref());
    let zone = stated
        .and_then(time_zone)
        .or_else(|| time_zone(&circumstances.default_time_zone))
        .unwrap_or(jiff::tz::TimeZone::UTC);
    first_free_moment(from, &zone, &quiet)
}

/// Whether there is an address, where one is needed, and words: an erased player has neither.
pub(super) fn can_be_told(
    channel: DeliveryChannel,
    recipient: Option<&Personal>,
    text: Option<&Personal>,
) -> bool {
    let is_there = |personal: &Personal| match personal {
        Personal::Clear(text) => !text.is_empty(),
        Personal::Sealed(_) => true,
        Personal::Erased => false,
    };
    let reachable = channel == DeliveryChannel::Webhook || recipient.is_some_and(is_there);
    reachable && text.is_none_or(is_there)
}

/// "Still working on it" is untrue once the case is over, or nothing waits for an answer.
fn is_pointless(case: &Case, kind: NotificationKind) -> bool {
    kind == NotificationKind::StillWorking && (case.state.is_over() || case.intake.unanswered_since.is_none())
}

fn check_words(command: &QueueNotification) -> Result<(), Refusal> {
    let text = command.text.as_ref().and_then(Personal::text);
    let speaks = matches!(command.kind, NotificationKind::Offer | NotificationKind::Reply);
    if speaks && text.is_none_or(|text| text.trim().is_empty()) {
        return Err(Refusal::EmptyText);
    }
    if let Some(length) = text.map(|text| text.chars().count()).filter(|length| *length > TEXT_LIMIT) {
        return Err(Refusal::TextTooLong { length, limit: TEXT_LIMIT });
    }
    if command.kind == NotificationKind::Offer {
        let title = command.arguments.get("title").map_or("", String::as_str);
        let length = title.chars().count();
        if title.trim().is_empty() || length > TITLE_LIMIT || title.chars().any(char::is_control) {
            return Err(Refusal::InvalidTitle { limit: TITLE_LIMIT });
        }
    }
    Ok(())
}

fn queued(command: &QueueNotification) -> NotificationQueued {
    NotificationQueued {
        notification_id: command.notification_id,
        kind: command.kind,
        audience: command.audience.clone(),
        channel: command.channel,
        recipient: command.recipient.clone(),
        language: command.language,
        arguments: command.arguments.clone(),
        text: command.text.clone(),
        send_after: command.send_after,
    }
}

/// Takes card data out of words that no stage before this one has masked; says what it was.
fn mask_words(queued: &mut NotificationQueued) -> Vec<MaskedKind> {
    let mut kinds = Vec::new();
    let mut before = String::new();
    if let Some(title) = queued.arguments.get_mut("title") {
        let masked = mask(title);
        kinds.extend(masked.kinds);
        before.clone_from(&masked.text);
        *title = masked.text;
    }
    if let Some(Personal::Clear(text)) = &mut queued.text {
        let masked = mask_after(&before, text);
        kinds.extend(masked.kinds);
        *text = masked.text;
    }
    kinds
}
