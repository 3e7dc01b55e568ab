//! A help-centre answer was enough: if the case was waiting after all, its clocks end.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnAnswerAccepted(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnAnswerAccepted {
    fn name(&self) -> &'static str {
        "routing.on_answer_accepted"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.answer_accepted"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.end(self.name(), fact).await
    }
}
