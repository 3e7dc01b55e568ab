//! Payments said no: the reason reaches the player as a reply of the agent who decided.

use std::sync::Arc;

use async_trait::async_trait;
use case::notifications::NotificationKind;
use case::{CaseEvent, payments_escalation};
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::service::Service;

/// Answers `payments_escalation.payment_refused`.
pub(super) struct OnPaymentRefused(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnPaymentRefused {
    fn name(&self) -> &'static str {
        "notifications.on_payment_refused"
    }

    fn events(&self) -> &'static [&'static str] {
        &["payments_escalation.payment_refused"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::PaymentsEscalation(payments_escalation::Event::PaymentRefused(refused)) = &fact.event
        else {
            return Ok(());
        };
        let case = self.0.case_of(fact).await?;
        let agent = self.0.agent_name(&case, fact, &fact.meta.actor.id).await?;
        let notification = self
            .0
            .to_player(&case, fact.committed.event_id, NotificationKind::Reply)
            .await?
            .argument("agent", agent)
            .argument("machine_translated", "false")
            .text(refused.reason.clone());
        self.0.queue(self.name(), fact, notification).await
    }
}
