//! The player asked to be called back: they are told when (R5).
use std::sync::Arc;

use async_trait::async_trait;
use case::CaseEvent;
use case::intake;
use case::notifications::NotificationKind;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `intake.callback_requested`.
pub(super) struct OnCallbackRequested(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnCallbackRequested {
    fn name(&self) -> &'static str {
        "notifications.on_callback_requested"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.callback_requested"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Intake(intake::Event::CallbackRequested(requested)) = &fact.event else {
            return Ok(());
        };
        let case = self.0.case_of(fact).await?;
        let notification =
            self.0.to_player(&case, fact.committed.event_id, NotificationKind::CallbackBooked).await?;
        let callback_at = requested.not_before.map_or_else(|| "soon".to_owned(), |moment| moment.to_string());
        self.0.queue(self.name(), fact, notification.argument("callback_at", callback_at)).await
    }
}
