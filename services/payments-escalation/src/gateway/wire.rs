//! The gateway's messages as they go over the wire. Amounts are integers in minor units.

use case::Money;
use case::payments_escalation::{ProposalKind, TransactionStanding};
use iso_currency::Currency;
use serde::{Deserialize, Serialize};

use super::GatewayError;

/// `POST /v1/inquiries`.
#[derive(Debug, Serialize)]
pub(super) struct InquiryRequest<'a> {
    pub(super) idempotency_key: String,
    pub(super) transaction_id: &'a str,
    pub(super) currency: &'static str,
    pub(super) callback_url: &'a str,
}

/// `POST /v1/payments`.
#[derive(Debug, Serialize)]
pub(super) struct PaymentRequest<'a> {
    pub(super) idempotency_key: String,
    pub(super) transaction_id: &'a str,
    pub(super) kind: ProposalKind,
    pub(super) amount_minor: i64,
    pub(super) currency: &'static str,
    pub(super) callback_url: &'a str,
}

/// How a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TransactionStatus {
    Captured,
    Pending,
    Failed,
    Unknown,
}

/// What is said of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct InquiryOutcome {
    status: TransactionStatus,
    captured_minor: i64,
    refunded_minor: i64,
    disputed_minor: i64,
    currency: String,
}

impl InquiryOutcome {
    /// How the transaction stands; `None` if there is none.
    pub(crate) fn standing(&self) -> Result<Option<TransactionStanding>, GatewayError> {
        let status = match self.status {
            TransactionStatus::Captured => "captured",
            TransactionStatus::Pending => "pending",
            TransactionStatus::Failed => "failed",
            TransactionStatus::Unknown => return Ok(None),
        };
        let currency = Currency::from_code(&self.currency)
            .ok_or_else(|| GatewayError::Malformed(format!("'{}' is no currency", self.currency)))?;
        Ok(Some(TransactionStanding {
            status: status.to_owned(),
            captured: Money::new(self.captured_minor, currency),
            refunded: Money::new(self.refunded_minor, currency),
            disputed: Money::new(self.disputed_minor, currency),
        }))
    }
}

/// How a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentStatus {
    Pending,
    Accepted,
    Executed,
    Failed,
}

/// What is said of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct PaymentOutcome {
    pub(crate) status: PaymentStatus,
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

/// What an answer or a callback carries.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    Inquiry(InquiryOutcome),
    Payment(PaymentOutcome),
}

/// The body of a 200 (with the outcome) or 202 (without).
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) gateway_reference: String,
    #[serde(default)]
    pub(super) outcome: Option<Outcome>,
}

/// The body of a 4xx.
#[derive(Debug, Deserialize)]
pub(super) struct ErrorAnswer {
    pub(super) error: String,
}

/// What a callback says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum CallbackType {
    #[serde(rename = "inquiry.answered")]
    InquiryAnswered,
    #[serde(rename = "payment.accepted")]
    PaymentAccepted,
    #[serde(rename = "payment.executed")]
    PaymentExecuted,
    #[serde(rename = "payment.failed")]
    PaymentFailed,
}

/// The body of a callback.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Callback {
    #[serde(rename = "type")]
    pub(crate) kind: CallbackType,
    pub(crate) idempotency_key: String,
    pub(crate) gateway_reference: String,
    pub(crate) outcome: Outcome,
}
