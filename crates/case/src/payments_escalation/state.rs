//! What payments-escalation's facts add up to (the fold itself: `fold.rs`).

use jiff::Timestamp;
use uuid::Uuid;

use super::event::{EscalationKind, GatewayPurpose, PaymentMethod, ProposalKind, TransactionStanding};
use crate::ids::{AgentId, TransactionId};
use crate::money::Money;

/// How far an escalation has come (domain.md, Payments workflow).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Progress {
    /// Something is asked of the player.
    InformationRequired,
    /// An agent looks at it.
    UnderReview,
    /// The gateway was asked.
    GatewayPending,
    /// A proposal waits for others to agree.
    AwaitingApproval,
    /// Everybody due has agreed; not yet handed to the gateway.
    Approved,
    /// The gateway was told to move the money.
    Executing,
    /// The money moved.
    Executed,
    /// Payments said no.
    Refused,
    /// Back at the team it came from.
    Returned,
}

impl Progress {
    /// Whether payments-escalation is done with the case, until it is escalated anew.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Executed | Self::Refused | Self::Returned)
    }

    /// The word used in APIs and read models.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InformationRequired => "information_required",
            Self::UnderReview => "under_review",
            Self::GatewayPending => "gateway_pending",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Approved => "approved",
            Self::Executing => "executing",
            Self::Executed => "executed",
            Self::Refused => "refused",
            Self::Returned => "returned",
        }
    }
}

/// What was escalated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// What went wrong.
    pub kind: EscalationKind,
    /// The amount at stake.
    pub amount: Money,
    /// How the money moves.
    pub method: PaymentMethod,
    /// When.
    pub escalated_at: Timestamp,
}

/// A call to the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayCall {
    /// Its idempotency key.
    pub key: Uuid,
    /// What for.
    pub purpose: GatewayPurpose,
    /// About which transaction.
    pub transaction_id: TransactionId,
    /// The proposal, for an execution.
    pub proposal_id: Option<Uuid>,
    /// Until when an answer was expected.
    pub answer_due_at: Timestamp,
    /// The answer came.
    pub answered: bool,
    /// It did not come in time.
    pub timed_out: bool,
    /// Our own refunds of this transaction that had been executed when the call was made: an answer to
    /// it counts them as refunded. (Payouts it may not know as refunds: those we go on counting.)
    pub refunded_before: Vec<Uuid>,
    /// What could be given out when the call was made, leaving the proposal itself aside.
    pub available: Option<Money>,
}

impl GatewayCall {
    /// An inquiry that an answer is still expected to.
    pub fn is_pending_inquiry(&self) -> bool {
        self.purpose == GatewayPurpose::Inquiry && !self.answered && !self.timed_out
    }

    /// An execution of which nobody knows yet whether the money moved.
    pub fn is_pending_execution(&self) -> bool {
        self.purpose == GatewayPurpose::Execution && !self.answered
    }
}

/// What the gateway said of a transaction, and in answer to which question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownStanding {
    /// The transaction.
    pub transaction_id: TransactionId,
    /// What it said.
    pub standing: TransactionStanding,
    /// The call it answered, by its place among the calls: answers may come out of order, and the one
    /// to the youngest question counts.
    pub(super) call: usize,
    /// Our own refunds that `standing.refunded` already counts.
    pub(super) counted: Vec<Uuid>,
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalStanding {
    /// Waiting for approvals.
    Open,
    /// All approvals are there.
    Approved,
    /// Somebody said no.
    Denied,
    /// The money moved.
    Executed,
    /// The gateway refused, or the guard against paying twice did.
    Failed,
}

impl ProposalStanding {
    /// Whether its amount is given out, or may yet be.
    const fn holds_money(self) -> bool {
        matches!(self, Self::Open | Self::Approved | Self::Executed)
    }

    /// The word used in APIs and read models.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Executed => "executed",
            Self::Failed => "failed",
        }
    }
}

