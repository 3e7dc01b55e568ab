//! The gateway's messages, as JSON. Amounts are integers in minor units of an ISO 4217 currency.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `POST /v1/inquiries`: what became of a transaction?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InquiryRequest {
    /// The same key with the same body gets the same answer: 1 to 200 letters, digits, `-`, `_`, `:`.
    pub idempotency_key: String,
    /// The transaction; its markers choose the behaviour.
    pub transaction_id: String,
    /// The currency that the amounts are to be told in, such as `DKK`.
    pub currency: String,
    /// Where a later reply goes: an `http` address on the loopback interface.
    pub callback_url: String,
}

/// What is to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentKind {
    /// Money out to the player.
    Payout,
    /// A captured amount back to where it came from; never more than is left of it.
    Refund,
}

/// `POST /v1/payments`: pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentRequest {
    /// However often it is sent, one key executes once: 1 to 200 letters, digits, `-`, `_`, `:`.
    pub idempotency_key: String,
    /// The transaction that the payment belongs to; its markers choose the behaviour.
    pub transaction_id: String,
    /// Payout or refund.
    pub kind: PaymentKind,
    /// More than zero, in minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Where confirmations go: an `http` address on the loopback interface.
    pub callback_url: String,
}

/// How a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionStatus {
    /// The money moved.
    Captured,
    /// Still under way.
    Pending,
    /// It failed; nothing moved.
    Failed,
    /// There is no such transaction.
    Unknown,
}

/// The answer to an inquiry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InquiryOutcome {
    /// How the transaction stands.
    pub status: TransactionStatus,
    /// What was captured, in minor units.
    pub captured_minor: i64,
    /// What of it was refunded, in minor units.
    pub refunded_minor: i64,
    /// What of it is disputed, in minor units.
    pub disputed_minor: i64,
    /// ISO 4217, as in the request.
    pub currency: String,
}

/// How a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Taken on, not yet executed.
    Pending,
    /// Taken on: the first of two confirmations.
    Accepted,
    /// Executed: the money moved.
    Executed,
    /// Not executed, and it will not be.
    Failed,
}

/// The outcome of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentOutcome {
    /// How it stands.
    pub status: PaymentStatus,
    /// Why it failed: `declined` or `exceeds_captured`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The outcome that an answer or a callback carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// Of an inquiry.
    Inquiry(InquiryOutcome),
    /// Of a payment.
    Payment(PaymentOutcome),
}

/// Whether an answer holds the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerStatus {
    /// 200: the outcome is in the answer.
    Answered,
    /// 202: it comes by callback, or never.
    Pending,
}

/// The body of a 200 or 202.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether the outcome is here.
    pub status: AnswerStatus,
    /// The gateway's own name for the request.
    pub gateway_reference: String,
    /// The outcome; absent while pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// The body of a 4xx.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorAnswer {
    /// `invalid_request`, `unknown_transaction` or `idempotency_key_reused`.
    pub error: String,
    /// What is wrong, for people.
    pub message: String,
}

/// What a callback says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallbackType {
    /// The reply to an inquiry.
    #[serde(rename = "inquiry.answered")]
    InquiryAnswered,
    /// A payment was taken on.
    #[serde(rename = "payment.accepted")]
    PaymentAccepted,
    /// A payment was executed.
    #[serde(rename = "payment.executed")]
    PaymentExecuted,
    /// A payment failed.
    #[serde(rename = "payment.failed")]
    PaymentFailed,
}

/// The body of a callback, signed as Standard Webhooks describes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// What it says.
    #[serde(rename = "type")]
    pub callback_type: CallbackType,
    /// The key of the request that it answers.
    pub idempotency_key: String,
    /// The transaction.
    pub transaction_id: String,
    /// The gateway's own name for the request.
    pub gateway_reference: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The payment's amount, or what was captured; in minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
}

/// A payment as `GET /v1/payments` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The key it was asked for with.
    pub idempotency_key: String,
    /// The transaction.
    pub transaction_id: String,
    /// Payout or refund.
    pub kind: PaymentKind,
    /// In minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// How it stands.
    pub outcome: PaymentOutcome,
    /// The gateway's own name for it.
    pub gateway_reference: String,
}

/// A movement of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The payment's key.
    pub idempotency_key: String,
    /// The transaction.
    pub transaction_id: String,
    /// Payout or refund.
    pub kind: PaymentKind,
    /// In minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// When the money moved.
    pub executed_at: Timestamp,
}

/// A callback that was or is to be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackRecord {
    /// Its `webhook-id`: the same for every attempt, another for a second confirmation.
    pub webhook_id: String,
    /// What it says.
    #[serde(rename = "type")]
    pub callback_type: CallbackType,
    /// The key of the request that it answers.
    pub idempotency_key: String,
    /// How often it was sent.
    pub attempts: u32,
    /// Whether it was answered with 2xx.
    pub delivered: bool,
}

/// `GET /v1/ledger`: what really happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Every movement of money, in order.
    pub entries: Vec<LedgerEntry>,
    /// How often each payment's key was executed.
    pub executions_by_key: BTreeMap<String, u64>,
    /// How often money moved for each transaction.
    pub executions_by_transaction: BTreeMap<String, u64>,
    /// How often each key was sent, repeats included.
    pub requests_by_key: BTreeMap<String, u64>,
    /// The `traceparent` of each request that had one, by its key.
    pub traceparents_by_key: BTreeMap<String, Vec<String>>,
    /// Every callback, in the order they were planned.
    pub callbacks: Vec<CallbackRecord>,
}
