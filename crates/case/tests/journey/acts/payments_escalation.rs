//! What agents, the gateway and timers ask of payments-escalation.

use case::payments_escalation::*;
use case::{Actor, Money, Personal, TransactionId};
use iso_currency::Currency;
use jiff::SignedDuration;
use uuid::Uuid;

use super::{fresh_id, owner, soon};
use crate::cast::{payments, service};
use crate::tale::{Act, Command as Any, Tale};

fn dkk(minor: i64) -> Money {
    Money::new(minor, Currency::DKK)
}

fn transaction() -> TransactionId {
    "TX-1".parse().unwrap()
}

pub(super) fn acts(tale: &Tale) -> Vec<Act> {
    let mut acts: Vec<Act> = asked_by_agents(tale)
        .into_iter()
        .chain(asked_by_the_service(tale))
        .map(|(actor, command)| soon(tale, actor, Any::Payments(command)))
        .collect();
    let state = &tale.case.payments_escalation;
    let waiting = state.calls.iter().find(|call| !call.answered && !call.timed_out);
    let (key, at) = waiting.map_or((Uuid::nil(), tale.now), |call| (call.key, call.answer_due_at));
    acts.push(Act {
        actor: service("payments_escalation"),
        command: Any::Payments(RecordGatewayTimeout { key }.into()),
        at: at.max(tale.now),
    });
    acts
}

fn asked_by_agents(tale: &Tale) -> Vec<(Actor, Command)> {
    let soon = tale.now + SignedDuration::from_mins(1);
    let agent = |name: &str| payments(name, soon);
    let proposal = tale.case.payments_escalation.proposals.last();
    let proposal_id = proposal.map_or(Uuid::nil(), |proposal| proposal.proposal_id);
    let amount = proposal.map_or(dkk(1), |proposal| proposal.amount);
    let propose = |purpose, minor| ProposeResolution {
        proposal_id: fresh_id(tale, purpose),
        kind: ProposalKind::Payout,
        transaction_id: transaction(),
        amount: dkk(minor),
        large_payout_limits: vec![dkk(1_000_000)],
    };
    vec![
        (
            owner(tale),
            EscalatePayment {
                kind: EscalationKind::WithdrawalLate,
                transaction_id: transaction(),
                amount: dkk(1_250_000),
                method: PaymentMethod::BankTransfer,
                summary: Personal::new("has not arrived"),
            }
            .into(),
        ),
        (owner(tale), LinkTransaction { transaction_id: "TX-2".parse().unwrap() }.into()),
        (
            owner(tale),
            RequestInformation { question_id: fresh_id(tale, 1), question: Personal::new("Which bank?") }
                .into(),
        ),
        (agent("anna"), propose(2, 1_250_000).into()),
        (agent("anna"), propose(3, 9_000_000).into()),
        (agent("bo"), ApproveResolution { proposal_id, amount }.into()),
        (agent("carl"), ApproveResolution { proposal_id, amount }.into()),
        (agent("bo"), DenyResolution { proposal_id, reason: Personal::new("wrong account") }.into()),
        (agent("anna"), RefusePayment { reason: Personal::new("cancelled") }.into()),
        (agent("anna"), ReturnCase {}.into()),
    ]
}

fn asked_by_the_service(tale: &Tale) -> Vec<(Actor, Command)> {
    let state = &tale.case.payments_escalation;
    let answer_due_at = tale.now + SignedDuration::from_hours(1);
    let unanswered = |purpose| {
        let call = state.calls.iter().find(|call| call.purpose == purpose && !call.answered);
        call.map_or(Uuid::nil(), |call| call.key)
    };
    let (inquiry, execution) = (unanswered(GatewayPurpose::Inquiry), unanswered(GatewayPurpose::Execution));
    let proposal_id = state.proposals.last().map_or(Uuid::nil(), |proposal| proposal.proposal_id);
    let standing = TransactionStanding {
        status: "captured".to_owned(),
        captured: dkk(1_250_000),
        refunded: dkk(0),
        disputed: dkk(0),
    };
    let commands: [Command; 6] = [
        ContactGateway { key: fresh_id(tale, 4), transaction_id: transaction(), answer_due_at }.into(),
        RecordGatewayReply { key: inquiry, standing: Some(standing) }.into(),
        RecordGatewayReply { key: inquiry, standing: None }.into(),
        StartExecution { key: case::derive("execution", proposal_id, ""), proposal_id, answer_due_at }.into(),
        RecordExecution { key: execution, gateway_reference: "gw_1".to_owned() }.into(),
        RecordExecutionFailure { key: execution, code: "declined".to_owned() }.into(),
    ];
    commands.map(|command| (service("payments_escalation"), command)).to_vec()
}
