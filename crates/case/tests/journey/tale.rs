//! A case on its way: what is asked of it, by whom and when, and what was recorded.

use case::payments_escalation::{self, PaymentsEscalation};
use case::{
    Actor, Aggregate, Case, CaseEvent, CaseState, Context, Recorded, Refusal, Stage, StoredEvent, intake,
    notifications, routing,
};
use jiff::Timestamp;
use uuid::Uuid;

/// A command of any stage.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Intake(intake::Command),
    Routing(routing::Command),
    Payments(payments_escalation::Command),
    Notifications(notifications::Command),
}

/// The stages in the order of the journey, as they are named in commands and stored events.
pub(crate) const STAGES: [&str; 4] = ["intake", "routing", "payments_escalation", "notifications"];

impl Command {
    pub(crate) const fn stage(&self) -> &'static str {
        match self {
            Self::Intake(_) => STAGES[0],
            Self::Routing(_) => STAGES[1],
            Self::Payments(_) => STAGES[2],
            Self::Notifications(_) => STAGES[3],
        }
    }

    /// The command's name, such as `OpenCase`.
    pub(crate) fn name(&self) -> String {
        let variant = match self {
            Self::Intake(command) => format!("{command:?}"),
            Self::Routing(command) => format!("{command:?}"),
            Self::Payments(command) => format!("{command:?}"),
            Self::Notifications(command) => format!("{command:?}"),
        };
        variant.chars().take_while(char::is_ascii_alphanumeric).collect()
    }
}

/// Somebody asks something at some moment.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) actor: Actor,
    pub(crate) command: Command,
    pub(crate) at: Timestamp,
}

/// A step that one fact made the case take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step {
    pub(crate) from: Option<CaseState>,
    pub(crate) to: CaseState,
    pub(crate) event: String,
}

/// A case and its history.
#[derive(Debug, Clone)]
pub(crate) struct Tale {
    pub(crate) case: Case,
    pub(crate) now: Timestamp,
    pub(crate) history: Vec<(Recorded<CaseEvent>, Actor, bool)>,
    pub(crate) steps: Vec<Step>,
}

impl Tale {
    /// Before the case was opened: a Monday morning.
    pub(crate) fn new() -> Self {
        Self {
            case: Case::empty(Uuid::from_u128(1)),
            now: "2026-03-02T09:00:00Z".parse().unwrap(),
            history: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// What would be answered: facts, or the reason of a refusal.
    pub(crate) fn ask(&self, act: &Act) -> Result<Vec<CaseEvent>, &'static str> {
        let context = Context { actor: &act.actor, now: act.at };
        match &act.command {
            Command::Intake(command) => decide::<intake::Intake>(&self.case, context, command),
            Command::Routing(command) => decide::<routing::Routing>(&self.case, context, command),
            Command::Payments(command) => decide::<PaymentsEscalation>(&self.case, context, command),
            Command::Notifications(command) => {
                decide::<notifications::Notifications>(&self.case, context, command)
            }
        }
    }

    /// The act was accepted and recorded this.
    pub(crate) fn record(&mut self, act: &Act, events: Vec<CaseEvent>) {
        self.now = self.now.max(act.at);
        let count = events.len();
        for (index, event) in events.into_iter().enumerate() {
            let from = self.case.exists().then_some(self.case.state);
            let name = event.stored_name().to_owned();
            let recorded = Recorded { version: self.case.version + 1, recorded_at: self.now, event };
            self.case.evolve(&recorded);
            self.history.push((recorded, act.actor.clone(), index + 1 == count));
            if from != Some(self.case.state) {
                self.steps.push(Step { from, to: self.case.state, event: name });
            }
        }
    }

    /// The tale after an act that must be accepted and record something.
    #[must_use]
    pub(crate) fn after(mut self, act: &Act) -> Self {
        let events = self.ask(act).unwrap_or_else(|reason| panic!("{act:?} is refused: {reason}"));
        assert!(!events.is_empty(), "{act:?} records nothing");
        self.record(act, events);
        self
    }
}

fn decide<S: Stage<Aggregate = Case>>(
    case: &Case,
    context: Context<'_>,
    command: &S::Command,
) -> Result<Vec<CaseEvent>, &'static str> {
    match S::decide(case, context, command) {
        Ok(events) => Ok(events.into_iter().map(Into::into).collect()),
        Err(refusal) => Err(refusal.reason()),
    }
}
