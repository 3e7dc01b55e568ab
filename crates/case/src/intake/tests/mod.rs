//! Given what happened, when this is asked, then these facts, or this refusal.

mod conversation;
mod ending;
mod evidence;
mod golden;
mod grouping;
mod invariants;
mod opening;
mod properties;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::*;
use crate::actor::Actor;
use crate::ids::{AgentId, Brand, CaseId, CaseNumber};
use crate::journey::{Case, CaseEvent, Recorded};
use crate::payments_escalation as payments;
use crate::personal::Personal;
use crate::routing::{AssignedBy, CaseAssigned, CaseQueued, QueueReason};
use crate::stage::{Aggregate, Context, Refusal as _, StoredEvent};
use crate::vocabulary::{Channel, EvidenceKind, Language, RejectionReason, Team, Tier, Topic};

pub(super) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(super) fn start() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

pub(super) fn brand() -> Brand {
    "NB".parse().unwrap()
}

pub(super) fn player() -> Actor {
    Actor::player("p-1")
}

pub(super) fn another_player() -> Actor {
    Actor::player("p-2")
}

/// The agent who owns the cases in these tests.
pub(super) fn mette() -> Actor {
    Actor::agent("mette", &[Team::General])
}

pub(super) fn bo() -> Actor {
    Actor::agent("bo", &[Team::General])
}

pub(super) fn service() -> Actor {
    Actor::service("intake")
}

pub(super) fn bot() -> Actor {
    Actor { kind: crate::ActorKind::Bot, ..Actor::service("answers") }
}

/// A first message, by chat and in Danish.
pub(super) fn opening(text: &str) -> OpenCase {
    OpenCase {
        brand: brand(),
        number: CaseNumber::new(brand(), 2026, 412),
        channel: Channel::Chat,
        player: NewPlayer {
            player_id: "p-1".parse().unwrap(),
            username: "rasmus".to_owned(),
            email: Some("rasmus@player.example".to_owned()),
            time_zone: Some("Europe/Copenhagen".to_owned()),
            tier: Tier::Standard,
            marketing_consent: true,
        },
        language: Language::Da,
        language_source: LanguageSource::Stated,
        message_id: id(10),
        text: text.to_owned(),
        topic: None,
        product: None,
        previous_case: None,
        articles: articles(),
    }
}

pub(super) fn articles() -> Vec<Article> {
    [Language::Da, Language::Pl]
        .into_iter()
        .map(|language| Article { article_id: "bonus_wagering".to_owned(), topic: Topic::Bonus, language })
        .collect()
}

/// Another case of the same player and brand.
pub(super) fn other_case() -> OtherCase {
    OtherCase { case: CaseId(id(2)), brand: brand(), player_id: "p-1".parse().unwrap(), is_over: false }
}

pub(super) fn says(number: u128, text: &str) -> ReceiveMessage {
    ReceiveMessage { message_id: id(number), channel: Channel::Chat, subject: None, text: text.to_owned() }
}

pub(super) fn reply(number: u128, text: &str) -> SendReply {
    SendReply { message_id: id(number), text: text.to_owned(), machine_translated: false }
}

pub(super) fn file(number: u128, kind: EvidenceKind) -> UploadEvidence {
    UploadEvidence {
        evidence_id: id(number),
        kind,
        media_type: "image/jpeg".to_owned(),
        size_bytes: 1_000,
        sha256: [0xAB; 32],
        file_name: "pas.jpg".to_owned(),
        screening: Screening {
            received_sha256: [0xCD; 32],
            received_size_bytes: 1_200,
            reencoded: true,
            scanned_by: None,
            original_kept: false,
        },
    }
}

pub(super) fn solved() -> ResolveCase {
    ResolveCase { resolution: Resolution::Solved, summary: "Pengene er sendt.".to_owned() }
}

/// A case and the present moment.
#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) case: Case,
    pub(super) now: Timestamp,
}

impl Story {
    /// Nothing has happened.
    pub(super) fn nothing() -> Self {
        Self { case: Case::empty(id(1)), now: start() }
    }

    /// A case was opened by this command.
    pub(super) fn opened_by(open: OpenCase) -> Self {
        Self::nothing().when(&service(), open)
    }

    /// A case about this topic, by chat, in a queue.
    pub(super) fn queued(topic: Topic) -> Self {
        let open = OpenCase { topic: Some(topic), ..opening("Hej, jeg har brug for hjælp") };
        Self::opened_by(open).routing(CaseQueued {
            team: Team::General,
            skills: Vec::new(),
            queued_at: start(),
            reason: QueueReason::Triaged,
            preferred_agent: None,
            preferred_until: None,
        })
    }

    /// The same, owned by Mette.
    pub(super) fn taken(topic: Topic) -> Self {
        Self::queued(topic).taken_by("mette")
    }

    /// The same, resolved.
    pub(super) fn resolved() -> Self {
        Self::taken(Topic::Bonus).when(&mette(), solved())
    }

    pub(super) fn taken_by(self, agent: &str) -> Self {
        let agent_id: AgentId = agent.parse().unwrap();
        let by = AssignedBy::Offer;
        self.routing(CaseAssigned { agent_id, team: Team::General, by, weight: 1, channel: Channel::Chat })
    }

    /// Any stage's fact happened.
    pub(super) fn happened(mut self, event: impl Into<CaseEvent>) -> Self {
        let event = event.into();
        let recorded = Recorded { version: self.case.version + 1, recorded_at: self.now, event };
        self.case.evolve(&recorded);
        self
    }

    /// One of intake's facts happened.
    pub(super) fn fact(self, event: impl Into<Event>) -> Self {
        self.happened(event.into())
    }

    /// One of routing's facts happened.
    pub(super) fn routing(self, event: impl Into<crate::routing::Event>) -> Self {
        self.happened(event.into())
    }

    /// One of payments-escalation's facts happened.
    pub(super) fn payments(self, event: impl Into<payments::Event>) -> Self {
        self.happened(event.into())
    }

    pub(super) fn after(self, passed: SignedDuration) -> Self {
        Self { now: self.now + passed, ..self }
    }

    /// What this command comes to.
    pub(super) fn ask(&self, actor: &Actor, command: impl Into<Command>) -> Result<Vec<Event>, Refusal> {
        Intake::decide(&self.case, Context { actor, now: self.now }, &command.into())
    }

    /// The command is accepted and its facts happen.
    pub(super) fn when(self, actor: &Actor, command: impl Into<Command>) -> Self {
        let events = self.ask(actor, command).unwrap();
        events.into_iter().fold(self, Self::fact)
    }

    /// The stored names of the facts, without the stage.
    pub(super) fn facts(&self, actor: &Actor, command: impl Into<Command>) -> Vec<String> {
        let events = self.ask(actor, command).unwrap();
        events.iter().map(|event| event.stored_name().trim_start_matches("intake.").to_owned()).collect()
    }

    /// The reason of the refusal.
    pub(super) fn no(&self, actor: &Actor, command: impl Into<Command>) -> &'static str {
        match self.ask(actor, command) {
            Ok(events) => panic!("accepted: {events:?}"),
            Err(refusal) => refusal.reason(),
        }
    }
}
