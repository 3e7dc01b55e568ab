//! The identity check passed: the player is told.
use std::sync::Arc;

use async_trait::async_trait;
use case::CaseEvent;
use case::intake;
use case::notifications::NotificationKind;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `intake.player_verified`.
pub(super) struct OnPlayerVerified(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnPlayerVerified {
    fn name(&self) -> &'static str {
        "notifications.on_player_verified"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.player_verified"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Intake(intake::Event::PlayerVerified(_)) = &fact.event else { return Ok(()) };
        let case = self.0.case_of(fact).await?;
        let notification =
            self.0.to_player(&case, fact.committed.event_id, NotificationKind::VerificationApproved).await?;
        self.0.queue(self.name(), fact, notification).await
    }
}
