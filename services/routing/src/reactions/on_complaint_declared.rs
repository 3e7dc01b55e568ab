//! A formal complaint: its country's clock starts.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnComplaintDeclared(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnComplaintDeclared {
    fn name(&self) -> &'static str {
        "routing.on_complaint_declared"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.complaint_declared"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.keep_clocks(self.name(), fact).await.map(drop)
    }
}
