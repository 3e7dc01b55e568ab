//! The gateway answered: the resolution clock goes on.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnGatewayReplied(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnGatewayReplied {
    fn name(&self) -> &'static str {
        "routing.on_gateway_replied"
    }

    fn events(&self) -> &'static [&'static str] {
        &["payments_escalation.gateway_replied"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.keep_clocks(self.name(), fact).await.map(drop)
    }
}
