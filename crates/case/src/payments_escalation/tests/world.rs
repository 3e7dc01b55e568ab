//! The people, amounts and moments that the tests speak of, and how a history is built from commands.

use iso_currency::Currency;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::super::*;
use crate::actor::Actor;
use crate::ids::TransactionId;
use crate::intake::{CaseOpened, CaseResolved, Player, Resolution};
use crate::journey::{Case, CaseEvent, Recorded};
use crate::money::Money;
use crate::personal::Personal;
use crate::routing::{AssignedBy, CaseAssigned};
use crate::stage::{Aggregate, Context, Stage};
use crate::vocabulary::{Channel, Language, Team, Tier};

/// The moment everything begins: 2026-03-02 09:00 UTC.
pub(super) fn start() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

pub(super) fn minutes(count: i64) -> Timestamp {
    start() + SignedDuration::from_mins(count)
}

pub(super) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(super) fn dkk(minor: i64) -> Money {
    Money::new(minor, Currency::DKK)
}

pub(super) fn transaction(name: &str) -> TransactionId {
    name.parse().unwrap()
}

/// Owns the case; general support.
pub(super) fn owner() -> Actor {
    Actor::agent("mette", &[Team::General])
}

/// An agent of payments without a second factor.
pub(super) fn payments(name: &str) -> Actor {
    Actor::agent(name, &[Team::Payments])
}

/// An agent of payments who proved a second factor a minute before `now`.
pub(super) fn approver(name: &str, now: Timestamp) -> Actor {
    payments(name).with_second_factor_at(now - SignedDuration::from_mins(1))
}

pub(super) fn stranger() -> Actor {
    Actor::agent("sven", &[Team::Technical])
}

pub(super) fn service() -> Actor {
    Actor::service("payments_escalation")
}

/// A case and the moment; grows by facts and by commands.
#[derive(Debug, Clone)]
pub(super) struct History {
    pub(super) case: Case,
    pub(super) now: Timestamp,
}

impl History {
    /// Nothing was opened.
    pub(super) fn empty() -> Self {
        Self { case: Case::empty(id(1)), now: start() }
    }

    /// A case that mette owns.
    pub(super) fn opened() -> Self {
        let player = Player {
            player_id: "p-77".parse().unwrap(),
            username: Personal::new("lykke7"),
            email: None,
            time_zone: None,
            tier: Tier::Standard,
            marketing_consent: false,
        };
        Self::empty()
            .with(crate::intake::Event::from(CaseOpened {
                brand: "NB".parse().unwrap(),
                channel: Channel::Chat,
                player,
                language: Language::Da,
                product: None,
                previous_case: None,
            }))
            .with(crate::routing::Event::from(CaseAssigned {
                agent_id: "mette".parse().unwrap(),
                team: Team::General,
                by: AssignedBy::Offer,
                weight: 2,
                channel: Channel::Chat,
            }))
    }

    /// Escalated by mette, about `TX-1`.
    pub(super) fn escalated() -> Self {
        Self::opened().after(&owner(), escalate("TX-1"))
    }

    /// The gateway was asked with key 100.
    pub(super) fn asked() -> Self {
        Self::escalated().after(&service(), contact(100, "TX-1"))
    }

    /// The gateway said: captured 12,500.00 DKK, nothing refunded or disputed.
    pub(super) fn known() -> Self {
        Self::asked().after(&service(), reply(100, 1_250_000, 0, 0))
    }

    /// `anna` proposed 12,500.00 DKK as proposal 200: over the limit, two others have to agree.
    pub(super) fn proposed() -> Self {
        Self::known().after(&payments("anna"), propose(200, 1_250_000))
    }

    /// `bo` and `carl` agreed.
    pub(super) fn approved() -> Self {
        let history = Self::proposed();
        let now = history.now;
        history
            .after(&approver("bo", now), approve(200, 1_250_000))
            .after(&approver("carl", now), approve(200, 1_250_000))
    }

    /// The gateway was told to pay, with key 300.
    pub(super) fn executing() -> Self {
        Self::approved().after(&service(), start_execution(300, 200))
    }

    /// The money moved.
    pub(super) fn executed() -> Self {
        Self::executing().after(&service(), executed(300))
    }

    /// The case was resolved meanwhile.
    pub(super) fn over(self) -> Self {
        self.with(crate::intake::Event::from(CaseResolved {
            resolution: Resolution::Solved,
            summary: Personal::new("done"),
        }))
    }

    /// A fact happened.
    pub(super) fn with(mut self, event: impl Into<CaseEvent>) -> Self {
        let recorded =
            Recorded { version: self.case.version + 1, recorded_at: self.now, event: event.into() };
        self.case.evolve(&recorded);
        self
    }

