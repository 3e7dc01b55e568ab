//! The pure core: what a case is, what may happen to it, and who says no.
//!
//! A case is the fold ([`Case::evolve`]) of one stream of facts. Four stages own four kinds of facts:
//! [`intake`], [`routing`], [`payments_escalation`], [`notifications`]; each has its commands, events,
//! refusals and one `decide`, the only place that refuses. `evolve` cannot fail and holds no rule.
//!
//! Must never be here: async, I/O, a clock, randomness, gRPC, SQL, tracing. Time, ids and policy
//! arrive in the command or its [`Context`].
//!
//! To add a fact: a struct in the stage's `event.rs`, a line in its `stage_events!` table, its fold in
//! `state.rs`, a golden file (CONTRIBUTING.md shows each step).

mod actor;
mod ids;
mod journey;
mod money;
mod personal;
mod stage;
mod stored_shape;
mod vocabulary;

pub mod calendar;
pub mod intake;
pub mod invariants;
pub mod notifications;
pub mod payments_escalation;
pub mod privacy;
pub mod routing;
pub mod sla;

pub use actor::{Actor, ActorKind};
pub use ids::{AgentId, Brand, CaseId, CaseNumber, InvalidId, PlayerId, TransactionId, derive};
pub use journey::{Case, CaseEvent, CaseState, Recorded, is_case_fact};
pub use money::{InvalidMoney, Money};
pub use personal::{Personal, SealedText, VisitPersonal};
pub use stage::{Aggregate, Context, DecodeError, Refusal, Stage, StoredEvent};
pub use stored_shape::{StoredShape, stored_shapes};
pub use vocabulary::{
    Channel, EvidenceKind, InvalidWord, Language, RejectionReason, Skill, Team, Tier, Topic,
};
