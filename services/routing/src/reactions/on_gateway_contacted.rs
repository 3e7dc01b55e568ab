//! The gateway has the next word: the resolution clock pauses.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnGatewayContacted(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnGatewayContacted {
    fn name(&self) -> &'static str {
        "routing.on_gateway_contacted"
    }

    fn events(&self) -> &'static [&'static str] {
        &["payments_escalation.gateway_contacted"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.keep_clocks(self.name(), fact).await.map(drop)
    }
}
