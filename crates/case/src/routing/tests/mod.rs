//! Given / when / then: a story of facts and requests about one case, on a clock the test moves.

mod clocks;
mod golden;
mod offers;
mod placing;
mod promises;
mod properties;
mod ranking;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::command::*;
use super::event::*;
use super::matching::Choice;
use super::{Refusal, Routing, Rules, invariants};
use crate::actor::Actor;
use crate::calendar::{Calendar, Timetable};
use crate::ids::AgentId;
use crate::intake;
use crate::journey::{Case, CaseEvent, Recorded};
use crate::payments_escalation as payments;
use crate::personal::Personal;
use crate::stage::{Aggregate, Context, Stage, StoredEvent};
use crate::vocabulary::{Channel, EvidenceKind, Language, Team, Tier, Topic};

pub(super) const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 3_600;

/// A Friday at ten in Copenhagen.
pub(super) fn start() -> Timestamp {
    "2026-06-05T10:00:00+02".parse().unwrap()
}

pub(super) fn agent(id: &str) -> AgentId {
    id.parse().unwrap()
}

pub(super) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// The technical desk works in office hours; everybody else round the clock.
pub(super) fn rules() -> Arc<Rules> {
    let hours: Vec<_> = ["08:00-12:00", "12:30-16:30"].map(|slot| slot.parse().unwrap()).to_vec();
    let office = Calendar::try_from(Timetable {
        name: "office".into(),
        time_zone: "Europe/Copenhagen".into(),
        monday: hours.clone(),
        tuesday: hours.clone(),
        wednesday: hours.clone(),
        thursday: hours.clone(),
        friday: hours,
        ..Timetable::default()
    });
    let rules = Rules {
        calendars: vec![office.unwrap()],
        team_calendars: [(Team::Technical, "office".to_owned())].into(),
        ..Rules::default()
    };
    Arc::new(rules.checked().unwrap())
}

/// One case, and the moment it is.
#[derive(Clone)]
pub(super) struct Story {
    pub(super) case: Case,
    pub(super) now: Timestamp,
    pub(super) rules: Arc<Rules>,
    pub(super) recorded: Vec<Event>,
}

impl Story {
    /// A case that has been opened and classified, and not yet been looked at by routing.
    pub(super) fn opened(channel: Channel, topic: Topic, tier: Tier) -> Self {
        let mut story = Self { case: Case::empty(id(1)), now: start(), rules: rules(), recorded: Vec::new() };
        story.intake(intake::CaseOpened {
            brand: "NB".parse().unwrap(),
            channel,
            player: intake::Player {
                player_id: "p-1".parse().unwrap(),
                username: Personal::new("anna"),
                email: None,
                time_zone: None,
                tier,
                marketing_consent: true,
            },
            language: Language::Da,
            product: None,
            previous_case: None,
        });
        story.player_writes();
        story.classified(topic);
        story
    }

    /// A case in its team's queue.
    pub(super) fn triaged(channel: Channel, topic: Topic, tier: Tier) -> Self {
        let mut story = Self::opened(channel, topic, tier);
        story.triage(None);
        story
    }

    /// A case that Mette owns.
    pub(super) fn owned(channel: Channel, topic: Topic, tier: Tier) -> Self {
        let mut story = Self::triaged(channel, topic, tier);
        story.offered("mette");
        story.by_agent("mette", Command::AcceptOffer(AcceptOffer { offer_id: id(100) })).unwrap();
        story
    }

    fn record(&mut self, event: CaseEvent) {
        self.case.evolve(&Recorded { version: self.case.version + 1, recorded_at: self.now, event });
        assert_eq!(invariants::violations(&self.case), Vec::<String>::new());
    }

    pub(super) fn intake(&mut self, event: impl Into<intake::Event>) {
        self.record(CaseEvent::Intake(event.into()));
    }

    pub(super) fn payments(&mut self, event: impl Into<payments::Event>) {
        self.record(CaseEvent::PaymentsEscalation(event.into()));
    }

    pub(super) fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    pub(super) fn player_writes(&mut self) {
        let channel = self.case.intake.channel.unwrap();
        self.intake(intake::MessageReceived { message_id: id(2), channel, text: Personal::new("hej") });
    }

    pub(super) fn agent_replies(&mut self) {
        let (channel, author) = (self.case.intake.channel.unwrap(), intake::Author::Agent(agent("mette")));
        let text = Personal::new("hej, jeg hedder Mette");
        self.intake(intake::ReplySent {
            message_id: id(3),
            channel,
            author,
            text,
            machine_translated: false,
        });
    }

    pub(super) fn classified(&mut self, topic: Topic) {
        self.intake(intake::CaseClassified { topic, source: intake::Source::Agent });
    }

