//! Sending: what may go out now, and what became of each try.

use jiff::Timestamp;
use uuid::Uuid;

use super::circumstances::Circumstances;
use super::command::{Recheck, RecordFailure, RecordSent, Redrive};
use super::event::{
    Event, NotificationDeadLettered, NotificationDeferred, NotificationFailed, NotificationQueued,
    NotificationRedriven, NotificationSent, NotificationSuppressed, SuppressionReason,
};
use super::marketing;
use super::queue::{can_be_told, free_moment};
use super::refusal::Refusal;
use super::state::{Notification, NotificationStanding};
use crate::journey::Case;
use crate::stage::Aggregate as _;

/// Failed tries after which a notification is given up.
pub const MAX_ATTEMPTS: u32 = 5;

/// What the sender does about a notification now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendVerdict {
    /// Hand it over, then record what became of it.
    Send {
        /// What is to be said.
        notification: NotificationQueued,
        /// Which try this is, from 1.
        attempt: u32,
        /// How often it was redriven before.
        redriven: u32,
        /// The case's version that was looked at: goes into [`RecordSent`].
        decided_on_version: u64,
    },
    /// Its moment has not come.
    NotYet(Timestamp),
    /// The rules say otherwise than when it was queued: ask for a [`Recheck`], which records it.
    Recheck,
    /// Nothing is left to do, or no such notification exists.
    Over,
}

/// Whether the notification may go out at `now`. Asked immediately before the effect, on a case that is
/// topped up from the log, so that an exclusion recorded since it was queued counts (I11).
pub fn may_send(
    case: &Case,
    notification_id: Uuid,
    now: Timestamp,
    circumstances: &Circumstances,
) -> SendVerdict {
    let Some((one, queued)) = to_be_sent(case, notification_id) else { return SendVerdict::Over };
    if let Some(due) = one.due_at.filter(|due| *due > now) {
        return SendVerdict::NotYet(due);
    }
    if change_of_mind(case, queued, now, circumstances).is_some() {
        return SendVerdict::Recheck;
    }
    SendVerdict::Send {
        notification: queued.clone(),
        attempt: one.attempts + 1,
        redriven: one.redriven,
        decided_on_version: case.version(),
    }
}

/// A notification that still waits to be sent.
fn to_be_sent(case: &Case, notification_id: Uuid) -> Option<(&Notification, &NotificationQueued)> {
    let one = case.notifications.notifications.get(&notification_id)?;
    let queued = one.queued.as_ref().filter(|_| one.standing == NotificationStanding::Queued)?;
    Some((one, queued))
}

/// What the rules say now against sending it at this moment, if anything.
fn change_of_mind(
    case: &Case,
    queued: &NotificationQueued,
    now: Timestamp,
    circumstances: &Circumstances,
) -> Option<Event> {
    let notification_id = queued.notification_id;
    let suppressed = |reason| NotificationSuppressed { notification_id, kind: queued.kind, reason }.into();
    if let Some(reason) = marketing::objection(case, queued.kind, circumstances) {
        return Some(suppressed(reason));
    }
    if !can_be_told(queued.channel, queued.recipient.as_ref(), queued.text.as_ref()) {
        return Some(suppressed(SuppressionReason::NoAddress));
    }
    match free_moment(case, queued.kind, &queued.audience, now, circumstances) {
        None => Some(suppressed(SuppressionReason::Preference)),
        Some(until) if until > now => Some(NotificationDeferred { notification_id, until }.into()),
        Some(_) => None,
    }
}

/// Decides [`Recheck`].
pub(super) fn recheck(case: &Case, now: Timestamp, command: &Recheck) -> Result<Vec<Event>, Refusal> {
    let id = command.notification_id;
    find(case, id)?;
    let Some((one, queued)) = to_be_sent(case, id) else { return Ok(Vec::new()) };
    if one.due_at.is_some_and(|due| due > now) {
        return Ok(Vec::new());
    }
    Ok(change_of_mind(case, queued, now, &command.circumstances).into_iter().collect())
}

/// Decides [`RecordSent`]. The effect has happened: it is written down even where the notification was
/// suppressed or given up in the meantime.
pub(super) fn record_sent(case: &Case, command: &RecordSent) -> Result<Vec<Event>, Refusal> {
    let one = find(case, command.notification_id)?;
    if one.standing == NotificationStanding::Sent {
        return Ok(Vec::new());
    }
    let sent = NotificationSent {
        notification_id: command.notification_id,
        kind: one.kind,
        attempt: command.attempt,
        decided_on_version: command.decided_on_version,
    };
    Ok(vec![sent.into()])
}

/// Decides [`RecordFailure`].
pub(super) fn record_failure(case: &Case, command: &RecordFailure) -> Result<Vec<Event>, Refusal> {
    let one = find(case, command.notification_id)?;
    if one.standing != NotificationStanding::Queued || command.attempt <= one.attempts {
        return Ok(Vec::new());
    }
    let RecordFailure { notification_id, attempt, code, retry_at } = command.clone();
    Ok(vec![match retry_at.filter(|_| attempt < MAX_ATTEMPTS) {
        Some(retry_at) => NotificationFailed { notification_id, attempt, code, retry_at }.into(),
        None => NotificationDeadLettered { notification_id, attempts: attempt, code }.into(),
    }])
}

/// Decides [`Redrive`].
pub(super) fn redrive(case: &Case, command: &Redrive) -> Result<Vec<Event>, Refusal> {
    let notification_id = command.notification_id;
    let one = find(case, notification_id)?;
    match one.standing {
        NotificationStanding::DeadLettered => {
            let objection = marketing::objection_of_the_case(case).filter(|_| one.kind.is_marketing());
            match objection {
                Some(reason) => Err(Refusal::MarketingNotAllowed { reason }),
                None => Ok(vec![NotificationRedriven { notification_id }.into()]),
            }
        }
        // Redriven already, and not tried since: the same request again.
        NotificationStanding::Queued if one.redriven > 0 && one.attempts == 0 => Ok(Vec::new()),
        standing => Err(Refusal::NotDeadLettered { notification_id, standing: standing.as_str() }),
    }
}

fn find(case: &Case, notification_id: Uuid) -> Result<&Notification, Refusal> {
    let found = case.notifications.notifications.get(&notification_id);
    found.ok_or(Refusal::NotificationNotFound { notification_id })
}
