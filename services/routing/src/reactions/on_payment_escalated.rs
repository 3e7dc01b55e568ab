//! Payments has the case: an amount over the limit makes it more urgent.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnPaymentEscalated(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnPaymentEscalated {
    fn name(&self) -> &'static str {
        "routing.on_payment_escalated"
    }

    fn events(&self) -> &'static [&'static str] {
        &["payments_escalation.payment_escalated"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.reprioritise(self.name(), fact).await.map(drop)
    }
}
