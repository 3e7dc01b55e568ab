//! The expected ways in which payments-escalation says no. One heading each in docs/errors.md.

use uuid::Uuid;

use super::state::{Progress, ProposalStanding};
use crate::ids::TransactionId;
use crate::journey::CaseState;
use crate::money::Money;

/// An expected no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing is known of the case.
    #[error("there is no such case")]
    CaseNotFound,
    /// The work on the case has ended.
    #[error("the case is {state}: reopen it first")]
    CaseOver {
        /// How it ended.
        state: CaseState,
    },
    /// Neither the owner of the case nor an agent of payments.
    #[error("only the agent who owns the case, or one of team payments, may do this")]
    NotCaseOwner,
    /// Not an agent of payments.
    #[error("only an agent of team payments may do this")]
    NotPaymentsAgent,
    /// A fact that only a service can know.
    #[error("only the payments-escalation service records what the gateway does")]
    ServiceOnly,
    /// Payments-escalation does not have the case.
    #[error("the case is not with payments-escalation: escalate the payment first")]
    NotEscalated,
    /// Payments-escalation has the case already, about another transaction.
    #[error("the payment is escalated already: link transaction {transaction_id} to it")]
    AlreadyEscalated {
        /// The transaction that is not yet linked.
        transaction_id: TransactionId,
    },
    /// A payment of nothing.
    #[error("the amount must be greater than zero")]
    AmountNotPositive,
    /// The transaction is in another currency.
    #[error("the transaction is in {transaction}, not in {asked}: propose an amount in {transaction}")]
    CurrencyMismatch {
        /// The currency asked for.
        asked: &'static str,
        /// The currency of the transaction.
        transaction: &'static str,
    },
    /// The transaction does not belong to the case.
    #[error("transaction {transaction_id} is not linked to the case: link it first")]
    TransactionNotLinked {
        /// Which.
        transaction_id: TransactionId,
    },
    /// The gateway knows no such transaction.
    #[error("the gateway does not know transaction {transaction_id}: check the id and link the right one")]
    UnknownTransaction {
        /// Which.
        transaction_id: TransactionId,
    },
    /// The gateway has not told yet what there is to give out.
    #[error("the gateway has not answered about transaction {transaction_id} yet: wait for it or ask again")]
    GatewayAnswerMissing {
        /// Which.
        transaction_id: TransactionId,
    },
    /// The gateway was asked and still has time to answer.
    #[error("the gateway was asked about transaction {transaction_id} and still has time to answer")]
    InquiryPending {
        /// Which.
        transaction_id: TransactionId,
    },
    /// No such call was made.
    #[error("no call with key {key} was made to the gateway for this purpose")]
    UnknownGatewayCall {
        /// The key.
        key: Uuid,
    },
    /// The key belongs to another call.
    #[error("key {key} was used for another call: take a new one")]
    GatewayKeyUsed {
        /// The key.
        key: Uuid,
    },
    /// The answer may still come in time.
    #[error("the gateway has until {due_at} to answer")]
    AnswerNotDue {
        /// Until when.
        due_at: jiff::Timestamp,
    },
    /// Mixed currencies or negative figures.
    #[error("the standing does not add up: its figures must not be negative and of one currency")]
    InconsistentStanding,
    /// Another proposal has to be settled first.
    #[error("proposal {proposal_id} waits for approval: approve or deny it first")]
    ProposalOpen {
        /// Which.
        proposal_id: Uuid,
    },
    /// The id belongs to another proposal.
    #[error("proposal id {proposal_id} was used for another proposal: take a new one")]
    ProposalIdUsed {
        /// The id.
        proposal_id: Uuid,
    },
    /// There is no such proposal.
    #[error("there is no proposal {proposal_id} on this case")]
    UnknownProposal {
        /// The id.
        proposal_id: Uuid,
    },
    /// The proposal has been settled.
    #[error("proposal {proposal_id} is {}: it takes no more votes", standing.as_str())]
    ProposalNotOpen {
        /// Which.
        proposal_id: Uuid,
        /// What became of it.
        standing: ProposalStanding,
    },
    /// The approvals due are not there.
    #[error("proposal {proposal_id} is {}: only an approved one is executed", standing.as_str())]
    ProposalNotApproved {
        /// Which.
        proposal_id: Uuid,
        /// What became of it.
        standing: ProposalStanding,
    },
    /// Four eyes: the proposer cannot agree.
    #[error("whoever proposed a payment cannot approve it: ask a colleague of team payments")]
    SelfApproval,
    /// No second factor, or an old one.
    #[error("approving needs a second factor proved within the last 5 minutes: prove it again")]
    SecondFactorRequired,
    /// What was seen is not what would be paid.
    #[error("the proposal is about {proposed}, not {given}: look at it again")]
    AmountChanged {
        /// The proposal's amount.
        proposed: Money,
        /// The amount in the approval.
        given: Money,
    },
    /// The money is on its way: nobody knows yet whether it moved.
    #[error("proposal {proposal_id} is with the gateway: wait for its answer")]
    ExecutionUnderWay {
        /// Which.
        proposal_id: Uuid,
    },
    /// The escalation is past the point where this may be done.
    #[error("the escalation is {}: this may be done only while it is under review", progress.as_str())]
    NotUnderReview {
        /// How far it has come.
        progress: Progress,
    },
}