/// A proposed payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its id.
    pub proposal_id: Uuid,
    /// What.
    pub kind: ProposalKind,
    /// How much.
    pub amount: Money,
    /// Of which transaction.
    pub transaction_id: TransactionId,
    /// Who proposed.
    pub proposed_by: AgentId,
    /// How many approvals are due.
    pub required: u8,
    /// Who approved.
    pub approved_by: Vec<AgentId>,
    /// What became of it.
    pub standing: ProposalStanding,
}

/// Payments-escalation's part of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// What was escalated.
    pub escalation: Option<Escalation>,
    /// How far it has come.
    pub progress: Option<Progress>,
    /// The transactions that belong to the case.
    pub transactions: Vec<TransactionId>,
    /// Calls to the gateway, oldest first.
    pub calls: Vec<GatewayCall>,
    /// What the gateway last said of each transaction.
    pub standings: Vec<KnownStanding>,
    /// Proposals, oldest first; at most the last one is open.
    pub proposals: Vec<Proposal>,
    /// Questions put to the player.
    pub questions: Vec<Uuid>,
    /// Proposals that were stopped because they would have given out more than came in.
    pub blocked: Vec<Uuid>,
}

impl State {
    /// The proposal that is waiting or being carried out.
    pub fn current_proposal(&self) -> Option<&Proposal> {
        self.proposals.last().filter(|proposal| {
            matches!(proposal.standing, ProposalStanding::Open | ProposalStanding::Approved)
        })
    }

    /// A proposal by id.
    pub fn proposal(&self, proposal_id: Uuid) -> Option<&Proposal> {
        self.proposals.iter().find(|proposal| proposal.proposal_id == proposal_id)
    }

    /// A gateway call by its idempotency key.
    pub fn call(&self, key: Uuid) -> Option<&GatewayCall> {
        self.calls.iter().find(|call| call.key == key)
    }

    /// The call that carries a proposal out, if the gateway was told to.
    pub fn execution_of(&self, proposal_id: Uuid) -> Option<&GatewayCall> {
        self.calls.iter().find(|call| call.proposal_id == Some(proposal_id))
    }

    /// What the gateway last said of a transaction.
    pub fn standing(&self, transaction_id: &TransactionId) -> Option<&TransactionStanding> {
        self.known(transaction_id).map(|known| &known.standing)
    }

    /// What can still be given out of a transaction: captured - refunded - disputed, less our own
    /// payments that the gateway did not count yet (`except` aside). May be negative. `None` while the
    /// gateway has not told, or told in a currency other than that of our own payments.
    pub fn available(&self, transaction_id: &TransactionId, except: Option<Uuid>) -> Option<Money> {
        let known = self.known(transaction_id)?;
        self.proposals
            .iter()
            .filter(|proposal| proposal.transaction_id == *transaction_id)
            .filter(|proposal| Some(proposal.proposal_id) != except && proposal.standing.holds_money())
            .filter(|proposal| !known.counted.contains(&proposal.proposal_id))
            .try_fold(known.standing.available()?, |rest, proposal| rest.checked_sub(proposal.amount).ok())
    }

    /// What the case gives out in a currency, in minor units, once `amount` is added: a large payout in
    /// small parts is a large payout.
    pub(super) fn given_out_with(&self, amount: Money) -> i64 {
        self.proposals
            .iter()
            .filter(|proposal| proposal.amount.currency == amount.currency && proposal.standing.holds_money())
            .fold(amount.minor, |sum, proposal| sum.saturating_add(proposal.amount.minor))
    }

    /// Whether an answer of the gateway is waited for.
    pub fn awaits_gateway(&self) -> bool {
        self.calls.iter().any(|call| call.is_pending_inquiry() || call.is_pending_execution())
    }

    fn known(&self, transaction_id: &TransactionId) -> Option<&KnownStanding> {
        self.standings.iter().find(|known| known.transaction_id == *transaction_id)
    }
}
