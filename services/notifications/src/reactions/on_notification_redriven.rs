//! Our own fact: an operator wants what was given up to be tried again.

use std::sync::Arc;

use async_trait::async_trait;
use case::{CaseEvent, notifications};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::sender::{Cause, Sender};

/// Answers `notifications.notification_redriven`.
pub(super) struct OnNotificationRedriven(pub(super) Arc<Sender>);

#[async_trait]
impl Reaction for OnNotificationRedriven {
    fn name(&self) -> &'static str {
        "notifications.on_notification_redriven"
    }

    fn events(&self) -> &'static [&'static str] {
        &["notifications.notification_redriven"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Notifications(notifications::Event::NotificationRedriven(redriven)) = &fact.event
        else {
            return Ok(());
        };
        self.0.send(fact.stream, redriven.notification_id, Cause::from(fact)).await
    }
}
