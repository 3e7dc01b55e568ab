//! The identity check ended with a no: the player is told, without the reason, which is for the file.
use std::sync::Arc;

use async_trait::async_trait;
use case::CaseEvent;
use case::intake;
use case::notifications::NotificationKind;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `intake.player_refused`.
pub(super) struct OnPlayerRefused(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnPlayerRefused {
    fn name(&self) -> &'static str {
        "notifications.on_player_refused"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.player_refused"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Intake(intake::Event::PlayerRefused(_)) = &fact.event else { return Ok(()) };
        let case = self.0.case_of(fact).await?;
        let notification =
            self.0.to_player(&case, fact.committed.event_id, NotificationKind::VerificationRefused).await?;
        self.0.queue(self.name(), fact, notification).await
    }
}
