//! A clock passed its target: the team is told to hurry; and where the player waits for an update, they are
//! told that we are still working on it, before it falls due (R40).

use std::sync::Arc;

use async_trait::async_trait;
use case::notifications::NotificationKind;
use case::routing::ClockKind;
use case::{CaseEvent, routing};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `routing.sla_warned`.
pub(super) struct OnSlaWarned(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnSlaWarned {
    fn name(&self) -> &'static str {
        "notifications.on_sla_warned"
    }

    fn events(&self) -> &'static [&'static str] {
        &["routing.sla_warned"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Routing(routing::Event::SlaWarned(warned)) = &fact.event else { return Ok(()) };
        let case = self.0.case_of(fact).await?;
        let kind = NotificationKind::SlaWarning;
        self.0.tell_team_of_clock(self.name(), fact, &case, kind, warned.clock).await?;
        if let (ClockKind::NextUpdate, Some(horizon)) = (warned.clock, case.routing.horizon) {
            let notification = self
                .0
                .to_player(&case, fact.committed.event_id, NotificationKind::StillWorking)
                .await?
                .argument("horizon", horizon.to_string());
            self.0.queue(self.name(), fact, notification).await?;
        }
        Ok(())
    }
}
