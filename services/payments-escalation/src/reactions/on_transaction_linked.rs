//! A transaction belongs to an escalation: the gateway is asked about it.

use std::sync::Arc;

use ambient::Clock;
use async_trait::async_trait;
use case::payments_escalation::{ContactGateway, Event, PaymentsEscalation};
use case::{Case, CaseEvent};
use jiff::SignedDuration;
use service_kit::reaction::{Fact, Reaction};
use service_kit::{Executor, Failure};

pub(crate) struct OnTransactionLinked {
    pub(crate) executor: Executor<Case>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) answer_due: SignedDuration,
}

#[async_trait]
impl Reaction for OnTransactionLinked {
    fn name(&self) -> &'static str {
        "payments_escalation.on_transaction_linked"
    }

    fn events(&self) -> &'static [&'static str] {
        &["payments_escalation.transaction_linked"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::PaymentsEscalation(Event::TransactionLinked(linked)) = &fact.event else {
            return Ok(());
        };
        let command = ContactGateway {
            key: case::derive("payments_escalation.inquiry", fact.committed.event_id, ""),
            transaction_id: linked.transaction_id.clone(),
            // From now when this comes late: it is not the gateway that is late.
            answer_due_at: fact.committed.recorded_at.max(self.clock.now()) + self.answer_due,
        };
        self.executor.execute(fact.command::<PaymentsEscalation>(self.name(), command.into())).await?;
        Ok(())
    }
}
