//! The player was asked for a file again: the resolution clock pauses.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnEvidenceRejected(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnEvidenceRejected {
    fn name(&self) -> &'static str {
        "routing.on_evidence_rejected"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.evidence_rejected"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.keep_clocks(self.name(), fact).await.map(drop)
    }
}
