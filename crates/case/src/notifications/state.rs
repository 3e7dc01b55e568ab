//! What notifications' facts add up to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::event::{Event, NotificationKind, NotificationQueued, PreferencesChanged, SuppressionReason};

/// What became of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationStanding {
    /// To be sent: now, or at its moment.
    Queued,
    /// Sent.
    Sent,
    /// Not sent, and why.
    Suppressed(SuppressionReason),
    /// Given up.
    DeadLettered,
}

impl NotificationStanding {
    /// The word used in APIs and read models.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Suppressed(_) => "suppressed",
            Self::DeadLettered => "dead_lettered",
        }
    }
}

/// A notification on the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// What it says.
    pub kind: NotificationKind,
    /// What was to be said; `None` when it was suppressed before it was queued.
    pub queued: Option<NotificationQueued>,
    /// What became of it.
    pub standing: NotificationStanding,
    /// Tries so far, since it was queued or last redriven.
    pub attempts: u32,
    /// How often it was redriven.
    pub redriven: u32,
    /// How often it was recorded as sent: once, or something is wrong.
    pub times_sent: u32,
    /// The case's version on which it was decided to send it.
    pub sent_on_version: Option<u64>,
    /// When it was queued or, unqueued, suppressed.
    pub queued_at: Timestamp,
    /// When it was recorded as sent.
    pub sent_at: Option<Timestamp>,
    /// What went wrong last.
    pub last_error_code: Option<String>,
    /// Not before this moment.
    pub due_at: Option<Timestamp>,
}

/// Notifications' part of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// All notifications, by id.
    pub notifications: BTreeMap<Uuid, Notification>,
    /// What the player wants, if they said so on this case.
    pub preferences: Option<PreferencesChanged>,
    /// When the player last said so.
    pub preferences_at: Option<Timestamp>,
    /// The version of the fact by which the player asked to be excluded on this case.
    pub excluded_since: Option<u64>,
}

impl Notification {
    fn new(kind: NotificationKind, queued: Option<NotificationQueued>, at: Timestamp) -> Self {
        Self {
            kind,
            due_at: queued.as_ref().and_then(|queued| queued.send_after),
            queued,
            standing: NotificationStanding::Queued,
            attempts: 0,
            redriven: 0,
            times_sent: 0,
            sent_on_version: None,
            queued_at: at,
            sent_at: None,
            last_error_code: None,
        }
    }
}

impl State {
    /// Takes a fact in.
    pub(crate) fn evolve(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::NotificationQueued(queued) => {
                let one = Notification::new(queued.kind, Some(queued.clone()), at);
                self.notifications.insert(queued.notification_id, one);
            }
            Event::NotificationSuppressed(suppressed) => {
                let one = self.notifications.entry(suppressed.notification_id);
                one.or_insert_with(|| Notification::new(suppressed.kind, None, at)).standing =
                    NotificationStanding::Suppressed(suppressed.reason);
            }
            Event::SensitiveDataMasked(_) => {}
            Event::NotificationDeferred(deferred) => {
                self.with(deferred.notification_id, |one| one.due_at = Some(deferred.until));
            }
            Event::NotificationSent(sent) => self.with(sent.notification_id, |one| {
                one.standing = NotificationStanding::Sent;
                one.attempts = sent.attempt;
                one.times_sent += 1;
                one.sent_on_version = Some(sent.decided_on_version);
                one.sent_at = Some(at);
            }),
            Event::NotificationFailed(failed) => self.with(failed.notification_id, |one| {
                one.attempts = failed.attempt;
                one.due_at = Some(failed.retry_at);
                one.last_error_code = Some(failed.code.clone());
            }),
            Event::NotificationDeadLettered(dead) => self.with(dead.notification_id, |one| {
                one.standing = NotificationStanding::DeadLettered;
                one.attempts = dead.attempts;
                one.last_error_code = Some(dead.code.clone());
            }),
            Event::NotificationRedriven(redriven) => self.with(redriven.notification_id, |one| {
                one.standing = NotificationStanding::Queued;
                one.attempts = 0;
                one.redriven += 1;
                one.due_at = None;
            }),
            Event::PreferencesChanged(preferences) => {
                self.preferences = Some(preferences.clone());
                self.preferences_at = Some(at);
            }
        }
    }

    /// The player asked to be excluded, by the fact at `version`; the first one counts.
    pub(crate) fn exclusion_requested(&mut self, version: u64) {
        self.excluded_since.get_or_insert(version);
    }

    fn with(&mut self, notification_id: Uuid, change: impl FnOnce(&mut Notification)) {
        if let Some(notification) = self.notifications.get_mut(&notification_id) {
            change(notification);
        }
    }
}
