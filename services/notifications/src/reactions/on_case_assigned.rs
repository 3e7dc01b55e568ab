//! An agent owns the case: they introduce themselves (R29), each agent once a case.
use std::sync::Arc;

use async_trait::async_trait;
use case::notifications::NotificationKind;
use case::{CaseEvent, derive, routing};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `routing.case_assigned`.
pub(super) struct OnCaseAssigned(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnCaseAssigned {
    fn name(&self) -> &'static str {
        "notifications.on_case_assigned"
    }

    fn events(&self) -> &'static [&'static str] {
        &["routing.case_assigned"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Routing(routing::Event::CaseAssigned(assigned)) = &fact.event else { return Ok(()) };
        let case = self.0.case_of(fact).await?;
        let origin = derive("introduction", case.id.0, assigned.agent_id.as_str());
        let name = self.0.agent_name(&case, fact, assigned.agent_id.as_str()).await?;
        let notification = self
            .0
            .to_player(&case, origin, NotificationKind::AgentIntroduction)
            .await?
            .argument("agent", name);
        self.0.queue(self.name(), fact, notification).await
    }
}
