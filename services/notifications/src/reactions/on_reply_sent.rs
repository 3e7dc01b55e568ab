//! The player was answered: the reply goes out through the channel it was written for.

use std::sync::Arc;

use async_trait::async_trait;
use case::notifications::{NotificationKind, QueueNotification};
use case::{CaseEvent, intake};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `intake.reply_sent`.
pub(super) struct OnReplySent(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnReplySent {
    fn name(&self) -> &'static str {
        "notifications.on_reply_sent"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.reply_sent"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Intake(intake::Event::ReplySent(reply)) = &fact.event else { return Ok(()) };
        let case = self.0.case_of(fact).await?;
        let circumstances = self.0.circumstances(&case, NotificationKind::Reply).await?;
        let notification = QueueNotification::to_player_in(
            &case,
            reply.message_id,
            NotificationKind::Reply,
            Some(reply.channel),
            circumstances,
        );
        let author = match &reply.author {
            intake::Author::Agent(agent) => self.0.agent_name(&case, fact, agent.as_str()).await?,
            intake::Author::Bot => "Casetrail".to_owned(),
        };
        let notification = notification
            .argument("agent", author)
            .argument("machine_translated", reply.machine_translated.to_string())
            .text(reply.text.clone());
        self.0.queue(self.name(), fact, notification).await
    }
}
