//! The facts payments-escalation records.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{AgentId, TransactionId};
use crate::intake::SensitiveDataMasked;
use crate::money::Money;
use crate::personal::Personal;
use crate::stage::stage_events;

/// What went wrong with the money (R33).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EscalationKind {
    /// A withdrawal has not arrived.
    WithdrawalLate,
    /// A withdrawal was rejected.
    WithdrawalRejected,
    /// A deposit was taken but not credited.
    DepositMissing,
    /// A wrong transaction.
    WrongTransaction,
}

/// How the money moves (R32).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// A payment card.
    Card,
    /// An e-wallet.
    EWallet,
    /// A bank transfer.
    BankTransfer,
    /// Any other online payment system.
    Other,
}

/// The case came to payments-escalation, with its whole history (R26).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentEscalated {
    /// What went wrong.
    pub kind: EscalationKind,
    /// The amount at stake.
    pub amount: Money,
    /// How the money moves.
    pub method: PaymentMethod,
    /// What the agent found out so far.
    pub summary: Personal,
}

/// A transaction belongs to the escalation (recorded anew when the case is escalated anew), and the
/// gateway is to be asked about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransactionLinked {
    /// Its id at the gateway.
    pub transaction_id: TransactionId,
}

/// Payments needs to know something from the player.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentInformationRequested {
    /// The question's id: the same question is not put twice.
    pub question_id: Uuid,
    /// The question.
    pub question: Personal,
}

/// What the gateway was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GatewayPurpose {
    /// What became of a transaction.
    Inquiry,
    /// To move money.
    Execution,
}

/// The gateway is asked. Recorded before the call, so that a crash repeats the same call with the same
/// idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GatewayContacted {
    /// The call's idempotency key.
    pub key: Uuid,
    /// What for.
    pub purpose: GatewayPurpose,
    /// About which transaction.
    pub transaction_id: TransactionId,
    /// The proposal being executed, for an execution.
    pub proposal_id: Option<Uuid>,
    /// Until when an answer is expected.
    pub answer_due_at: Timestamp,
}

/// What the gateway knows of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransactionStanding {
    /// The gateway's own word for its state.
    pub status: String,
    /// Taken from the player or held for them, in all.
    pub captured: Money,
    /// Already given back.
    pub refunded: Money,
    /// Under dispute.
    pub disputed: Money,
}

impl TransactionStanding {
    /// captured - refunded - disputed; `None` when the three do not add up (mixed currencies, negative
    /// figures).
    pub fn available(&self) -> Option<Money> {
        let figures = [self.captured, self.refunded, self.disputed];
        if figures.iter().any(|figure| figure.minor < 0) {
            return None;
        }
        self.captured.checked_sub(self.refunded).and_then(|rest| rest.checked_sub(self.disputed)).ok()
    }
}

/// The gateway answered an inquiry: at once, late, twice or out of order; the first answer counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GatewayReplied {
    /// The call's idempotency key.
    pub key: Uuid,
    /// What it says; `None` when it does not know the transaction.
    pub standing: Option<TransactionStanding>,
}

/// The gateway has not answered in time; the answer may still come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GatewayTimedOut {
    /// The call's idempotency key.
    pub key: Uuid,
    /// What for.
    pub purpose: GatewayPurpose,
}

/// What is to be done with the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProposalKind {
    /// Pay a withdrawal out.
    Payout,
    /// Give a deposit back.
    Refund,
}

/// Somebody proposed a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResolutionProposed {
    /// The proposal's id: approvals are bound to it and so to its exact amount.
    pub proposal_id: Uuid,
    /// What.
    pub kind: ProposalKind,
    /// How much.
    pub amount: Money,
    /// Of which transaction.
    pub transaction_id: TransactionId,
    /// Who proposes.
    pub proposed_by: AgentId,
}

/// How many others have to agree (one; over the large-payout limit two).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalRequested {
    /// For which proposal.
    pub proposal_id: Uuid,
    /// How many approvals are due.
    pub required: u8,
    /// The limit that was in force.
    pub large_payout_limit: Money,
}

/// Another person agreed, with a fresh second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalGranted {
    /// To which proposal.
    pub proposal_id: Uuid,
    /// Who.
    pub approved_by: AgentId,
    /// The amount they saw.
    pub amount: Money,
}

/// Another person said no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalDenied {
    /// To which proposal.
    pub proposal_id: Uuid,
    /// Who.
    pub denied_by: AgentId,
    /// Why.
    pub reason: Personal,
}

/// The money moved, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentExecuted {
    /// The proposal that was carried out.
    pub proposal_id: Uuid,
    /// How much.
    pub amount: Money,
    /// The gateway's reference.
    pub gateway_reference: String,
}

/// The money did not move; back to review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentFailed {
    /// Which proposal.
    pub proposal_id: Uuid,
    /// The gateway's reason code, or [`EXCEEDS_AVAILABLE`] when the guard against paying twice stopped it.
    pub code: String,
}

/// The code of a [`PaymentFailed`] that never reached the gateway: between proposal and execution the
/// transaction was refunded or disputed, so that the amount was no longer there.
pub const EXCEEDS_AVAILABLE: &str = "exceeds_available";

/// Payments said no to the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentRefused {
    /// Why, as the player is told.
    pub reason: Personal,
}

/// A payment was proposed that would give out more than came in; it was blocked and written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DuplicateRefundBlocked {
    /// The proposal that was stopped: at once, or when it was to be executed.
    pub proposal_id: Uuid,
    /// Of which transaction.
    pub transaction_id: TransactionId,
    /// What was asked for.
    pub asked: Money,
    /// What could be given: captured - refunded - disputed - under way.
    pub available: Money,
    /// Who asked.
    pub asked_by: AgentId,
}

/// The case went back to the team it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentReturned {}

stage_events! {
    /// Payments-escalation's facts.
    "payments_escalation";
    PaymentEscalated = "payment_escalated" v 1 personal [summary];
    TransactionLinked = "transaction_linked" v 1;
    PaymentInformationRequested = "payment_information_requested" v 1 personal [question];
    GatewayContacted = "gateway_contacted" v 1;
    GatewayReplied = "gateway_replied" v 1;
    GatewayTimedOut = "gateway_timed_out" v 1;
    ResolutionProposed = "resolution_proposed" v 1;
    ApprovalRequested = "approval_requested" v 1;
    ApprovalGranted = "approval_granted" v 1;
    ApprovalDenied = "approval_denied" v 1 personal [reason];
    PaymentExecuted = "payment_executed" v 1;
    PaymentFailed = "payment_failed" v 1;
    PaymentRefused = "payment_refused" v 1 personal [reason];
    DuplicateRefundBlocked = "duplicate_refund_blocked" v 1;
    PaymentReturned = "payment_returned" v 1;
    SensitiveDataMasked = "sensitive_data_masked" v 1;
}
