//! What may be asked of payments-escalation. Time, ids and policy come in the command.

use jiff::Timestamp;
use uuid::Uuid;

use super::event::{EscalationKind, PaymentMethod, ProposalKind, TransactionStanding};
use crate::ids::TransactionId;
use crate::money::Money;
use crate::personal::Personal;

macro_rules! commands {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$fdoc:meta])* $field:ident: $type:ty, )* } )+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $name { $( $(#[$fdoc])* pub $field: $type, )* }

            impl From<$name> for Command {
                fn from(command: $name) -> Self {
                    Self::$name(command)
                }
            }
        )+

        /// Everything that may be asked of payments-escalation.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Command {
            $( $(#[$doc])* $name($name), )+
        }

        impl Command {
            /// Every command's name, in the order of the journey.
            pub const NAMES: &'static [&'static str] = &[ $( stringify!($name), )+ ];

            /// This command's name.
            pub const fn name(&self) -> &'static str {
                match self { $( Self::$name(_) => stringify!($name), )+ }
            }
        }
    };
}

commands! {
    /// Bring the case to payments-escalation (R33). By the agent who owns the case, or one of payments.
    EscalatePayment {
        /// What went wrong.
        kind: EscalationKind,
        /// The transaction it is about.
        transaction_id: TransactionId,
        /// The amount at stake.
        amount: Money,
        /// How the money moves.
        method: PaymentMethod,
        /// What was found out so far.
        summary: Personal,
    }

    /// Add a transaction to the escalation. By the agent who owns the case, or one of payments.
    LinkTransaction {
        /// Its id at the gateway.
        transaction_id: TransactionId,
    }

    /// Ask the player something. By the agent who owns the case, or one of payments.
    RequestInformation {
        /// The question's id.
        question_id: Uuid,
        /// The question.
        question: Personal,
    }

    /// Ask the gateway what became of a transaction. By the agent who owns the case, one of payments,
    /// or a service.
    ContactGateway {
        /// The call's idempotency key.
        key: Uuid,
        /// About which transaction.
        transaction_id: TransactionId,
        /// Until when an answer is expected.
        answer_due_at: Timestamp,
    }

    /// The gateway answered an inquiry. By a service, in any state of the case.
    RecordGatewayReply {
        /// The call's idempotency key.
        key: Uuid,
        /// What it says; `None` when it does not know the transaction.
        standing: Option<TransactionStanding>,
    }

    /// The gateway did not answer in time. By a service, in any state of the case.
    RecordGatewayTimeout {
        /// The call's idempotency key.
        key: Uuid,
    }

    /// Propose a payment. By an agent of payments. Recorded as `DuplicateRefundBlocked` in place of
    /// `ResolutionProposed` when it would give out more than came in: the fact is the answer.
    ProposeResolution {
        /// The proposal's id.
        proposal_id: Uuid,
        /// What.
        kind: ProposalKind,
        /// Of which transaction.
        transaction_id: TransactionId,
        /// How much.
        amount: Money,
        /// The large-payout limit of each currency (R30): above it two others have to agree. In a
        /// currency without one every payment is large.
        large_payout_limits: Vec<Money>,
    }

    /// Agree to a payment. By another agent of payments, with a second factor of the last 5 minutes.
    ApproveResolution {
        /// To which proposal.
        proposal_id: Uuid,
        /// The amount that is agreed to: exactly the proposed one.
        amount: Money,
    }

    /// Say no to a payment that is not yet with the gateway. By an agent of payments; the proposer may
    /// withdraw it so.
    DenyResolution {
        /// To which proposal.
        proposal_id: Uuid,
        /// Why.
        reason: Personal,
    }

    /// Tell the gateway to move the money of an approved proposal. By a service. Recorded as
    /// `PaymentFailed` when the amount is no longer there.
    StartExecution {
        /// The call's idempotency key.
        key: Uuid,
        /// Which proposal.
        proposal_id: Uuid,
        /// Until when an answer is expected.
        answer_due_at: Timestamp,
    }

    /// The money moved. By a service, in any state of the case.
    RecordExecution {
        /// The call's idempotency key.
        key: Uuid,
        /// The gateway's reference.
        gateway_reference: String,
    }

    /// The gateway refused to move the money. By a service, in any state of the case.
    RecordExecutionFailure {
        /// The call's idempotency key.
        key: Uuid,
        /// The gateway's reason code.
        code: String,
    }

    /// Say no to the player's request. By an agent of payments.
    RefusePayment {
        /// Why, as the player is told.
        reason: Personal,
    }

    /// Give the case back to the team it came from. By an agent of payments.
    ReturnCase {}
}
