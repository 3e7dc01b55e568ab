//! A request became a case: it gets its place, unless a help-centre answer may do.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnCaseOpened(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnCaseOpened {
    fn name(&self) -> &'static str {
        "routing.on_case_opened"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.case_opened"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.triage(self.name(), fact).await
    }
}
