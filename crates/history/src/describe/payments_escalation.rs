//! Payments-escalation's facts in words.

use case::Case;
use case::payments_escalation::{
    ApprovalRequested, DuplicateRefundBlocked, EXCEEDS_AVAILABLE, Event, GatewayContacted, GatewayPurpose,
    GatewayReplied, GatewayTimedOut, PaymentEscalated, PaymentFailed, ProposalKind, ResolutionProposed,
};
use uuid::Uuid;

use super::Sentence;
use super::intake::mask;
use super::wording::{agent_name, count, quote, word};

pub(super) fn describe(event: &Event, case: &Case) -> Sentence {
    let (act, fact) = (Sentence::Act, Sentence::Fact);
    match event {
        Event::PaymentEscalated(escalated) => act(escalate(escalated)),
        Event::TransactionLinked(linked) => {
            fact(format!("the transaction {} belongs to the case", linked.transaction_id))
        }
        Event::PaymentInformationRequested(asked) => {
            act(format!("asked the player: {}", quote(&asked.question)))
        }
        Event::GatewayContacted(contacted) => fact(contact(contacted)),
        Event::GatewayReplied(replied) => fact(answer(replied, case)),
        Event::GatewayTimedOut(late) => fact(time_out(late, case)),
        Event::ResolutionProposed(proposed) => act(propose(proposed)),
        Event::ApprovalRequested(requested) => fact(request_approval(requested)),
        Event::ApprovalGranted(granted) => act(format!("approved {}", granted.amount)),
        Event::ApprovalDenied(denied) => act(format!("denied the payment: {}", quote(&denied.reason))),
        Event::PaymentExecuted(paid) => {
            fact(format!("{} was paid, gateway reference {}", paid.amount, paid.gateway_reference))
        }
        Event::PaymentFailed(failed) => fact(fail(failed)),
        Event::PaymentRefused(refused) => act(format!("refused the payment: {}", quote(&refused.reason))),
        Event::DuplicateRefundBlocked(blocked) => fact(block(blocked)),
        Event::PaymentReturned(_) => Sentence::act("returned the case to the team it came from"),
        Event::SensitiveDataMasked(masked) => fact(mask(masked)),
    }
}

fn escalate(escalated: &PaymentEscalated) -> String {
    let (kind, method) = (word(&escalated.kind), word(&escalated.method));
    format!("escalated to payments: {kind}, {} by {method}: {}", escalated.amount, quote(&escalated.summary))
}

fn contact(contacted: &GatewayContacted) -> String {
    match contacted.purpose {
        GatewayPurpose::Inquiry => format!("the gateway was asked about {}", contacted.transaction_id),
        GatewayPurpose::Execution => {
            format!("the gateway was told to move the money of {}", contacted.transaction_id)
        }
    }
}

/// ` about tx-1`, when the call is known.
fn about(case: &Case, key: Uuid) -> String {
    let call = case.payments_escalation.call(key);
    call.map_or_else(String::new, |call| format!(" about {}", call.transaction_id))
}

fn answer(replied: &GatewayReplied, case: &Case) -> String {
    let about = about(case, replied.key);
    match &replied.standing {
        None => format!("the gateway answered{about}: it does not know the transaction"),
        Some(standing) => format!(
            "the gateway answered{about}: {}, {} taken, {} given back",
            standing.status, standing.captured, standing.refunded
        ),
    }
}

fn time_out(late: &GatewayTimedOut, case: &Case) -> String {
    let about = about(case, late.key);
    match late.purpose {
        GatewayPurpose::Inquiry => format!("the gateway has not answered in time{about}"),
        GatewayPurpose::Execution => format!("the gateway has not confirmed the payment in time{about}"),
    }
}

fn propose(proposed: &ResolutionProposed) -> String {
    let what = match proposed.kind {
        ProposalKind::Payout => "pay out",
        ProposalKind::Refund => "give back",
    };
    format!("proposed to {what} {} of {}", proposed.amount, proposed.transaction_id)
}

fn request_approval(requested: &ApprovalRequested) -> String {
    let approvals = count(usize::from(requested.required), "approval");
    format!("{approvals} needed: the limit for large payouts is {}", requested.large_payout_limit)
}

fn fail(failed: &PaymentFailed) -> String {
    if failed.code == EXCEEDS_AVAILABLE {
        "the payment was stopped: the amount is no longer there".to_owned()
    } else {
        format!("the gateway refused the payment: {}", failed.code)
    }
}

fn block(blocked: &DuplicateRefundBlocked) -> String {
    let (asked_by, asked, left) = (agent_name(blocked.asked_by.as_str()), blocked.asked, blocked.available);
    format!("{asked_by} asked for {asked} of {}, and it was blocked: {left} is left", blocked.transaction_id)
}
