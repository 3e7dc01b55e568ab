//! A file arrived: the player gets a receipt.
use std::sync::Arc;

use async_trait::async_trait;
use case::CaseEvent;
use case::intake;
use case::notifications::NotificationKind;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `intake.evidence_received`.
pub(super) struct OnEvidenceReceived(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnEvidenceReceived {
    fn name(&self) -> &'static str {
        "notifications.on_evidence_received"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.evidence_received"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Intake(intake::Event::EvidenceReceived(received)) = &fact.event else { return Ok(()) };
        let case = self.0.case_of(fact).await?;
        let notification = self
            .0
            .to_player(&case, fact.committed.event_id, NotificationKind::EvidenceReceived)
            .await?
            .argument("evidence", received.kind.as_str());
        self.0.queue(self.name(), fact, notification).await
    }
}
