//! The case is resolved: its clocks end, its agent has room again.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnCaseResolved(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnCaseResolved {
    fn name(&self) -> &'static str {
        "routing.on_case_resolved"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.case_resolved"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.end(self.name(), fact).await
    }
}
