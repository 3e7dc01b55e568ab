//! The money moved: the player is told how much.
use std::sync::Arc;

use async_trait::async_trait;
use case::CaseEvent;
use case::notifications::NotificationKind;
use case::payments_escalation;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::letter::amount_argument;
use crate::service::Service;

/// Answers `payments_escalation.payment_executed`.
pub(super) struct OnPaymentExecuted(pub(super) Arc<Service>);

#[async_trait]
impl Reaction for OnPaymentExecuted {
    fn name(&self) -> &'static str {
        "notifications.on_payment_executed"
    }

    fn events(&self) -> &'static [&'static str] {
        &["payments_escalation.payment_executed"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::PaymentsEscalation(payments_escalation::Event::PaymentExecuted(executed)) =
            &fact.event
        else {
            return Ok(());
        };
        let case = self.0.case_of(fact).await?;
        let notification = self
            .0
            .to_player(&case, fact.committed.event_id, NotificationKind::PaymentExecuted)
            .await?
            .argument("amount", amount_argument(executed.amount));
        self.0.queue(self.name(), fact, notification).await
    }
}
