//! The case is resolved: the player is told how, and asked how it was (R41).
use std::sync::Arc;

use async_trait::async_trait;
use case::CaseEvent;
use case::intake;
use case::notifications::NotificationKind;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `intake.case_resolved`.
pub(super) struct OnCaseResolved(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnCaseResolved {
    fn name(&self) -> &'static str {
        "notifications.on_case_resolved"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.case_resolved"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Intake(intake::Event::CaseResolved(resolved)) = &fact.event else { return Ok(()) };
        let case = self.0.case_of(fact).await?;
        let origin = fact.committed.event_id;
        let told = self.0.to_player(&case, origin, NotificationKind::Resolved).await?;
        self.0.queue(self.name(), fact, told.text(resolved.summary.clone())).await?;
        let asked = self.0.to_player(&case, origin, NotificationKind::FeedbackRequest).await?;
        self.0.queue(self.name(), fact, asked).await
    }
}
