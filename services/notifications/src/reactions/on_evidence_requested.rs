//! The player is told, once, everything that is missing (R18).
use std::sync::Arc;

use async_trait::async_trait;
use case::CaseEvent;
use case::intake;
use case::notifications::NotificationKind;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `intake.evidence_requested`.
pub(super) struct OnEvidenceRequested(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnEvidenceRequested {
    fn name(&self) -> &'static str {
        "notifications.on_evidence_requested"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.evidence_requested"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Intake(intake::Event::EvidenceRequested(requested)) = &fact.event else {
            return Ok(());
        };
        let case = self.0.case_of(fact).await?;
        let missing: Vec<&str> = requested.kinds.iter().map(|kind| kind.as_str()).collect();
        let notification = self
            .0
            .to_player(&case, fact.committed.event_id, NotificationKind::EvidenceRequested)
            .await?
            .argument("missing", missing.join(","));
        self.0.queue(self.name(), fact, notification).await
    }
}
