//! The player asked to be excluded: from this moment no offers, on any of their cases (I11); the player
//! gets a receipt, and their personal contact is told.

use std::sync::Arc;

use async_trait::async_trait;
use case::notifications::{Command, NotificationKind, Notifications, SuppressOffers};
use case::{CaseEvent, intake};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use super::on_personal_contact_assigned::inform_personal_contact;
use crate::service::Service;

/// Answers `intake.self_exclusion_requested`.
pub(super) struct OnSelfExclusionRequested(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnSelfExclusionRequested {
    fn name(&self) -> &'static str {
        "notifications.on_self_exclusion_requested"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.self_exclusion_requested"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Intake(intake::Event::SelfExclusionRequested(requested)) = &fact.event else {
            return Ok(());
        };
        let case = self.0.case_of(fact).await?;
        self.suppress_offers(fact, fact.stream).await?;
        let receipt =
            self.0.to_player(&case, fact.committed.event_id, NotificationKind::SelfExclusionReceived).await?;
        self.0.queue(self.name(), fact, receipt).await?;
        inform_personal_contact(&self.0, self.name(), fact, &case).await?;
        // Every case that was opened before this fact is among the rows then; on younger ones the sender
        // finds the exclusion when it looks at the player.
        self.0.know_what_was_before(fact).await?;
        let cases =
            self.0.read_model.cases_of_player(&fact.committed.tenant, requested.player_id.as_str()).await?;
        for case_id in cases.into_iter().filter(|case_id| *case_id != fact.stream) {
            self.suppress_offers(fact, case_id).await?;
        }
        Ok(())
    }
}

impl OnSelfExclusionRequested {
    async fn suppress_offers(&self, fact: &Fact, case_id: uuid::Uuid) -> Result<(), Failure> {
        let purpose = format!("{}/suppress_offers", self.name());
        let command = Command::SuppressOffers(SuppressOffers {});
        self.0.execute(fact.command_for::<Notifications>(&purpose, case_id, command)).await.map(drop)
    }
}
