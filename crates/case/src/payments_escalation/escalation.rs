//! Bringing a payment here, finding out more, and giving the case back.

use super::command::{EscalatePayment, LinkTransaction, RefusePayment, RequestInformation};
use super::event::{
    Event, PaymentEscalated, PaymentInformationRequested, PaymentRefused, PaymentReturned, TransactionLinked,
};
use super::free_text::recorded;
use super::refusal::Refusal;
use super::rights;
use super::state::Progress;
use crate::journey::Case;
use crate::stage::Context;

pub(super) fn escalate(
    case: &Case,
    context: Context<'_>,
    command: &EscalatePayment,
) -> Result<Vec<Event>, Refusal> {
    rights::owner_or_payments(case, context.actor)?;
    if command.amount.minor <= 0 {
        return Err(Refusal::AmountNotPositive);
    }
    let state = &case.payments_escalation;
    if state.progress.is_some_and(|progress| !progress.is_over()) {
        return if state.transactions.contains(&command.transaction_id) {
            Ok(Vec::new())
        } else {
            Err(Refusal::AlreadyEscalated { transaction_id: command.transaction_id.clone() })
        };
    }
    let EscalatePayment { kind, amount, method, .. } = *command;
    let mut events = recorded(case, case.id.0, &command.summary, |summary| {
        PaymentEscalated { kind, amount, method, summary }.into()
    });
    // Also when it was linked the last time: the gateway is asked anew.
    events.push(TransactionLinked { transaction_id: command.transaction_id.clone() }.into());
    Ok(events)
}

pub(super) fn link(
    case: &Case,
    context: Context<'_>,
    command: &LinkTransaction,
) -> Result<Vec<Event>, Refusal> {
    rights::owner_or_payments(case, context.actor)?;
    let (state, _) = rights::escalated(case)?;
    if state.transactions.contains(&command.transaction_id) {
        return Ok(Vec::new());
    }
    Ok(vec![TransactionLinked { transaction_id: command.transaction_id.clone() }.into()])
}

pub(super) fn request_information(
    case: &Case,
    context: Context<'_>,
    command: &RequestInformation,
) -> Result<Vec<Event>, Refusal> {
    rights::owner_or_payments(case, context.actor)?;
    let (state, progress) = rights::escalated(case)?;
    if state.questions.contains(&command.question_id) {
        return Ok(Vec::new());
    }
    rights::nothing_proposed(state)?;
    if progress == Progress::Executed {
        return Err(Refusal::NotUnderReview { progress });
    }
    let question_id = command.question_id;
    Ok(recorded(case, question_id, &command.question, |question| {
        PaymentInformationRequested { question_id, question }.into()
    }))
}

pub(super) fn refuse(
    case: &Case,
    context: Context<'_>,
    command: &RefusePayment,
) -> Result<Vec<Event>, Refusal> {
    rights::payments_agent(context.actor)?;
    rights::going_on(case)?;
    if case.payments_escalation.progress == Some(Progress::Refused) {
        return Ok(Vec::new());
    }
    let (state, progress) = rights::escalated(case)?;
    rights::nothing_proposed(state)?;
    if progress == Progress::Executed {
        return Err(Refusal::NotUnderReview { progress });
    }
    Ok(recorded(case, case.id.0, &command.reason, |reason| PaymentRefused { reason }.into()))
}

pub(super) fn return_case(case: &Case, context: Context<'_>) -> Result<Vec<Event>, Refusal> {
    rights::payments_agent(context.actor)?;
    rights::going_on(case)?;
    let state = &case.payments_escalation;
    match state.progress {
        None => Err(Refusal::NotEscalated),
        Some(Progress::Returned) => Ok(Vec::new()),
        Some(_) => {
            rights::nothing_proposed(state)?;
            Ok(vec![PaymentReturned {}.into()])
        }
    }
}
