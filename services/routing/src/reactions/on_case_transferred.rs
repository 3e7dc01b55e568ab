//! A case left a team: if it was offered to somebody there, they have room again.

use std::sync::Arc;

use async_trait::async_trait;
use case::{CaseEvent, routing};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction, case_of};

use crate::desk::Desk;

pub(super) struct OnCaseTransferred(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnCaseTransferred {
    fn name(&self) -> &'static str {
        "routing.on_case_transferred"
    }

    fn events(&self) -> &'static [&'static str] {
        &["routing.case_transferred"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Routing(routing::Event::CaseTransferred(transferred)) = &fact.event else {
            return Ok(());
        };
        let case = case_of(&self.0.executor, fact).await?;
        match case.brand() {
            Some(brand) => self.0.dispatcher.team(brand, transferred.from, fact).await,
            None => Ok(()),
        }
    }
}
