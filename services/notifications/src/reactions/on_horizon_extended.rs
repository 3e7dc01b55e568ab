//! A promise moves: the player is told until when, and why (R8).
use std::sync::Arc;

use async_trait::async_trait;
use case::CaseEvent;
use case::notifications::NotificationKind;
use case::routing::{self, ExtensionReason};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `routing.horizon_extended`.
pub(super) struct OnHorizonExtended(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnHorizonExtended {
    fn name(&self) -> &'static str {
        "notifications.on_horizon_extended"
    }

    fn events(&self) -> &'static [&'static str] {
        &["routing.horizon_extended"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Routing(routing::Event::HorizonExtended(extended)) = &fact.event else {
            return Ok(());
        };
        let case = self.0.case_of(fact).await?;
        let notification = self
            .0
            .to_player(&case, fact.committed.event_id, NotificationKind::HorizonExtended)
            .await?
            .argument("horizon", extended.to.to_string())
            .argument("reason", reason_word(extended.reason));
        self.0.queue(self.name(), fact, notification).await
    }
}

/// A reason, as the texts call it.
const fn reason_word(reason: ExtensionReason) -> &'static str {
    match reason {
        ExtensionReason::Gateway => "gateway",
        ExtensionReason::PeakTraffic => "peak_traffic",
        ExtensionReason::Holiday => "holiday",
        ExtensionReason::LegalQuestion => "legal_question",
    }
}