    /// The clock stands at `now`.
    pub(super) fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// What would be answered.
    pub(super) fn ask(&self, actor: &Actor, command: impl Into<Command>) -> Result<Vec<Event>, Refusal> {
        PaymentsEscalation::decide(&self.case, Context { actor, now: self.now }, &command.into())
    }

    /// The command was accepted and recorded something.
    pub(super) fn after(self, actor: &Actor, command: impl Into<Command>) -> Self {
        let command = command.into();
        let events = self.ask(actor, command.clone()).unwrap_or_else(|no| panic!("{command:?}: {no}"));
        assert!(!events.is_empty(), "{command:?} recorded nothing");
        events.into_iter().fold(self, History::with)
    }

    pub(super) fn progress(&self) -> Option<Progress> {
        self.case.payments_escalation.progress
    }
}

pub(super) fn escalate(transaction_id: &str) -> EscalatePayment {
    EscalatePayment {
        kind: EscalationKind::WithdrawalLate,
        transaction_id: transaction(transaction_id),
        amount: dkk(1_250_000),
        method: PaymentMethod::BankTransfer,
        summary: Personal::new("Withdrawal of 12,500.00 DKK has not arrived"),
    }
}

pub(super) fn link(transaction_id: &str) -> LinkTransaction {
    LinkTransaction { transaction_id: transaction(transaction_id) }
}

pub(super) fn question(number: u128) -> RequestInformation {
    RequestInformation { question_id: id(number), question: Personal::new("Which bank?") }
}

pub(super) fn contact(key: u128, transaction_id: &str) -> ContactGateway {
    ContactGateway { key: id(key), transaction_id: transaction(transaction_id), answer_due_at: minutes(30) }
}

pub(super) fn standing(captured: i64, refunded: i64, disputed: i64) -> TransactionStanding {
    TransactionStanding {
        status: "settled".to_owned(),
        captured: dkk(captured),
        refunded: dkk(refunded),
        disputed: dkk(disputed),
    }
}

pub(super) fn reply(key: u128, captured: i64, refunded: i64, disputed: i64) -> RecordGatewayReply {
    RecordGatewayReply { key: id(key), standing: Some(standing(captured, refunded, disputed)) }
}

pub(super) fn not_found(key: u128) -> RecordGatewayReply {
    RecordGatewayReply { key: id(key), standing: None }
}

pub(super) fn timeout(key: u128) -> RecordGatewayTimeout {
    RecordGatewayTimeout { key: id(key) }
}

/// The limit is 10,000.00 DKK.
pub(super) fn propose(proposal_id: u128, minor: i64) -> ProposeResolution {
    ProposeResolution {
        proposal_id: id(proposal_id),
        kind: ProposalKind::Payout,
        transaction_id: transaction("TX-1"),
        amount: dkk(minor),
        large_payout_limits: vec![Money::new(100_000, Currency::EUR), dkk(1_000_000)],
    }
}

pub(super) fn approve(proposal_id: u128, minor: i64) -> ApproveResolution {
    ApproveResolution { proposal_id: id(proposal_id), amount: dkk(minor) }
}

pub(super) fn deny(proposal_id: u128) -> DenyResolution {
    DenyResolution { proposal_id: id(proposal_id), reason: Personal::new("wrong account") }
}

pub(super) fn start_execution(key: u128, proposal_id: u128) -> StartExecution {
    StartExecution { key: id(key), proposal_id: id(proposal_id), answer_due_at: minutes(60) }
}

pub(super) fn executed(key: u128) -> RecordExecution {
    RecordExecution { key: id(key), gateway_reference: format!("pay_{key}") }
}

pub(super) fn failed(key: u128) -> RecordExecutionFailure {
    RecordExecutionFailure { key: id(key), code: "account_closed".to_owned() }
}

pub(super) fn refuse() -> RefusePayment {
    RefusePayment { reason: Personal::new("The withdrawal was cancelled by you") }
}

/// The stored names of what was recorded, without the stage: short enough for a table.
pub(super) fn names(answer: &Result<Vec<Event>, Refusal>) -> Vec<String> {
    use crate::stage::{Refusal as _, StoredEvent as _};
    match answer {
        Ok(events) => {
            events.iter().map(|event| event.stored_name().replace("payments_escalation.", "")).collect()
        }
        Err(refusal) => vec![refusal.reason().to_owned()],
    }
}

/// Given a history, when this one asks that, then these facts (or this refusal) follow.
pub(super) fn table(rows: Vec<(&str, History, Actor, Command, &[&str])>) {
    for (title, given, actor, command, then) in rows {
        assert_eq!(names(&given.ask(&actor, command)), then, "{title}");
    }
}
