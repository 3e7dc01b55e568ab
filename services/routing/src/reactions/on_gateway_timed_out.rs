//! The gateway has not answered: the promise to the player moves, once for each call.

use std::sync::Arc;

use async_trait::async_trait;
use case::routing::{Command, ExtendHorizon, Extension, ExtensionReason};
use case::{CaseEvent, payments_escalation};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnGatewayTimedOut(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnGatewayTimedOut {
    fn name(&self) -> &'static str {
        "routing.on_gateway_timed_out"
    }

    fn events(&self) -> &'static [&'static str] {
        &["payments_escalation.gateway_timed_out"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::PaymentsEscalation(payments_escalation::Event::GatewayTimedOut(timed_out)) =
            &fact.event
        else {
            return Ok(());
        };
        let command = Command::ExtendHorizon(ExtendHorizon {
            extension: Extension::By(self.0.rules.sla.gateway_extension),
            reason: ExtensionReason::Gateway,
            cause: timed_out.key,
        });
        self.0.answer(self.name(), fact, command).await.map(drop)
    }
}
