//! What the gateway knows: requests by key, payments, and the ledger of what was executed. No time, no
//! network: it decides, and says which callbacks are to follow.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Serialize;

use crate::api::{
    Answer, AnswerStatus, Callback, CallbackRecord, CallbackType, ErrorAnswer, InquiryOutcome,
    InquiryRequest, Ledger, LedgerEntry, Outcome, Payment, PaymentKind, PaymentOutcome, PaymentRequest,
    PaymentStatus, TransactionStatus,
};
use crate::markers::Markers;

/// What every transaction captured, in minor units of whichever currency is asked for.
const CAPTURED_MINOR: i64 = 100_000_000;

/// A status code with its body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    /// 200 or 202.
    Answer(Answer),
    /// 4xx.
    Error(u16, ErrorAnswer),
}

/// A callback to be sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Planned {
    pub(crate) url: String,
    pub(crate) webhook_id: String,
    pub(crate) callback: Callback,
}

/// When planned callbacks go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plan {
    /// None follow.
    Nothing,
    /// One after the other, soon.
    Soon(Vec<Planned>),
    /// After the delay of late replies.
    Late(Planned),
    /// With all others of this kind that are outstanding then, the last first.
    Reversed(Planned),
}

struct Known {
    fingerprint: String,
    reply: Reply,
}

/// Everything that the gateway remembers.
#[derive(Default)]
pub(crate) struct Books {
    known: HashMap<String, Known>,
    payments: Vec<Payment>,
    entries: Vec<LedgerEntry>,
    requests: BTreeMap<String, u64>,
    traceparents: BTreeMap<String, Vec<String>>,
    callbacks: Vec<CallbackRecord>,
}

impl Books {
    /// Notes in which trace a request came.
    pub(crate) fn came_in(&mut self, key: &str, traceparent: &str) {
        self.traceparents.entry(key.to_owned()).or_default().push(traceparent.to_owned());
    }

    /// Answers an inquiry.
    pub(crate) fn inquire(&mut self, request: &InquiryRequest) -> (Reply, Plan) {
        let fingerprint = fingerprint("inquiry", request);
        if let Some(reply) = self.repeated(&request.idempotency_key, &fingerprint) {
            return (reply, Plan::Nothing);
        }
        let markers = Markers::of(&request.transaction_id);
        let outcome = self.outcome_of(&request.transaction_id, &request.currency);
        let planned = || Planned {
            url: request.callback_url.clone(),
            webhook_id: format!("msg_{}_answered", request.idempotency_key),
            callback: Callback {
                callback_type: CallbackType::InquiryAnswered,
                idempotency_key: request.idempotency_key.clone(),
                transaction_id: request.transaction_id.clone(),
                gateway_reference: reference(&request.idempotency_key),
                amount_minor: outcome.captured_minor,
                currency: request.currency.clone(),
                outcome: Outcome::Inquiry(outcome.clone()),
            },
        };
        let (reply, plan) = if markers.never {
            (pending(&request.idempotency_key), Plan::Nothing)
        } else if markers.out_of_order {
            (pending(&request.idempotency_key), Plan::Reversed(planned()))
        } else if markers.late {
            (pending(&request.idempotency_key), Plan::Late(planned()))
        } else if markers.unknown {
            (unknown(&request.transaction_id), Plan::Nothing)
        } else {
            (answered(&request.idempotency_key, Outcome::Inquiry(outcome)), Plan::Nothing)
        };
        (self.remember(&request.idempotency_key, fingerprint, reply), self.record(plan))
    }

    /// Executes a payment, once a key.
    pub(crate) fn pay(&mut self, request: &PaymentRequest, now: Timestamp) -> (Reply, Plan) {
        let fingerprint = fingerprint("payment", request);
        if let Some(reply) = self.repeated(&request.idempotency_key, &fingerprint) {
            return (reply, Plan::Nothing);
        }
        let markers = Markers::of(&request.transaction_id);
        let key = &request.idempotency_key;
        if markers.unknown {
            let reply = self.remember(key, fingerprint, unknown(&request.transaction_id));
            return (reply, Plan::Nothing);
        }
        let outcome = self.execute(request, markers, now);
        self.payments.push(Payment {
            idempotency_key: key.clone(),
            transaction_id: request.transaction_id.clone(),
            kind: request.kind,
            amount_minor: request.amount_minor,
            currency: request.currency.clone(),
            outcome: outcome.clone(),
            gateway_reference: reference(key),
        });
        let confirmations =
            if markers.never { Vec::new() } else { confirmations(request, &outcome, markers) };
        let (reply, plan) = if markers.never {
            (pending(key), Plan::Nothing)
        } else if confirmations.is_empty() {
            (answered(key, Outcome::Payment(outcome)), Plan::Nothing)
        } else {
            (pending(key), Plan::Soon(confirmations))
        };
        (self.remember(key, fingerprint, reply), self.record(plan))
    }

    /// Every payment that was asked for.
    pub(crate) fn payments(&self) -> Vec<Payment> {
        self.payments.clone()
    }

    /// What really happened.
    pub(crate) fn ledger(&self) -> Ledger {
        let mut ledger = Ledger {
            entries: self.entries.clone(),
            requests_by_key: self.requests.clone(),
            traceparents_by_key: self.traceparents.clone(),
            callbacks: self.callbacks.clone(),
            ..Ledger::default()
        };
        for entry in &self.entries {
            *ledger.executions_by_key.entry(entry.idempotency_key.clone()).or_default() += 1;
            *ledger.executions_by_transaction.entry(entry.transaction_id.clone()).or_default() += 1;
        }
        ledger
    }

