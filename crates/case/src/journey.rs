//! A case: the fold of all four stages' facts, in the order in which they happened.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use uuid::Uuid;

use crate::ids::{Brand, CaseId, CaseNumber};
use crate::personal::Personal;
use crate::stage::{Aggregate, DecodeError, StoredEvent};
use crate::vocabulary::Team;
use crate::{intake, notifications, payments_escalation, routing};

/// Where a case stands (domain.md, A case).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CaseState {
    /// Opened, or not even that.
    New,
    /// What it is about is known.
    Triaged,
    /// It waits for an agent.
    Queued,
    /// An agent was asked to take it.
    Offered,
    /// An agent owns it.
    Assigned,
    /// The agent has answered.
    InProgress,
    /// The player was asked for something.
    WaitingPlayer,
    /// A third party (the gateway) was asked for something.
    WaitingThirdParty,
    /// Payments-escalation has it.
    Escalated,
    /// Solved as far as we can see.
    Resolved,
    /// At its end.
    Closed,
    /// Come back, and not yet in a queue.
    Reopened,
    /// A help-centre answer was enough.
    SelfServed,
    /// It goes on in another case.
    Merged,
    /// It was no request.
    Rejected,
    /// The chat dropped.
    Abandoned,
}

impl CaseState {
    /// Every state.
    pub const ALL: &'static [Self] = &[
        Self::New,
        Self::Triaged,
        Self::Queued,
        Self::Offered,
        Self::Assigned,
        Self::InProgress,
        Self::WaitingPlayer,
        Self::WaitingThirdParty,
        Self::Escalated,
        Self::Resolved,
        Self::Closed,
        Self::Reopened,
        Self::SelfServed,
        Self::Merged,
        Self::Rejected,
        Self::Abandoned,
    ];

    /// The word used in APIs and read models.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Triaged => "triaged",
            Self::Queued => "queued",
            Self::Offered => "offered",
            Self::Assigned => "assigned",
            Self::InProgress => "in_progress",
            Self::WaitingPlayer => "waiting_player",
            Self::WaitingThirdParty => "waiting_third_party",
            Self::Escalated => "escalated",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::SelfServed => "self_served",
            Self::Merged => "merged",
            Self::Rejected => "rejected",
            Self::Abandoned => "abandoned",
        }
    }

    /// Whether the work is over (it may be reopened from some of these).
    pub const fn is_over(self) -> bool {
        matches!(
            self,
            Self::Resolved
                | Self::Closed
                | Self::SelfServed
                | Self::Merged
                | Self::Rejected
                | Self::Abandoned
        )
    }
}

impl fmt::Display for CaseState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a fact of this stored name stands in a case's stream: agents and players have streams of their own.
pub fn is_case_fact(stored_name: &str) -> bool {
    !["agent.", "privacy."].iter().any(|own| stored_name.starts_with(own))
}

/// Any fact about a case: the sum of the four stages' events, and those we do not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseEvent {
    /// One of intake's.
    Intake(intake::Event),
    /// One of routing's.
    Routing(routing::Event),
    /// One of payments-escalation's.
    PaymentsEscalation(payments_escalation::Event),
    /// One of notifications'.
    Notifications(notifications::Event),
    /// One that this build does not know: it folds harmlessly, and is kept as it is.
    Unknown {
        /// Its stored name.
        name: String,
        /// Its stored version.
        schema_version: u16,
        /// Its bytes.
        payload: Vec<u8>,
    },
}

impl CaseEvent {
    /// The stage whose fact it is: the first part of its stored name.
    pub fn stage(&self) -> &str {
        let name = self.stored_name();
        name.split_once('.').map_or(name, |(stage, _)| stage)
    }
}

