//! The player came back: to the team again, whoever had the case preferred, with a new promise.

use std::sync::Arc;

use async_trait::async_trait;
use case::routing::{Command, Requeue};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnCaseReopened(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnCaseReopened {
    fn name(&self) -> &'static str {
        "routing.on_case_reopened"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.case_reopened"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let (rules, at) = (Arc::clone(&self.0.rules), fact.committed.recorded_at);
        self.0.answer(self.name(), fact, Command::Requeue(Requeue { rules, at })).await.map(drop)
    }
}
