//! How a case's escalation is shown.

use case::payments_escalation::{
    EscalationKind, GatewayCall, PaymentMethod, Progress, Proposal, TransactionStanding,
};
use case::{Case, CaseState, Money, TransactionId};
use contracts::payments_escalation::v1 as pb;
use jiff::Timestamp;
use service_kit::request::{etag_of, timestamp};

use super::words::{Word, number_of_stored};
use crate::read_model::Line;

/// The case in short, as every answer to a command shows it.
pub(super) fn case_ref(case: &Case) -> pb::CaseRef {
    pb::CaseRef {
        case_id: case.id.to_string(),
        number: case.number().map(ToString::to_string).unwrap_or_default(),
        etag: etag_of(case.version),
        state: case.state.number(),
    }
}

pub(super) fn money(money: Money) -> pb::Money {
    pb::Money { minor_units: money.minor, currency_code: money.currency.code().to_owned() }
}

/// The escalation; `None` if the case was never escalated.
pub(super) fn escalation(case: &Case) -> Option<pb::Escalation> {
    let state = &case.payments_escalation;
    let escalated = state.escalation.as_ref()?;
    Some(pb::Escalation {
        case: Some(case_ref(case)),
        brand: case.brand().map(ToString::to_string).unwrap_or_default(),
        progress: state.progress.map_or(0, |progress| progress.number()),
        kind: escalated.kind.number(),
        amount: Some(money(escalated.amount)),
        method: escalated.method.number(),
        escalated_at: Some(timestamp(escalated.escalated_at)),
        transactions: state.transactions.iter().map(|id| transaction(id, state.standing(id))).collect(),
        gateway_calls: state.calls.iter().map(gateway_call).collect(),
        proposals: state.proposals.iter().map(proposal).collect(),
    })
}

fn transaction(id: &TransactionId, standing: Option<&TransactionStanding>) -> pb::Transaction {
    pb::Transaction {
        transaction_id: id.to_string(),
        standing: standing.map(|standing| pb::TransactionStanding {
            status: standing.status.clone(),
            captured: Some(money(standing.captured)),
            refunded: Some(money(standing.refunded)),
            disputed: Some(money(standing.disputed)),
        }),
    }
}

fn gateway_call(call: &GatewayCall) -> pb::GatewayCall {
    pb::GatewayCall {
        key: call.key.to_string(),
        purpose: call.purpose.number(),
        transaction_id: call.transaction_id.to_string(),
        proposal_id: call.proposal_id.map(|id| id.to_string()).unwrap_or_default(),
        answer_due_at: Some(timestamp(call.answer_due_at)),
        answered: call.answered,
        timed_out: call.timed_out,
    }
}

fn proposal(proposal: &Proposal) -> pb::Proposal {
    pb::Proposal {
        proposal_id: proposal.proposal_id.to_string(),
        kind: proposal.kind.number(),
        amount: Some(money(proposal.amount)),
        transaction_id: proposal.transaction_id.to_string(),
        proposed_by: proposal.proposed_by.to_string(),
        required_approvals: i32::from(proposal.required),
        approved_by: proposal.approved_by.iter().map(ToString::to_string).collect(),
        standing: proposal.standing.number(),
    }
}

/// A line of the list.
pub(super) fn summary(line: &Line) -> pb::EscalationSummary {
    let at = |us: i64| Timestamp::from_microsecond(us).ok().map(timestamp);
    pb::EscalationSummary {
        case: Some(pb::CaseRef {
            case_id: line.case_id.clone(),
            number: line.number.clone(),
            etag: etag_of(line.version),
            state: number_of_stored::<CaseState>(&line.state, |word| Some(word.as_str().to_owned())),
        }),
        brand: line.brand.clone(),
        progress: number_of_stored::<Progress>(&line.progress, |word| Some(word.as_str().to_owned())),
        kind: number_of_stored::<EscalationKind>(&line.kind, stored),
        amount: Some(pb::Money { minor_units: line.amount_minor, currency_code: line.currency.clone() }),
        method: number_of_stored::<PaymentMethod>(&line.method, stored),
        escalated_at: at(line.escalated_at_us),
        updated_at: at(line.updated_at_us),
    }
}

fn stored(word: &impl serde::Serialize) -> Option<String> {
    serde_json::to_value(word).ok()?.as_str().map(ToOwned::to_owned)
}
