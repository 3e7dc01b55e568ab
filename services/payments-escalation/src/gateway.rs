//! The payment gateway, as payments-escalation needs it: ask about a transaction, move money once a key.
//!
//! The seam between our rules and somebody else's system: [`HttpGateway`] speaks to it over HTTP. Answers
//! that do not come at once come to `callbacks.rs`. Never here: what an answer means for a case.

mod http;
mod wire;

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use case::payments_escalation::{ProposalKind, TransactionStanding};
use case::{Money, TransactionId};
use iso_currency::Currency;
use service_kit::Failure;
use uuid::Uuid;

pub use http::HttpGateway;
pub(crate) use wire::{Callback, CallbackType, Outcome, PaymentStatus};

/// Asks and pays. Both may be repeated with the same key: the gateway does it once.
#[async_trait]
pub trait Gateway: Send + Sync + 'static {
    /// What became of a transaction?
    async fn inquire(&self, inquiry: &Inquiry) -> Result<InquiryAnswer, GatewayError>;
    /// Moves money.
    async fn pay(&self, payment: &Payment) -> Result<PaymentAnswer, GatewayError>;
}

/// A call's idempotency key as the gateway sees it. It carries the case, so that a callback finds its way
/// without any table, however fast it comes. 64 hexadecimal digits: no gateway allows fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewayKey {
    /// The case's stream.
    pub case: Uuid,
    /// The call's key within the case.
    pub call: Uuid,
}

impl fmt::Display for GatewayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.case.simple(), self.call.simple())
    }
}

impl FromStr for GatewayKey {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        let (case, call) = text.split_at_checked(32).unwrap_or((text, ""));
        Ok(Self { case: Uuid::try_parse(case)?, call: Uuid::try_parse(call)? })
    }
}

/// A question about a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// The call's key.
    pub key: GatewayKey,
    /// What people call the case: for its span.
    pub case_number: Option<String>,
    /// The transaction.
    pub transaction_id: TransactionId,
    /// The currency to be told the amounts in.
    pub currency: Currency,
}

/// Money to be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The call's key.
    pub key: GatewayKey,
    /// What people call the case: for its span.
    pub case_number: Option<String>,
    /// The transaction it belongs to.
    pub transaction_id: TransactionId,
    /// Out to the player, or back to where it came from.
    pub kind: ProposalKind,
    /// How much.
    pub amount: Money,
}

/// What the gateway says about a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InquiryAnswer {
    /// How it stands.
    Known(TransactionStanding),
    /// There is no such transaction.
    Unknown,
    /// It will call back.
    Pending,
}

/// What the gateway says about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentAnswer {
    /// The money moved.
    Executed {
        /// The gateway's own name for it.
        reference: String,
    },
    /// It did not, and it will not.
    Failed {
        /// The gateway's reason code.
        code: String,
    },
    /// It will call back.
    Pending,
}

/// Why the gateway gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Not reached, too slow, or out of order: the same call may succeed later. Whether it was taken is
    /// not known; the key makes repeating it safe.
    #[error("the payment gateway is not available: {0}")]
    Unavailable(String),
    /// It does not take the call, however often it is made.
    #[error("the payment gateway refuses the call with {status} {code}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its error code.
        code: String,
    },
    /// Its answer does not read.
    #[error("the payment gateway's answer does not read: {0}")]
    Malformed(String),
}

impl From<GatewayError> for Failure {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Unavailable(_) => Self::Unavailable(error.to_string()),
            GatewayError::Refused { .. } | GatewayError::Malformed(_) => Self::Internal(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_carries_its_case_and_reads_back() {
        let key = GatewayKey { case: Uuid::from_u128(1), call: Uuid::from_u128(u128::MAX) };
        let text = key.to_string();
        assert_eq!(text.len(), 64);
        assert_eq!(text.parse::<GatewayKey>(), Ok(key));
    }

    #[test]
    fn other_keys_do_not_read() {
        for text in ["", "x", &"0".repeat(63), &"ø".repeat(32), &"0".repeat(65)] {
            assert!(text.parse::<GatewayKey>().is_err(), "{text}");
        }
    }
}