impl crate::Refusal for Refusal {
    fn reason(&self) -> &'static str {
        match self {
            Self::CaseNotFound => "CASE_NOT_FOUND",
            Self::CaseOver { .. } => "CASE_OVER",
            Self::NotCaseOwner => "NOT_CASE_OWNER",
            Self::NotPaymentsAgent => "NOT_PAYMENTS_AGENT",
            Self::ServiceOnly => "SERVICE_ONLY",
            Self::NotEscalated => "NOT_ESCALATED",
            Self::AlreadyEscalated { .. } => "ALREADY_ESCALATED",
            Self::AmountNotPositive => "AMOUNT_NOT_POSITIVE",
            Self::CurrencyMismatch { .. } => "CURRENCY_MISMATCH",
            Self::TransactionNotLinked { .. } => "TRANSACTION_NOT_LINKED",
            Self::UnknownTransaction { .. } => "UNKNOWN_TRANSACTION",
            Self::GatewayAnswerMissing { .. } => "GATEWAY_ANSWER_MISSING",
            Self::InquiryPending { .. } => "INQUIRY_PENDING",
            Self::UnknownGatewayCall { .. } => "UNKNOWN_GATEWAY_CALL",
            Self::GatewayKeyUsed { .. } => "GATEWAY_KEY_USED",
            Self::AnswerNotDue { .. } => "ANSWER_NOT_DUE",
            Self::InconsistentStanding => "INCONSISTENT_STANDING",
            Self::ProposalOpen { .. } => "PROPOSAL_OPEN",
            Self::ProposalIdUsed { .. } => "PROPOSAL_ID_USED",
            Self::UnknownProposal { .. } => "UNKNOWN_PROPOSAL",
            Self::ProposalNotOpen { .. } => "PROPOSAL_NOT_OPEN",
            Self::ProposalNotApproved { .. } => "PROPOSAL_NOT_APPROVED",
            Self::SelfApproval => "SELF_APPROVAL",
            Self::SecondFactorRequired => "SECOND_FACTOR_REQUIRED",
            Self::AmountChanged { .. } => "AMOUNT_CHANGED",
            Self::ExecutionUnderWay { .. } => "EXECUTION_UNDER_WAY",
            Self::NotUnderReview { .. } => "NOT_UNDER_REVIEW",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::CaseOver { state } => vec![("state", state.to_string())],
            Self::AlreadyEscalated { transaction_id }
            | Self::TransactionNotLinked { transaction_id }
            | Self::UnknownTransaction { transaction_id }
            | Self::GatewayAnswerMissing { transaction_id }
            | Self::InquiryPending { transaction_id } => vec![("transaction_id", transaction_id.to_string())],
            Self::CurrencyMismatch { asked, transaction } => {
                vec![("asked", (*asked).to_owned()), ("transaction", (*transaction).to_owned())]
            }
            Self::UnknownGatewayCall { key } | Self::GatewayKeyUsed { key } => vec![("key", key.to_string())],
            Self::AnswerNotDue { due_at } => vec![("due_at", due_at.to_string())],
            Self::ProposalOpen { proposal_id }
            | Self::ProposalIdUsed { proposal_id }
            | Self::UnknownProposal { proposal_id }
            | Self::ExecutionUnderWay { proposal_id } => vec![("proposal_id", proposal_id.to_string())],
            Self::ProposalNotOpen { proposal_id, standing }
            | Self::ProposalNotApproved { proposal_id, standing } => {
                vec![("proposal_id", proposal_id.to_string()), ("standing", standing.as_str().to_owned())]
            }
            Self::AmountChanged { proposed, given } => {
                vec![("proposed", proposed.to_string()), ("given", given.to_string())]
            }
            Self::NotUnderReview { progress } => vec![("progress", progress.as_str().to_owned())],
            Self::CaseNotFound
            | Self::NotCaseOwner
            | Self::NotPaymentsAgent
            | Self::ServiceOnly
            | Self::NotEscalated
            | Self::AmountNotPositive
            | Self::InconsistentStanding
            | Self::SelfApproval
            | Self::SecondFactorRequired => Vec::new(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::AmountNotPositive => Some("amount"),
            _ => None,
        }
    }

    fn is_permission(&self) -> bool {
        matches!(
            self,
            Self::NotCaseOwner
                | Self::NotPaymentsAgent
                | Self::ServiceOnly
                | Self::SelfApproval
                | Self::SecondFactorRequired
        )
    }
}
