//! Somebody agreed to a payment: if that was the last approval due, the gateway is told to pay.

use std::sync::Arc;

use ambient::Clock;
use async_trait::async_trait;
use case::payments_escalation::{Event, PaymentsEscalation, ProposalStanding, StartExecution};
use case::{Case, CaseEvent};
use jiff::SignedDuration;
use service_kit::reaction::{Fact, Reaction};
use service_kit::{Executor, Failure};

pub(crate) struct OnApprovalGranted {
    pub(crate) executor: Executor<Case>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) answer_due: SignedDuration,
}

#[async_trait]
impl Reaction for OnApprovalGranted {
    fn name(&self) -> &'static str {
        "payments_escalation.on_approval_granted"
    }

    fn events(&self) -> &'static [&'static str] {
        &["payments_escalation.approval_granted"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::PaymentsEscalation(Event::ApprovalGranted(granted)) = &fact.event else {
            return Ok(());
        };
        let case = self.executor.load_existing(fact.stream).await?;
        let proposal_id = granted.proposal_id;
        let approved = case
            .payments_escalation
            .proposal(proposal_id)
            .is_some_and(|proposal| proposal.standing == ProposalStanding::Approved);
        if !approved {
            return Ok(());
        }
        let command = StartExecution {
            // By the proposal alone: whichever approval it is that completes it, the key is the same.
            key: case::derive("payments_escalation.execution", proposal_id, ""),
            proposal_id,
            // From now when this comes late: it is not the gateway that is late.
            answer_due_at: fact.committed.recorded_at.max(self.clock.now()) + self.answer_due,
        };
        self.executor.execute(fact.command::<PaymentsEscalation>(self.name(), command.into())).await?;
        Ok(())
    }
}