    /// Notes an attempt to deliver a callback.
    pub(crate) fn attempted(&mut self, webhook_id: &str, delivered: bool) {
        if let Some(record) = self.callbacks.iter_mut().find(|record| record.webhook_id == webhook_id) {
            record.attempts += 1;
            record.delivered |= delivered;
        }
    }

    fn repeated(&mut self, key: &str, fingerprint: &str) -> Option<Reply> {
        *self.requests.entry(key.to_owned()).or_default() += 1;
        let known = self.known.get(key)?;
        if known.fingerprint == fingerprint {
            return Some(known.reply.clone());
        }
        let message = format!("the key '{key}' was used before with another body");
        Some(Reply::Error(409, ErrorAnswer { error: "idempotency_key_reused".to_owned(), message }))
    }

    fn remember(&mut self, key: &str, fingerprint: String, reply: Reply) -> Reply {
        self.known.insert(key.to_owned(), Known { fingerprint, reply: reply.clone() });
        reply
    }

    fn record(&mut self, plan: Plan) -> Plan {
        let planned = match &plan {
            Plan::Nothing => &[],
            Plan::Soon(planned) => planned.as_slice(),
            Plan::Late(planned) | Plan::Reversed(planned) => std::slice::from_ref(planned),
        };
        self.callbacks.extend(planned.iter().map(|planned| CallbackRecord {
            webhook_id: planned.webhook_id.clone(),
            callback_type: planned.callback.callback_type,
            idempotency_key: planned.callback.idempotency_key.clone(),
            attempts: 0,
            delivered: false,
        }));
        plan
    }

    fn outcome_of(&self, transaction_id: &str, currency: &str) -> InquiryOutcome {
        let markers = Markers::of(transaction_id);
        let status = if markers.unknown {
            TransactionStatus::Unknown
        } else if markers.failed {
            TransactionStatus::Failed
        } else if markers.pending {
            TransactionStatus::Pending
        } else {
            TransactionStatus::Captured
        };
        let captured_minor = if status == TransactionStatus::Captured { CAPTURED_MINOR } else { 0 };
        let refunds = self
            .entries
            .iter()
            .filter(|entry| entry.transaction_id == transaction_id && entry.kind == PaymentKind::Refund);
        InquiryOutcome {
            status,
            captured_minor,
            refunded_minor: refunds.map(|entry| entry.amount_minor).sum(),
            disputed_minor: if markers.disputed { captured_minor / 2 } else { 0 },
            currency: currency.to_owned(),
        }
    }

    fn execute(&mut self, request: &PaymentRequest, markers: Markers, now: Timestamp) -> PaymentOutcome {
        let failed =
            |reason: &str| PaymentOutcome { status: PaymentStatus::Failed, reason: Some(reason.to_owned()) };
        if markers.never {
            return PaymentOutcome { status: PaymentStatus::Pending, reason: None };
        }
        if markers.refused {
            return failed("declined");
        }
        let known = self.outcome_of(&request.transaction_id, &request.currency);
        let left_minor = known.captured_minor - known.refunded_minor - known.disputed_minor;
        if request.kind == PaymentKind::Refund && request.amount_minor > left_minor {
            return failed("exceeds_captured");
        }
        self.entries.push(LedgerEntry {
            idempotency_key: request.idempotency_key.clone(),
            transaction_id: request.transaction_id.clone(),
            kind: request.kind,
            amount_minor: request.amount_minor,
            currency: request.currency.clone(),
            executed_at: now,
        });
        PaymentOutcome { status: PaymentStatus::Executed, reason: None }
    }
}

/// The callbacks that confirm a payment: none when the answer itself does.
fn confirmations(request: &PaymentRequest, outcome: &PaymentOutcome, markers: Markers) -> Vec<Planned> {
    let final_type = match outcome.status {
        PaymentStatus::Failed => CallbackType::PaymentFailed,
        _ => CallbackType::PaymentExecuted,
    };
    let accepted = PaymentOutcome { status: PaymentStatus::Accepted, reason: None };
    let mut sequence = Vec::new();
    if markers.twice || markers.out_of_order {
        sequence.push((final_type, outcome.clone()));
    }
    if markers.twice {
        sequence.push((final_type, outcome.clone()));
    }
    if markers.out_of_order {
        sequence.push((CallbackType::PaymentAccepted, accepted));
    }
    let numbered = (1..).zip(sequence);
    numbered
        .map(|(number, (callback_type, outcome))| Planned {
            url: request.callback_url.clone(),
            // Another id each: who drops repeats by this id alone would confirm twice.
            webhook_id: format!("msg_{}_{number}", request.idempotency_key),
            callback: Callback {
                callback_type,
                idempotency_key: request.idempotency_key.clone(),
                transaction_id: request.transaction_id.clone(),
                gateway_reference: reference(&request.idempotency_key),
                outcome: Outcome::Payment(outcome),
                amount_minor: request.amount_minor,
                currency: request.currency.clone(),
            },
        })
        .collect()
}

fn fingerprint(what: &str, request: &impl Serialize) -> String {
    serde_json::json!([what, request]).to_string()
}

fn reference(key: &str) -> String {
    format!("gw_{key}")
}

fn answered(key: &str, outcome: Outcome) -> Reply {
    let status = AnswerStatus::Answered;
    Reply::Answer(Answer { status, gateway_reference: reference(key), outcome: Some(outcome) })
}

fn pending(key: &str) -> Reply {
    let status = AnswerStatus::Pending;
    Reply::Answer(Answer { status, gateway_reference: reference(key), outcome: None })
}

fn unknown(transaction_id: &str) -> Reply {
    let message = format!("there is no transaction '{transaction_id}'");
    Reply::Error(404, ErrorAnswer { error: "unknown_transaction".to_owned(), message })
}
