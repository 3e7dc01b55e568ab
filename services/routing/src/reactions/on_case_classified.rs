//! What the case is about was decided, perhaps anew: its priority and its team may change.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnCaseClassified(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnCaseClassified {
    fn name(&self) -> &'static str {
        "routing.on_case_classified"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.case_classified"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.reprioritise(self.name(), fact).await.map(drop)
    }
}
