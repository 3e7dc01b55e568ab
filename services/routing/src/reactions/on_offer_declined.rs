//! An agent declined: what was held for the offer is free again.

use std::sync::Arc;

use async_trait::async_trait;
use case::{CaseEvent, routing};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction, case_of};

use crate::desk::Desk;

pub(super) struct OnOfferDeclined(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnOfferDeclined {
    fn name(&self) -> &'static str {
        "routing.on_offer_declined"
    }

    fn events(&self) -> &'static [&'static str] {
        &["routing.offer_declined"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Routing(routing::Event::OfferDeclined(gone)) = &fact.event else {
            return Ok(());
        };
        let case = case_of(&self.0.executor, fact).await?;
        match case.brand() {
            Some(brand) => self.0.dispatcher.agent(brand, &gone.agent_id, fact).await,
            None => Ok(()),
        }
    }
}
