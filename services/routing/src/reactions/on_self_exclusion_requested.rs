//! The player asked to be excluded: to responsible gambling at once, ahead of everything.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnSelfExclusionRequested(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnSelfExclusionRequested {
    fn name(&self) -> &'static str {
        "routing.on_self_exclusion_requested"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.self_exclusion_requested"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.reprioritise(self.name(), fact).await.map(drop)
    }
}
