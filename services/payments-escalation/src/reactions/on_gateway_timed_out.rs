//! The gateway is late with its word on a payment: it is told again, with the same key. Whether to ask
//! about a transaction again is for an agent to say.

use async_trait::async_trait;
use case::CaseEvent;
use case::payments_escalation::{Event, GatewayPurpose};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::calls::Calls;

pub(crate) struct OnGatewayTimedOut {
    pub(crate) calls: Calls,
}

#[async_trait]
impl Reaction for OnGatewayTimedOut {
    fn name(&self) -> &'static str {
        "payments_escalation.on_gateway_timed_out"
    }

    fn events(&self) -> &'static [&'static str] {
        &["payments_escalation.gateway_timed_out"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        match &fact.event {
            CaseEvent::PaymentsEscalation(Event::GatewayTimedOut(timed_out))
                if timed_out.purpose == GatewayPurpose::Execution =>
            {
                self.calls.make(self.name(), fact, timed_out.key).await
            }
            _ => Ok(()),
        }
    }
}
