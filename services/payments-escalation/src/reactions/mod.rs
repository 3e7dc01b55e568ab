//! What payments-escalation does when something happened: one file a fact.

mod on_approval_granted;
mod on_gateway_contacted;
mod on_gateway_timed_out;
mod on_transaction_linked;

pub(crate) use on_approval_granted::OnApprovalGranted;
pub(crate) use on_gateway_contacted::OnGatewayContacted;
pub(crate) use on_gateway_timed_out::OnGatewayTimedOut;
pub(crate) use on_transaction_linked::OnTransactionLinked;

/// The durable names of all reactions: NATS lets this service take from their consumers only.
pub const NAMES: &[&str] = &[
    "payments_escalation.on_approval_granted",
    "payments_escalation.on_gateway_contacted",
    "payments_escalation.on_gateway_timed_out",
    "payments_escalation.on_transaction_linked",
];
