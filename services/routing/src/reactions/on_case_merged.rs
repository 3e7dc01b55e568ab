//! The case goes on in another one: its clocks stop, its agent has room again.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnCaseMerged(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnCaseMerged {
    fn name(&self) -> &'static str {
        "routing.on_case_merged"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.case_merged"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.end(self.name(), fact).await
    }
}