macro_rules! from_stage {
    ($($variant:ident: $stage:ident),+) => {
        $(impl From<$stage::Event> for CaseEvent {
            fn from(event: $stage::Event) -> Self {
                Self::$variant(event)
            }
        })+

        impl StoredEvent for CaseEvent {
            fn stored_name(&self) -> &str {
                match self {
                    $(Self::$variant(event) => event.stored_name(),)+
                    Self::Unknown { name, .. } => name,
                }
            }

            fn schema_version(&self) -> u16 {
                match self {
                    $(Self::$variant(event) => event.schema_version(),)+
                    Self::Unknown { schema_version, .. } => *schema_version,
                }
            }

            fn encode(&self) -> Result<Vec<u8>, DecodeError> {
                match self {
                    $(Self::$variant(event) => event.encode(),)+
                    Self::Unknown { payload, .. } => Ok(payload.clone()),
                }
            }

            fn decode(name: &str, schema_version: u16, payload: &[u8]) -> Result<Self, DecodeError> {
                $(if let Some(read) = $stage::Event::decode_known(name, schema_version, payload) {
                    return read.map(Self::$variant).map_err(|source| DecodeError {
                        name: name.to_owned(),
                        schema_version,
                        source,
                    });
                })+
                Ok(Self::Unknown { name: name.to_owned(), schema_version, payload: payload.to_vec() })
            }

            fn visit_personal(&mut self, visit: &mut dyn FnMut(&'static str, &mut Personal)) {
                match self {
                    $(Self::$variant(event) => event.visit_personal(visit),)+
                    Self::Unknown { .. } => {}
                }
            }
        }
    };
}

from_stage! {
    Intake: intake,
    Routing: routing,
    PaymentsEscalation: payments_escalation,
    Notifications: notifications
}

/// A fact with its place and time in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded<E> {
    /// Its version in the stream, from 1.
    pub version: u64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The fact.
    pub event: E,
}

/// A case as its facts add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// The version of the last fact taken in; 0 before the first.
    pub version: u64,
    /// Where it stands.
    pub state: CaseState,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// When the last fact was recorded.
    pub updated_at: Option<Timestamp>,
    /// Intake's part.
    pub intake: intake::State,
    /// Routing's part.
    pub routing: routing::State,
    /// Payments-escalation's part.
    pub payments_escalation: payments_escalation::State,
    /// Notifications' part.
    pub notifications: notifications::State,
    /// Stages of which a fact was met that this build does not know.
    unknown_stages: BTreeSet<String>,
}

impl Case {
    /// Whether it was opened at all; facts of something else do not make a case.
    pub fn exists(&self) -> bool {
        self.intake.brand.is_some()
    }

    /// The brand (tenant) it belongs to.
    pub fn brand(&self) -> Option<&Brand> {
        self.intake.brand.as_ref()
    }

    /// Its number.
    pub fn number(&self) -> Option<&CaseNumber> {
        self.intake.number.as_ref()
    }

    /// The state after `event`, or none if the event leaves it.
    fn next_state(&self, event: &CaseEvent) -> Option<CaseState> {
        use intake::Event as I;
        use payments_escalation::Event as P;
        use routing::Event as R;
        Some(match event {
            CaseEvent::Intake(event) => match event {
                I::CaseOpened(_) => CaseState::New,
                I::CaseClassified(_) if self.state == CaseState::New => CaseState::Triaged,
                I::ReplySent(reply) if matches!(reply.author, intake::Author::Agent(_)) => match self.state {
                    CaseState::Assigned => CaseState::InProgress,
                    _ => return None,
                },
                I::EvidenceRequested(_) | I::EvidenceRejected(_) => CaseState::WaitingPlayer,
                I::MessageReceived(_) | I::EvidenceReceived(_) if self.state == CaseState::WaitingPlayer => {
                    self.working_state()
                }
                I::AnswerAccepted(_) => CaseState::SelfServed,
                I::CaseResolved(_) => CaseState::Resolved,
                I::CaseClosed(_) => CaseState::Closed,
                I::CaseReopened(_) => CaseState::Reopened,
                I::CaseMerged(_) => CaseState::Merged,
                I::CaseRejected(_) => CaseState::Rejected,
                I::CaseAbandoned(_) => CaseState::Abandoned,
                _ => return None,
            },
            CaseEvent::Routing(event) => match event {
                R::CaseQueued(_) | R::OfferDeclined(_) | R::OfferExpired(_) | R::CaseReleased(_) => {
                    CaseState::Queued
                }
                R::CaseOffered(_) => CaseState::Offered,
                R::CaseAssigned(_) => CaseState::Assigned,
                _ => return None,
            },
            // The gateway may answer after the case is over; that alone does not bring it back.
            CaseEvent::PaymentsEscalation(_) if self.state.is_over() => return None,
            CaseEvent::PaymentsEscalation(event) => match event {
                P::PaymentEscalated(_) | P::PaymentFailed(_) | P::ResolutionProposed(_) => {
                    CaseState::Escalated
                }
                P::PaymentInformationRequested(_) => CaseState::WaitingPlayer,
                P::GatewayContacted(_) => CaseState::WaitingThirdParty,
                P::GatewayReplied(_)
                    if self.state == CaseState::WaitingThirdParty
                        && !self.payments_escalation.awaits_gateway() =>
                {
                    CaseState::Escalated
                }
                P::PaymentExecuted(_) | P::PaymentRefused(_) | P::PaymentReturned(_) => self.working_state(),
                _ => return None,
            },
            CaseEvent::Notifications(_) | CaseEvent::Unknown { .. } => return None,
        })
    }

