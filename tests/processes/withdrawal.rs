//! A withdrawal from the player's first word to the money, step by step, so that a test can pull something
//! down between any two of them. Nothing in it waits for the clock.

use std::sync::Arc;
use std::time::Duration;

use ambient::{SystemClock, SystemIds};
use async_trait::async_trait;
use contracts::history::v1::{Entry, ListHistoryRequest};
use contracts::payments_escalation::v1::ApproveResolutionRequest;
use contracts::routing::v1::AcceptOfferRequest;
use serde_json::Value;
use stories::{Narrator, PassTime, Stage};
use tonic::transport::Channel;

use crate::people::{ask, auditor, henrik, mette, peter, rasmus};
use crate::requests;
use crate::up::{Up, eventually, insist};

/// Times pass by themselves.
struct RealTime;

#[async_trait]
impl PassTime for RealTime {
    async fn pass(&self, _by: Duration) {
        unreachable!("nothing here waits for the clock");
    }
}

struct Silent;

impl Narrator for Silent {
    fn step(&self, _who: &str, _what: &str) {}
}

/// One player's case about one transaction.
pub(crate) struct Withdrawal {
    pub(crate) stage: Stage,
    pub(crate) number: String,
    transaction: String,
}

/// A stage over real processes, with agents at their desks.
pub(crate) async fn stage(up: &Up) -> Stage {
    let stage = stage_over(up.channel().await);
    stage.staff().await.unwrap();
    stage
}

/// A stage over a connection.
pub(crate) fn stage_over(channel: Channel) -> Stage {
    let time = Arc::new(RealTime);
    Stage::new(channel, Arc::new(SystemClock), Arc::new(SystemIds), time, Arc::new(Silent), None)
}

impl Withdrawal {
    /// The player writes.
    pub(crate) async fn open(stage: Stage, transaction: &str) -> Self {
        let request = requests::open_case(stage.new_id());
        let opened =
            insist("OpenCase", async || stage.intake().open_case(ask(&rasmus(), request.clone())).await)
                .await;
        Self { stage, number: opened.case.unwrap().number, transaction: transaction.to_owned() }
    }

    /// A case that is there already, about this transaction.
    pub(crate) fn of(stage: Stage, number: &str, transaction: &str) -> Self {
        Self { stage, number: number.to_owned(), transaction: transaction.to_owned() }
    }

    /// Mette takes the case that is offered to her, and answers.
    pub(crate) async fn take(&self) {
        // A later offer may replace one that ran out while something was down.
        let request_id = self.stage.new_id();
        eventually("Mette takes the case", async || {
            let entries = self.history().await;
            let offers = entries.iter().rev().filter(|entry| entry.r#type == "routing.case_offered");
            let details = offers.map(details).find(|offer| offer["agent_id"] == "mette")?;
            let request = AcceptOfferRequest {
                request_id: request_id.clone(),
                etag: String::new(),
                case: self.number.clone(),
                offer_id: details["offer_id"].as_str()?.to_owned(),
            };
            self.stage.routing().accept_offer(ask(&mette(), request)).await.ok()
        })
        .await;
        let reply = requests::send_reply(self.stage.new_id(), &self.number);
        insist("SendReply", async || self.stage.intake().send_reply(ask(&mette(), reply.clone())).await)
            .await;
    }

    /// Mette escalates, and the gateway answers.
    pub(crate) async fn escalate(&self) {
        let request = requests::escalate_payment(self.stage.new_id(), &self.number, &self.transaction);
        insist("EscalatePayment", async || {
            self.stage.payments().escalate_payment(ask(&mette(), request.clone())).await
        })
        .await;
        self.until("payments_escalation.gateway_replied").await;
    }

    /// Mette proposes, and as many others approve as it takes.
    pub(crate) async fn approve(&self) {
        let request = requests::propose_resolution(self.stage.new_id(), &self.number, &self.transaction);
        let proposed = insist("ProposeResolution", async || {
            self.stage.payments().propose_resolution(ask(&mette(), request.clone())).await
        })
        .await;
        let approvers = [peter(), henrik()];
        for approver in approvers.iter().take(usize::try_from(proposed.required_approvals).unwrap()) {
            let request = ApproveResolutionRequest {
                request_id: self.stage.new_id(),
                etag: String::new(),
                case: self.number.clone(),
                proposal_id: proposed.proposal_id.clone(),
                amount: requests::danish(250_000),
            };
            insist("ApproveResolution", async || {
                let request = approver.ask_with_second_factor(request.clone(), self.stage.clock()).unwrap();
                self.stage.payments().approve_resolution(request).await
            })
            .await;
        }
    }

    /// The money has moved, Mette resolves, and the player is told.
    pub(crate) async fn finish(&self) {
        self.until("payments_escalation.payment_executed").await;
        let resolve = requests::resolve_case(self.stage.new_id(), &self.number);
        insist("ResolveCase", async || {
            self.stage.intake().resolve_case(ask(&mette(), resolve.clone())).await
        })
        .await;
        eventually("the player is told that it is resolved", async || {
            let entries = self.history().await;
            let sent = entries.iter().filter(|entry| entry.r#type == "notifications.notification_sent");
            sent.map(details).find(|sent| sent["kind"] == "resolved")
        })
        .await;
    }

    /// Waits until a fact of this type was recorded.
    pub(crate) async fn until(&self, event_type: &str) -> Entry {
        eventually(event_type, async || {
            self.history().await.into_iter().find(|entry| entry.r#type == event_type)
        })
        .await
    }

    /// Everything that happened so far; nothing while nobody answers.
    pub(crate) async fn history(&self) -> Vec<Entry> {
        let request =
            ListHistoryRequest { case: self.number.clone(), page_size: 200, ..ListHistoryRequest::default() };
        let mut request = ask(&auditor(), request);
        request.set_timeout(Duration::from_secs(5));
        match self.stage.history().list_history(request).await {
            Ok(answer) => answer.into_inner().entries,
            Err(_) => Vec::new(),
        }
    }

    /// What must hold at the end: the money moved once, and everything that was said was said once.
    pub(crate) async fn happened_once(&self, up: &Up) {
        let entries = self.history().await;
        let count = |event_type: &str| entries.iter().filter(|entry| entry.r#type == event_type).count();
        for once in ["intake.case_opened", "payments_escalation.payment_executed", "intake.case_resolved"] {
            assert_eq!(count(once), 1, "{once}");
        }
        let ledger = reqwest::get(format!("{}/v1/ledger", up.ready.gateway)).await.unwrap();
        let ledger: Value = ledger.json().await.unwrap();
        let paid = |entry: &&Value| entry["transaction_id"] == self.transaction.as_str();
        let entries_of_ours = ledger["entries"].as_array().unwrap().iter().filter(paid).count();
        assert_eq!(entries_of_ours, 1, "money moved once: {ledger}");
        let mut sent: Vec<String> = entries
            .iter()
            .filter(|entry| entry.r#type == "notifications.notification_sent")
            .map(|entry| details(entry)["notification_id"].as_str().unwrap().to_owned())
            .collect();
        let (all, mails) = (sent.len(), up.mails());
        sent.sort();
        sent.dedup();
        assert_eq!(sent.len(), all, "a notification was sent twice");
        for id in sent {
            assert_eq!(
                mails.iter().filter(|mail| mail.starts_with(&id)).count(),
                1,
                "{id} lies in the outbox once"
            );
        }
    }
}

/// What a fact says.
pub(crate) fn details(entry: &Entry) -> Value {
    serde_json::from_str(&entry.details_json).unwrap()
}
