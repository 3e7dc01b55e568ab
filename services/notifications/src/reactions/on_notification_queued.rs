//! Our own fact: something is to be said, so it is sent, if its moment has come.

use std::sync::Arc;

use async_trait::async_trait;
use case::{CaseEvent, notifications};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::sender::{Cause, Sender};

/// Answers `notifications.notification_queued`.
pub(super) struct OnNotificationQueued(pub(super) Arc<Sender>);

#[async_trait]
impl Reaction for OnNotificationQueued {
    fn name(&self) -> &'static str {
        "notifications.on_notification_queued"
    }

    fn events(&self) -> &'static [&'static str] {
        &["notifications.notification_queued"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Notifications(notifications::Event::NotificationQueued(queued)) = &fact.event else {
            return Ok(());
        };
        self.0.send(fact.stream, queued.notification_id, Cause::from(fact)).await
    }
}
