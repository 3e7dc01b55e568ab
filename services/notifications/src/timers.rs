//! What is to be sent later: put off over quiet hours, to be tried again, or queued for a moment of its
//! own. A watchdog besides: what was queued and should have gone out at once is looked at again.

use std::sync::Arc;

use async_trait::async_trait;
use case::Case;
use case::notifications::NotificationStanding;
use event_bus::Subscription;
use jiff::SignedDuration;
use service_kit::store::Store;
use service_kit::timers::{Timer, TimerSource};
use service_kit::{Executor, Failure, Parts};
use uuid::Uuid;

use crate::sender::{Cause, Sender};

/// How long after it was queued a notification that nothing holds back is looked at again.
const WATCHDOG: SignedDuration = SignedDuration::from_mins(5);

/// Their durable name.
pub(crate) const TIMERS: &str = "notifications.timers";

/// Starts the timers; they run until shutdown.
pub(crate) async fn start(
    parts: &Parts,
    store: &Store,
    executor: &Executor<Case>,
    sender: Arc<Sender>,
) -> Result<Subscription, event_bus::Error> {
    service_kit::timers::start(parts, store, executor, Timers { sender }).await
}

/// What is to be sent later on this case.
pub(crate) fn due(case: &Case) -> Vec<Timer> {
    let notifications = case.notifications.notifications.iter();
    notifications
        .filter(|(_, one)| one.standing == NotificationStanding::Queued)
        .map(|(id, one)| Timer {
            kind: "send".to_owned(),
            key: id.to_string(),
            due_at: one.due_at.unwrap_or(one.queued_at + WATCHDOG),
        })
        .collect()
}

struct Timers {
    sender: Arc<Sender>,
}

#[async_trait]
impl TimerSource for Timers {
    fn name(&self) -> &'static str {
        TIMERS
    }

    fn timers(&self, case: &Case) -> Vec<Timer> {
        due(case)
    }

    async fn fire(&self, stream: Uuid, timer: &Timer) -> Result<(), Failure> {
        let notification_id = Uuid::parse_str(&timer.key)
            .map_err(|error| Failure::Internal(format!("a timer's notification: {error}")))?;
        self.sender.send(stream, notification_id, Cause::default()).await
    }
}