    pub(super) fn evidence_is_asked_for(&mut self) {
        self.intake(intake::EvidenceRequested { kinds: vec![EvidenceKind::PaymentProof] });
    }

    pub(super) fn asks_to_be_excluded(&mut self) {
        self.player_writes();
        let player_id = "p-1".parse().unwrap();
        self.intake(intake::SelfExclusionRequested { message_id: id(2), player_id });
    }

    pub(super) fn resolved(&mut self) {
        let (resolution, summary) = (intake::Resolution::Solved, Personal::new("done"));
        self.intake(intake::CaseResolved { resolution, summary });
    }

    pub(super) fn gateway_is_asked(&mut self, key: u128) {
        self.payments(payments::GatewayContacted {
            key: id(key),
            purpose: payments::GatewayPurpose::Inquiry,
            transaction_id: "tx-1".parse().unwrap(),
            proposal_id: None,
            answer_due_at: self.now + SignedDuration::from_secs(30),
        });
    }

    pub(super) fn gateway_answers(&mut self, key: u128) {
        self.payments(payments::GatewayReplied { key: id(key), standing: None });
    }

    /// Asks as somebody; then asks the same again, which must record nothing.
    pub(super) fn ask(&mut self, actor: &Actor, command: &Command) -> Result<Vec<Event>, Refusal> {
        let context = Context { actor, now: self.now };
        let events = Routing::decide(&self.case, context, command)?;
        for event in &events {
            self.record(CaseEvent::Routing(event.clone()));
        }
        let context = Context { actor, now: self.now };
        assert_eq!(Routing::decide(&self.case, context, command), Ok(Vec::new()), "a repeat of {command:?}");
        self.recorded.extend(events.iter().cloned());
        Ok(events)
    }

    pub(super) fn by_agent(&mut self, id: &str, command: Command) -> Result<Vec<Event>, Refusal> {
        let team = self.case.routing.team.unwrap_or(Team::General);
        self.ask(&Actor::agent(id, &[team]), &command)
    }

    /// A reaction or timer: these never refuse.
    pub(super) fn by_service(&mut self, command: Command) -> Vec<Event> {
        self.ask(&Actor::service("routing"), &command).unwrap()
    }

    pub(super) fn triage(&mut self, personal_contact: Option<&str>) -> Vec<Event> {
        let (rules, at) = (Arc::clone(&self.rules), self.now);
        self.by_service(Command::Triage(Triage { rules, at, personal_contact: personal_contact.map(agent) }))
    }

    pub(super) fn requeue(&mut self) -> Vec<Event> {
        let (rules, at) = (Arc::clone(&self.rules), self.now);
        self.by_service(Command::Requeue(Requeue { rules, at }))
    }

    pub(super) fn reprioritise(&mut self) -> Vec<Event> {
        let (rules, at) = (Arc::clone(&self.rules), self.now);
        self.by_service(Command::Reprioritise(Reprioritise { rules, at }))
    }

    pub(super) fn keep_clocks(&mut self) -> Vec<Event> {
        self.keep_clocks_after(0)
    }

    /// The reaction runs some seconds after the fact.
    pub(super) fn keep_clocks_after(&mut self, seconds: i64) -> Vec<Event> {
        let (rules, at) = (Arc::clone(&self.rules), self.now);
        self.pass(seconds);
        let events = self.by_service(Command::KeepClocks(KeepClocks { rules, at, spoken: false }));
        assert_eq!(invariants::unsettled(&self.case), Vec::<String>::new());
        events
    }

    pub(super) fn fire(&mut self, clock: ClockKind, generation: u32, mark: Mark) -> Vec<Event> {
        let rules = Arc::clone(&self.rules);
        self.by_service(Command::FireTimer(FireTimer { rules, clock, generation, mark }))
    }

    /// Offers the case, as offer 100, for a minute.
    pub(super) fn offered(&mut self, to: &str) -> Vec<Event> {
        self.offer(100, to).unwrap()
    }

    pub(super) fn offer(&mut self, offer: u128, to: &str) -> Result<Vec<Event>, Refusal> {
        let expires_at = self.now + self.rules.offer_time_limit;
        let choice = Choice {
            agent_id: agent(to),
            weight: 2,
            reason: ChoiceReason::LeastLoaded,
            speaks_language: true,
            candidates: Vec::new(),
        };
        self.ask(
            &Actor::service("routing"),
            &Command::OfferCase(OfferCase { offer_id: id(offer), choice, expires_at }),
        )
    }

    pub(super) fn clock(&self, kind: ClockKind) -> &super::Clock {
        &self.case.routing.clocks[&kind]
    }
}

/// The stored names of events, without the stage's word.
pub(super) fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.stored_name().trim_start_matches("routing.")).collect()
}
