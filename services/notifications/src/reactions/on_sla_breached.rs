//! A promise was broken: the team is told.

use std::sync::Arc;

use async_trait::async_trait;
use case::notifications::NotificationKind;
use case::{CaseEvent, routing};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `routing.sla_breached`.
pub(super) struct OnSlaBreached(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnSlaBreached {
    fn name(&self) -> &'static str {
        "notifications.on_sla_breached"
    }

    fn events(&self) -> &'static [&'static str] {
        &["routing.sla_breached"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Routing(routing::Event::SlaBreached(breached)) = &fact.event else { return Ok(()) };
        let case = self.0.case_of(fact).await?;
        let kind = NotificationKind::SlaBreach;
        self.0.tell_team_of_clock(self.name(), fact, &case, kind, breached.clock).await
    }
}
