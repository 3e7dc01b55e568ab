//! A help-centre answer is offered at once (R4, R39).
use std::sync::Arc;

use async_trait::async_trait;
use case::CaseEvent;
use case::intake;
use case::notifications::NotificationKind;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `intake.answer_suggested`.
pub(super) struct OnAnswerSuggested(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnAnswerSuggested {
    fn name(&self) -> &'static str {
        "notifications.on_answer_suggested"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.answer_suggested"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Intake(intake::Event::AnswerSuggested(suggested)) = &fact.event else { return Ok(()) };
        let case = self.0.case_of(fact).await?;
        let notification = self
            .0
            .to_player(&case, fact.committed.event_id, NotificationKind::AnswerSuggested)
            .await?
            .argument("article", suggested.article_id.as_str());
        self.0.queue(self.name(), fact, notification).await
    }
}
