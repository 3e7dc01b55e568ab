//! A VIP got a personal contact: where the player has asked to be excluded before, the contact is told.

use std::sync::Arc;

use async_trait::async_trait;
use case::notifications::{Audience, NotificationKind, QueueNotification};
use case::{Case, CaseEvent, routing};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `routing.personal_contact_assigned`.
pub(super) struct OnPersonalContactAssigned(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnPersonalContactAssigned {
    fn name(&self) -> &'static str {
        "notifications.on_personal_contact_assigned"
    }

    fn events(&self) -> &'static [&'static str] {
        &["routing.personal_contact_assigned"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Routing(routing::Event::PersonalContactAssigned(_)) = &fact.event else {
            return Ok(());
        };
        let case = self.0.case_of(fact).await?;
        if case.intake.self_exclusion_requested {
            inform_personal_contact(&self.0, self.name(), fact, &case).await?;
        }
        Ok(())
    }
}

/// Tells the player's personal contact, if they have one, that responsible gambling took over; once a
/// case, whichever of the two facts came first.
pub(super) async fn inform_personal_contact(
    service: &Service,
    reaction: &str,
    fact: &Fact,
    case: &Case,
) -> Result<(), Failure> {
    let Some(contact) = &case.routing.personal_contact else { return Ok(()) };
    let kind = NotificationKind::PersonalContactInformed;
    let circumstances = service.circumstances(case, kind).await?;
    let audience = Audience::Agent(contact.to_string());
    let name = service.agent_name(case, fact, contact.as_str()).await?;
    let notification =
        QueueNotification::to_staff(case.id.0, kind, audience, circumstances).argument("agent", name);
    service.queue(reaction, fact, notification).await
}
