//! Payments said no: nobody waits for the gateway any more.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnPaymentRefused(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnPaymentRefused {
    fn name(&self) -> &'static str {
        "routing.on_payment_refused"
    }

    fn events(&self) -> &'static [&'static str] {
        &["payments_escalation.payment_refused"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.keep_clocks(self.name(), fact).await.map(drop)
    }
}
