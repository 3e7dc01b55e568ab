//! The player is promised an answer: they get the case number and the promise (R6, R15), once a case.
use std::sync::Arc;

use async_trait::async_trait;
use case::CaseEvent;
use case::notifications::NotificationKind;
use case::routing;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `routing.horizon_set`.
pub(super) struct OnHorizonSet(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnHorizonSet {
    fn name(&self) -> &'static str {
        "notifications.on_horizon_set"
    }

    fn events(&self) -> &'static [&'static str] {
        &["routing.horizon_set"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Routing(routing::Event::HorizonSet(set)) = &fact.event else { return Ok(()) };
        let case = self.0.case_of(fact).await?;
        // The case's own id as origin: a later promise does not announce the number again.
        let notification = self
            .0
            .to_player(&case, case.id.0, NotificationKind::CaseReceived)
            .await?
            .argument("horizon", set.horizon.to_string());
        self.0.queue(self.name(), fact, notification).await
    }
}