    /// Where the case stands when nobody is waited for.
    fn working_state(&self) -> CaseState {
        use payments_escalation::Progress;
        match self.payments_escalation.progress {
            Some(Progress::Executed | Progress::Refused | Progress::Returned) | None => {
                if self.routing.owner.is_some() {
                    CaseState::InProgress
                } else if self.routing.offer.is_some() {
                    CaseState::Offered
                } else if self.routing.queued.is_some() {
                    CaseState::Queued
                } else {
                    CaseState::Triaged
                }
            }
            Some(_) => CaseState::Escalated,
        }
    }
}

impl Aggregate for Case {
    type Event = CaseEvent;
    const WHAT: &'static str = "case";
    const NOT_FOUND: &'static str = "CASE_NOT_FOUND";

    fn empty(id: Uuid) -> Self {
        Self {
            id: CaseId(id),
            version: 0,
            state: CaseState::New,
            opened_at: None,
            updated_at: None,
            intake: intake::State::default(),
            routing: routing::State::default(),
            payments_escalation: payments_escalation::State::default(),
            notifications: notifications::State::default(),
            unknown_stages: BTreeSet::new(),
        }
    }

    fn evolve(&mut self, recorded: &Recorded<CaseEvent>) {
        let at = recorded.recorded_at;
        match &recorded.event {
            CaseEvent::Intake(event) => {
                if matches!(event, intake::Event::SelfExclusionRequested(_)) {
                    self.notifications.exclusion_requested(recorded.version);
                }
                if matches!(event, intake::Event::MessageReceived(_) | intake::Event::EvidenceReceived(_)) {
                    self.payments_escalation.player_answered();
                }
                self.intake.evolve(event, at);
            }
            CaseEvent::Routing(event) => self.routing.evolve(event),
            CaseEvent::PaymentsEscalation(event) => self.payments_escalation.evolve(event, at),
            CaseEvent::Notifications(event) => self.notifications.evolve(event, at),
            CaseEvent::Unknown { .. } => {
                self.unknown_stages.insert(recorded.event.stage().to_owned());
            }
        }
        if let Some(state) = self.next_state(&recorded.event) {
            if state.is_over() && !self.state.is_over() {
                self.routing.end_of_work();
            }
            self.state = state;
        }
        self.version = recorded.version;
        self.opened_at.get_or_insert(at);
        self.updated_at = Some(at);
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn exists(&self) -> bool {
        Self::exists(self)
    }

    fn spoken_name(&self) -> Option<String> {
        self.number().map(ToString::to_string)
    }

    fn tenant(&self) -> Option<&str> {
        self.intake.brand.as_ref().map(Brand::as_str)
    }

    fn data_subject(&self) -> Option<&str> {
        self.intake.player.as_ref().map(|player| player.player_id.as_str())
    }

    fn team(&self) -> Option<Team> {
        self.routing.team
    }

    fn unknown_stage(&self, stage: &str) -> bool {
        self.unknown_stages.contains(stage)
    }
}
