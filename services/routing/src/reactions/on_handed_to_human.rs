//! The suggested answer did not help: now the case gets its place.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnHandedToHuman(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnHandedToHuman {
    fn name(&self) -> &'static str {
        "routing.on_handed_to_human"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.handed_to_human"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.triage(self.name(), fact).await
    }
}
