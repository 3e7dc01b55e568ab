//! Payments asked the player something: the resolution clock pauses.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnPaymentInformationRequested(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnPaymentInformationRequested {
    fn name(&self) -> &'static str {
        "routing.on_payment_information_requested"
    }

    fn events(&self) -> &'static [&'static str] {
        &["payments_escalation.payment_information_requested"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.keep_clocks(self.name(), fact).await.map(drop)
    }
}
