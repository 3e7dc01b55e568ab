//! payments-escalation: the third stop of a case that is about money. What went wrong is looked into
//! with the gateway, a payment is proposed by one person, approved by others, and made once.
//!
//! Whoever speaks of money speaks here: the guard against paying twice, four eyes, the fresh second
//! factor. Who works on the case, and what the player is told, are other stages' business and must
//! never be decided here.
//!
//! `Opened -> InformationRequired <-> UnderReview -> {GatewayPending | AwaitingApproval} -> Approved ->
//! Executing -> {Executed | Failed -> UnderReview}`, or `Refused -> Returned` (domain.md).
//!
//! To add a command: a struct in `command.rs` and a line in its table, a function in the file of its
//! group (`escalation`, `gateway`, `resolution`, `execution`), a line in [`PaymentsEscalation`]'s
//! `decide`, rows in `tests/`.

mod command;
mod escalation;
mod event;
mod execution;
mod fold;
mod free_text;
mod gateway;
pub mod invariants;
mod refusal;
mod resolution;
mod rights;
mod state;

#[cfg(test)]
mod tests;

pub use command::*;
pub use event::*;
pub use refusal::Refusal;
pub use state::*;

use crate::journey::Case;
use crate::stage::{Context, Stage};

/// How recent the second factor of an approver has to be (reliability rule: 5 minutes).
pub const SECOND_FACTOR_WINDOW: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// The stage's rules.
#[derive(Debug, Clone, Copy)]
pub struct PaymentsEscalation;

impl Stage for PaymentsEscalation {
    const NAME: &'static str = "payments_escalation";
    type Aggregate = Case;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(case: &Case, context: Context<'_>, command: &Command) -> Result<Vec<Event>, Refusal> {
        if !case.exists() {
            return Err(Refusal::CaseNotFound);
        }
        match command {
            Command::EscalatePayment(command) => escalation::escalate(case, context, command),
            Command::LinkTransaction(command) => escalation::link(case, context, command),
            Command::RequestInformation(command) => escalation::request_information(case, context, command),
            Command::RefusePayment(command) => escalation::refuse(case, context, command),
            Command::ReturnCase(_) => escalation::return_case(case, context),
            Command::ContactGateway(command) => gateway::contact(case, context, command),
            Command::RecordGatewayReply(command) => gateway::record_reply(case, context, command),
            Command::RecordGatewayTimeout(command) => gateway::record_timeout(case, context, command),
            Command::ProposeResolution(command) => resolution::propose(case, context, command),
            Command::ApproveResolution(command) => resolution::approve(case, context, command),
            Command::DenyResolution(command) => resolution::deny(case, context, command),
            Command::StartExecution(command) => execution::start(case, context, command),
            Command::RecordExecution(command) => execution::record(case, context, command),
            Command::RecordExecutionFailure(command) => execution::record_failure(case, context, command),
        }
    }
}
