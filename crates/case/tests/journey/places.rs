//! Cases in every state in which a case can rest, each brought there by commands that were accepted.

use case::{CaseState, Channel, Topic};

use crate::acts::{act, answered_case, nth_act, offer, offered_to, opening, reply_notice, verification_case};
use crate::tale::Tale;

/// The commands one after the other, each as somebody who may asks it.
fn then(tale: Tale, names: &[&str]) -> Tale {
    names.iter().fold(tale, |tale, name| {
        let act = act(&tale, name);
        tale.after(&act)
    })
}

fn opened(topic: Topic) -> Tale {
    let tale = Tale::new();
    let open = opening(&tale, Channel::Chat, topic);
    tale.after(&open)
}

fn assigned(topic: Topic) -> Tale {
    then(opened(topic), &["Triage", "OfferCase", "AcceptOffer"])
}

fn in_progress(topic: Topic) -> Tale {
    then(assigned(topic), &["SendReply"])
}

/// The gateway has told how the transaction stands.
fn known() -> Tale {
    then(in_progress(Topic::Withdrawal), &["EscalatePayment", "ContactGateway", "RecordGatewayReply"])
}

fn approved() -> Tale {
    let proposed = then(known(), &["ProposeResolution", "ApproveResolution"]);
    let second = nth_act(&proposed, "ApproveResolution", 1);
    proposed.after(&second)
}

/// A reply that could not be delivered.
fn undelivered(tale: Tale) -> Tale {
    let queued = {
        let act = reply_notice(&tale);
        tale.after(&act)
    };
    let given_up = nth_act(&queued, "RecordFailure", 1);
    let dead = queued.after(&given_up);
    let offered = offer(&dead);
    dead.after(&offered)
}

/// A case offered to somebody else than the one who asks in the acts.
fn offered_elsewhere() -> Tale {
    let queued = then(opened(Topic::Bonus), &["Triage"]);
    let act = offered_to(&queued, "sven");
    queued.after(&act)
}

/// Cases in each state: several where the state alone does not say what is possible.
pub(crate) fn places() -> Vec<Tale> {
    let withdrawal = Topic::Withdrawal;
    let escalated = then(in_progress(withdrawal), &["EscalatePayment"]);
    let resolved = then(in_progress(withdrawal), &["ResolveCase"]);
    vec![
        Tale::new(),
        opened(withdrawal),
        answered_case(),
        then(opened(withdrawal), &["Triage"]),
        then(opened(withdrawal), &["Triage", "OfferCase"]),
        offered_elsewhere(),
        assigned(withdrawal),
        in_progress(withdrawal),
        undelivered(in_progress(withdrawal)),
        then(in_progress(withdrawal), &["RequestCallback"]),
        then(in_progress(withdrawal), &["UploadEvidence"]),
        verification_case(in_progress(Topic::Verification)),
        then(in_progress(withdrawal), &["RequestEvidence"]),
        then(known(), &["RequestInformation"]),
        escalated.clone(),
        then(escalated, &["ContactGateway"]),
        known(),
        then(known(), &["ProposeResolution"]),
        approved(),
        then(approved(), &["StartExecution"]),
        then(approved(), &["StartExecution", "RecordExecution"]),
        then(known(), &["RefusePayment"]),
        resolved.clone(),
        then(resolved.clone(), &["CloseCase"]),
        then(resolved, &["ReopenCase"]),
        then(answered_case(), &["AcceptAnswer"]),
        then(in_progress(withdrawal), &["MergeCase"]),
        then(opened(withdrawal), &["RejectCase"]),
        then(opened(withdrawal), &["AbandonCase"]),
    ]
}

/// The states that a case only passes through, within one command.
pub(crate) const PASSED_THROUGH: &[CaseState] = &[CaseState::New];
