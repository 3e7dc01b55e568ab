//! A file was refused: the player is told why and what to do (R22).
use std::sync::Arc;

use async_trait::async_trait;
use case::CaseEvent;
use case::intake;
use case::notifications::NotificationKind;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `intake.evidence_rejected`.
pub(super) struct OnEvidenceRejected(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnEvidenceRejected {
    fn name(&self) -> &'static str {
        "notifications.on_evidence_rejected"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.evidence_rejected"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Intake(intake::Event::EvidenceRejected(rejected)) = &fact.event else { return Ok(()) };
        let case = self.0.case_of(fact).await?;
        let Some(evidence) = case.intake.evidence(rejected.evidence_id) else {
            return Err(Failure::Internal(format!(
                "evidence {} was rejected but never came",
                rejected.evidence_id
            )));
        };
        let notification = self
            .0
            .to_player(&case, fact.committed.event_id, NotificationKind::EvidenceRejected)
            .await?
            .argument("evidence", evidence.kind.as_str())
            .argument("reason", rejected.reason.as_str());
        self.0.queue(self.name(), fact, notification).await
    }
}
