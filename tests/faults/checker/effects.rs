//! I4, I6: nothing outside happened twice, and what had to happen did: money at the gateway's ledger, mails
//! in the outbox, answers to facts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use event_log::Committed;
use serde_json::Value;
use uuid::Uuid;

use super::{Faults, payload, word};
use crate::rig::Rig;

/// Facts that are answered by exactly one notification of a kind.
const TOLD_ONCE: [(&str, &str); 4] = [
    ("intake.reply_sent", "reply"),
    ("intake.case_resolved", "resolved"),
    ("intake.case_reopened", "reopened"),
    ("payments_escalation.payment_executed", "payment_executed"),
];
const QUEUED: &str = "notifications.notification_queued";
const SENT: &str = "notifications.notification_sent";
const SUPPRESSED: &str = "notifications.notification_suppressed";

/// Returns how many payments and how many notifications it looked at.
pub(super) async fn check(rig: &Rig, events: &[Committed], faults: &mut Faults) -> (u64, u64) {
    let ledger = reqwest::get(format!("{}/v1/ledger", rig.up.ready.gateway)).await.unwrap();
    let payments = payments(&ledger.json().await.unwrap(), events, faults);
    let sent = sent_once(&rig.up.mails(), events, faults);
    answered_once(events, faults);
    fired_once(events, faults);
    (payments, sent)
}

/// Money moved once for each payment that the log says was executed, and for no other.
fn payments(ledger: &Value, events: &[Committed], faults: &mut Faults) -> u64 {
    let mut transactions: HashMap<Uuid, String> = HashMap::new();
    let mut recorded: BTreeMap<String, u64> = BTreeMap::new();
    for event in events {
        match event.event_type.as_str() {
            "payments_escalation.gateway_contacted" => {
                transactions.insert(event.stream, word(event, "transaction_id"));
            }
            "payments_escalation.payment_executed" => {
                let transaction = transactions.get(&event.stream).cloned().unwrap_or_default();
                *recorded.entry(transaction).or_default() += 1;
            }
            _ => {}
        }
    }
    let mut moved: BTreeMap<String, u64> = BTreeMap::new();
    for entry in ledger["entries"].as_array().unwrap() {
        *moved.entry(entry["transaction_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for (transaction, times) in moved.iter().chain(&recorded).filter(|(_, times)| **times != 1) {
        faults.add("I4", format!("{transaction} was executed {times} times"));
    }
    for transaction in recorded.keys().filter(|one| !moved.contains_key(*one)) {
        faults.add("I4", format!("{transaction} is recorded as executed, and no money moved"));
    }
    // The gateway may have paid although nobody heard of it yet; when all has settled, somebody has.
    for transaction in moved.keys().filter(|one| !recorded.contains_key(*one)) {
        faults.add("I10", format!("money moved for {transaction}, and the log does not know"));
    }
    u64::try_from(moved.len()).unwrap()
}

/// Every notification that was queued was sent once, and lies in the outbox; nothing else does.
fn sent_once(mails: &[String], events: &[Committed], faults: &mut Faults) -> u64 {
    let of_type =
        |event_type: &'static str| events.iter().filter(move |event| event.event_type == event_type);
    let mut sent: BTreeMap<String, u64> = BTreeMap::new();
    for event in of_type(SENT) {
        *sent.entry(word(event, "notification_id")).or_default() += 1;
    }
    for (id, times) in sent.iter().filter(|(_, times)| **times > 1) {
        faults.add("I4", format!("notification {id} was sent {times} times"));
    }
    // A draft that a kill left behind is no mail: it has no name yet.
    let whole = mails.iter().filter(|name| !name.starts_with('.'));
    let in_outbox: BTreeSet<&str> = whole.filter_map(|name| name.split('.').next()).collect();
    for id in sent.keys().filter(|id| !in_outbox.contains(id.as_str())) {
        faults.add("I4", format!("notification {id} is recorded as sent and lies in no outbox"));
    }
    for id in in_outbox.iter().filter(|id| !sent.contains_key(**id)) {
        faults.add("I10", format!("notification {id} lies in the outbox, and the log does not know"));
    }
    let suppressed: BTreeSet<String> =
        of_type(SUPPRESSED).map(|event| word(event, "notification_id")).collect();
    let waiting = |event: &Committed| !payload(event)["send_after"].is_null();
    for event in of_type(QUEUED).filter(|event| !waiting(event)) {
        let id = word(event, "notification_id");
        if !sent.contains_key(&id) && !suppressed.contains(&id) {
            faults.add("I10", format!("notification {id} ({}) was never sent", word(event, "kind")));
        }
    }
    u64::try_from(sent.len()).unwrap()
}

/// Each such fact was answered by one notification.
fn answered_once(events: &[Committed], faults: &mut Faults) {
    let mut answers: HashMap<(String, String), u64> = HashMap::new();
    let notifications = [QUEUED, SUPPRESSED];
    for event in events.iter().filter(|event| notifications.contains(&event.event_type.as_str())) {
        let meta: Value = serde_json::from_slice(&event.meta).unwrap();
        let cause = meta["causation_id"].as_str().unwrap_or_default().to_owned();
        *answers.entry((cause, word(event, "kind"))).or_default() += 1;
    }
    for event in events {
        let told = TOLD_ONCE.iter().filter(|(event_type, _)| *event_type == event.event_type);
        for (event_type, kind) in told {
            let times = answers.get(&(event.event_id.to_string(), (*kind).to_owned())).copied().unwrap_or(0);
            if times != 1 {
                let (id, invariant) = (event.event_id, if times == 0 { "I3" } else { "I4" });
                faults.add(invariant, format!("{event_type} {id} was answered by {times} of {kind}"));
            }
        }
    }
}

/// A timer fires once for each of its kind on a case.
fn fired_once(events: &[Committed], faults: &mut Faults) {
    let mut fired: BTreeMap<(Uuid, String, String), u64> = BTreeMap::new();
    for event in events {
        let which = match event.event_type.as_str() {
            "routing.offer_expired" => word(event, "offer_id"),
            "routing.sla_warned" | "routing.sla_breached" => payload(event).to_string(),
            _ => continue,
        };
        *fired.entry((event.stream, event.event_type.clone(), which)).or_default() += 1;
    }
    for ((stream, event_type, which), times) in fired.iter().filter(|(_, times)| **times > 1) {
        faults.add("I6", format!("{event_type} of {stream} came {times} times: {which}"));
    }
}
