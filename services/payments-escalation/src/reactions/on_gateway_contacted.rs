//! The history says that the gateway is called: the call is made.

use async_trait::async_trait;
use case::CaseEvent;
use case::payments_escalation::Event;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::calls::Calls;

pub(crate) struct OnGatewayContacted {
    pub(crate) calls: Calls,
}

#[async_trait]
impl Reaction for OnGatewayContacted {
    fn name(&self) -> &'static str {
        "payments_escalation.on_gateway_contacted"
    }

    fn events(&self) -> &'static [&'static str] {
        &["payments_escalation.gateway_contacted"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::PaymentsEscalation(Event::GatewayContacted(contacted)) = &fact.event else {
            return Ok(());
        };
        self.calls.make(self.name(), fact, contacted.key).await
    }
}
