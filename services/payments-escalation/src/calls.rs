//! Making a call that the history says was made, and recording what the gateway answers at once. A crash
//! or a redelivery makes the same call with the same key again.

use std::sync::Arc;

use case::Case;
use case::payments_escalation::{
    Command, GatewayCall, GatewayPurpose, PaymentsEscalation, RecordExecution, RecordExecutionFailure,
    RecordGatewayReply,
};
use service_kit::reaction::Fact;
use service_kit::{Executor, Failure};
use uuid::Uuid;

use crate::gateway::{Gateway, GatewayKey, Inquiry, InquiryAnswer, Payment, PaymentAnswer};

/// Makes recorded calls.
#[derive(Clone)]
pub(crate) struct Calls {
    gateway: Arc<dyn Gateway>,
    executor: Executor<Case>,
}

impl Calls {
    pub(crate) fn new(gateway: Arc<dyn Gateway>, executor: Executor<Case>) -> Self {
        Self { gateway, executor }
    }

    /// Makes the call with this key, unless its answer is there, and records the answer if it comes at
    /// once. `reaction` answers `fact` so.
    pub(crate) async fn make(&self, reaction: &str, fact: &Fact, key: Uuid) -> Result<(), Failure> {
        // Money: as it stands now, not as it stood at the fact.
        let case = self.executor.load_existing(fact.stream).await?;
        let Some(call) = case.payments_escalation.call(key).filter(|call| !call.answered) else {
            return Ok(());
        };
        let answer = match call.purpose {
            GatewayPurpose::Inquiry => self.inquire(&case, call).await?,
            GatewayPurpose::Execution => self.pay(&case, call).await?,
        };
        let Some(command) = answer else { return Ok(()) };
        self.executor.execute(fact.command::<PaymentsEscalation>(reaction, command)).await?;
        Ok(())
    }

    async fn inquire(&self, case: &Case, call: &GatewayCall) -> Result<Option<Command>, Failure> {
        let escalation = case
            .payments_escalation
            .escalation
            .as_ref()
            .ok_or_else(|| Failure::Internal("the gateway was asked before the escalation".to_owned()))?;
        let inquiry = Inquiry {
            key: GatewayKey { case: case.id.0, call: call.key },
            case_number: case.number().map(ToString::to_string),
            transaction_id: call.transaction_id.clone(),
            currency: escalation.amount.currency,
        };
        let standing = match self.gateway.inquire(&inquiry).await? {
            InquiryAnswer::Known(standing) => Some(standing),
            InquiryAnswer::Unknown => None,
            InquiryAnswer::Pending => return Ok(None),
        };
        Ok(Some(RecordGatewayReply { key: call.key, standing }.into()))
    }

    async fn pay(&self, case: &Case, call: &GatewayCall) -> Result<Option<Command>, Failure> {
        let proposal = call
            .proposal_id
            .and_then(|proposal_id| case.payments_escalation.proposal(proposal_id))
            .ok_or_else(|| Failure::Internal("the gateway was told to pay nothing".to_owned()))?;
        let payment = Payment {
            key: GatewayKey { case: case.id.0, call: call.key },
            case_number: case.number().map(ToString::to_string),
            transaction_id: proposal.transaction_id.clone(),
            kind: proposal.kind,
            amount: proposal.amount,
        };
        Ok(match self.gateway.pay(&payment).await? {
            PaymentAnswer::Executed { reference } => {
                Some(RecordExecution { key: call.key, gateway_reference: reference }.into())
            }
            PaymentAnswer::Failed { code } => Some(RecordExecutionFailure { key: call.key, code }.into()),
            PaymentAnswer::Pending => None,
        })
    }
}
