//! A fact in one English sentence, short and plain, for people who read a case's history.
//!
//! Pure: the fact, the case as it stood right after it, and who acted. One file a stage, each an
//! exhaustive match, so that a new fact does not compile without its sentence.

mod intake;
mod notifications;
mod payments_escalation;
mod routing;
mod wording;

use case::{Actor, ActorKind, Case, CaseEvent, Team};

use wording::capitalised;
pub use wording::{agent_name, spoken};

/// What a fact says, before it is known who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sentence {
    /// Something the actor did; lacks its subject: `rejected the address proof: outdated`.
    Act(String),
    /// Something that came about; whole as it is: `The offer to Mette expired`.
    Fact(String),
}

impl Sentence {
    fn act(text: impl Into<String>) -> Self {
        Self::Act(text.into())
    }

    fn fact(text: impl Into<String>) -> Self {
        Self::Fact(text.into())
    }

    /// The whole sentence. `team` is the one the case belonged to: an agent of several acted for it.
    pub fn told_of(&self, actor: &Actor, team: Option<Team>) -> String {
        match self {
            Self::Act(text) => format!("{} {text}", actor_name(actor, team)),
            Self::Fact(text) => capitalised(text),
        }
    }
}

/// Says what happened. `case` is the case with the fact taken in. Personal texts that were opened are
/// quoted, shortened; those of an erased player read `[erased]`.
pub fn describe(event: &CaseEvent, case: &Case) -> Sentence {
    match event {
        CaseEvent::Intake(event) => intake::describe(event, case),
        CaseEvent::Routing(event) => routing::describe(event),
        CaseEvent::PaymentsEscalation(event) => payments_escalation::describe(event, case),
        CaseEvent::Notifications(event) => notifications::describe(event, case),
        CaseEvent::Unknown { name, .. } => Sentence::fact(format!("A fact this version cannot tell: {name}")),
    }
}

/// Who acted, as the subject of a sentence: `Mette (payments)`, `Player p-1001`, `Bot faq`, `Routing`.
pub fn actor_name(actor: &Actor, team: Option<Team>) -> String {
    match actor.kind {
        ActorKind::Player => format!("Player {}", actor.id),
        ActorKind::Bot => format!("Bot {}", actor.id),
        ActorKind::Service => match actor.id.as_str() {
            "intake" | "routing" | "payments_escalation" | "notifications" => {
                capitalised(&actor.id.replace('_', "-"))
            }
            other => format!("Service {other}"),
        },
        ActorKind::Agent => {
            let name = capitalised(&agent_name(&actor.id));
            let acting: Vec<String> = match team.filter(|team| actor.teams.contains(team)) {
                Some(team) => vec![spoken(team.as_str())],
                None => actor.teams.iter().map(|team| spoken(team.as_str())).collect(),
            };
            if acting.is_empty() { name } else { format!("{name} ({})", acting.join(", ")) }
        }
    }
}

#[cfg(test)]
mod tests;
