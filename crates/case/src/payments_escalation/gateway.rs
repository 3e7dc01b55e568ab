//! Asking the gateway, and what it answers: at once, late, twice, out of order or never. The first
//! answer to a question counts; the answer to the youngest question is the one that is believed.

use super::command::{ContactGateway, RecordGatewayReply, RecordGatewayTimeout};
use super::event::{Event, GatewayContacted, GatewayPurpose, GatewayReplied, GatewayTimedOut};
use super::refusal::Refusal;
use super::rights;
use crate::actor::ActorKind;
use crate::journey::Case;
use crate::stage::Context;

pub(super) fn contact(
    case: &Case,
    context: Context<'_>,
    command: &ContactGateway,
) -> Result<Vec<Event>, Refusal> {
    if context.actor.kind != ActorKind::Service {
        rights::owner_or_payments(case, context.actor)?;
    }
    let (state, _) = rights::escalated(case)?;
    let transaction_id = &command.transaction_id;
    if let Some(call) = state.call(command.key) {
        let same = call.purpose == GatewayPurpose::Inquiry && call.transaction_id == *transaction_id;
        return if same { Ok(Vec::new()) } else { Err(Refusal::GatewayKeyUsed { key: command.key }) };
    }
    if !state.transactions.contains(transaction_id) {
        return Err(Refusal::TransactionNotLinked { transaction_id: transaction_id.clone() });
    }
    if state.calls.iter().any(|call| call.is_pending_inquiry() && call.transaction_id == *transaction_id) {
        return Err(Refusal::InquiryPending { transaction_id: transaction_id.clone() });
    }
    Ok(vec![
        GatewayContacted {
            key: command.key,
            purpose: GatewayPurpose::Inquiry,
            transaction_id: transaction_id.clone(),
            proposal_id: None,
            answer_due_at: command.answer_due_at,
        }
        .into(),
    ])
}

/// In any state of the case: what the gateway says is true also after the case is over.
pub(super) fn record_reply(
    case: &Case,
    context: Context<'_>,
    command: &RecordGatewayReply,
) -> Result<Vec<Event>, Refusal> {
    rights::service(context.actor)?;
    let call = case
        .payments_escalation
        .call(command.key)
        .filter(|call| call.purpose == GatewayPurpose::Inquiry)
        .ok_or(Refusal::UnknownGatewayCall { key: command.key })?;
    if call.answered {
        return Ok(Vec::new());
    }
    if command.standing.as_ref().is_some_and(|standing| standing.available().is_none()) {
        return Err(Refusal::InconsistentStanding);
    }
    Ok(vec![GatewayReplied { key: command.key, standing: command.standing.clone() }.into()])
}

pub(super) fn record_timeout(
    case: &Case,
    context: Context<'_>,
    command: &RecordGatewayTimeout,
) -> Result<Vec<Event>, Refusal> {
    rights::service(context.actor)?;
    let call =
        case.payments_escalation.call(command.key).ok_or(Refusal::UnknownGatewayCall { key: command.key })?;
    // Nobody waits for an inquiry about a case that is over; for money that may move, somebody does.
    let nobody_waits = case.state.is_over() && call.purpose == GatewayPurpose::Inquiry;
    if call.answered || call.timed_out || nobody_waits {
        return Ok(Vec::new());
    }
    if context.now < call.answer_due_at {
        return Err(Refusal::AnswerNotDue { due_at: call.answer_due_at });
    }
    Ok(vec![GatewayTimedOut { key: command.key, purpose: call.purpose }.into()])
}
