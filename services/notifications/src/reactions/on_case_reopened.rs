//! The player came back: they are told that the case goes on, and that nothing need be repeated (R34).
use std::sync::Arc;

use async_trait::async_trait;
use case::CaseEvent;
use case::intake;
use case::notifications::NotificationKind;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `intake.case_reopened`.
pub(super) struct OnCaseReopened(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnCaseReopened {
    fn name(&self) -> &'static str {
        "notifications.on_case_reopened"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.case_reopened"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Intake(intake::Event::CaseReopened(_)) = &fact.event else { return Ok(()) };
        let case = self.0.case_of(fact).await?;
        let notification =
            self.0.to_player(&case, fact.committed.event_id, NotificationKind::Reopened).await?;
        self.0.queue(self.name(), fact, notification).await
    }
}
