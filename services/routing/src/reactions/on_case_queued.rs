//! A case waits: it is offered to whom it fits.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnCaseQueued(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnCaseQueued {
    fn name(&self) -> &'static str {
        "routing.on_case_queued"
    }

    fn events(&self) -> &'static [&'static str] {
        &["routing.case_queued"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.dispatcher.case(fact.stream, Some(fact)).await
    }
}
