//! The player was called back: if somebody answered, that is an answer to them.

use std::sync::Arc;

use async_trait::async_trait;
use case::routing::{Command, KeepClocks};
use case::{CaseEvent, intake};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnCallbackCompleted(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnCallbackCompleted {
    fn name(&self) -> &'static str {
        "routing.on_callback_completed"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.callback_completed"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let spoken = matches!(
            &fact.event,
            CaseEvent::Intake(intake::Event::CallbackCompleted(completed)) if completed.reached
        );
        let (rules, at) = (Arc::clone(&self.0.rules), fact.committed.recorded_at);
        let command = Command::KeepClocks(KeepClocks { rules, at, spoken });
        self.0.answer(self.name(), fact, command).await.map(drop)
    }
}
