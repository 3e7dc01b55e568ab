//! What must hold of every case, whatever was asked of it (reliability.md, section 1): the same
//! predicates serve the property tests, the checker and the simulation.
//!
//! A stage's own invariants stand in its `invariants.rs`; here they are joined, and what only a whole
//! history shows is added. To add one: a sentence in the stage's file, numbered if reliability.md numbers
//! it, and a test that damages a case so that it is found.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use uuid::Uuid;

use crate::actor::Actor;
use crate::journey::{Case, CaseEvent, Recorded};
use crate::money::Money;
use crate::payments_escalation::{Event as PaymentsEvent, SECOND_FACTOR_WINDOW};
use crate::stage::Aggregate;
use crate::{intake, notifications, payments_escalation, routing};

/// A fact is recorded after it was decided: so much later at the most.
const APPEND_DELAY: SignedDuration = SignedDuration::from_mins(1);

/// One sentence for each invariant that the case as it stands breaks; empty when all hold.
pub fn violations(case: &Case) -> Vec<String> {
    [
        intake::invariants::violations(case),
        routing::invariants::violations(case),
        payments_escalation::invariants::violations(case),
        notifications::invariants::violations(case),
    ]
    .concat()
}

/// A fact as it stands in a history, with what the log knows of its command.
#[derive(Debug, Clone, Copy)]
pub struct Witnessed<'a> {
    /// The fact.
    pub recorded: &'a Recorded<CaseEvent>,
    /// Who asked for it, if known: shows whether approvals were given with a fresh second factor.
    pub actor: Option<&'a Actor>,
    /// Whether it is the last fact of its command. What a command records is one step: between its facts
    /// the case need not be sound.
    pub ends_command: bool,
}

/// One sentence for each invariant that the history of the case `id` breaks, after any of its commands.
pub fn history_violations<'a>(id: Uuid, history: impl IntoIterator<Item = Witnessed<'a>>) -> Vec<String> {
    let mut found = Vec::new();
    let mut case = Case::empty(id);
    let mut payments = Payments::default();
    for Witnessed { recorded, actor, ends_command } in history {
        if recorded.version != case.version + 1 {
            found.push(format!("I2: version {} follows version {}", recorded.version, case.version));
        }
        if case.updated_at.is_some_and(|before| recorded.recorded_at < before) {
            found.push(format!("I2: version {} was recorded before its predecessor", recorded.version));
        }
        if let CaseEvent::PaymentsEscalation(event) = &recorded.event {
            payments.check(event, recorded, actor, &mut found);
        }
        case.evolve(recorded);
        if ends_command {
            // The same sentence after every later command would hide the others.
            let new = violations(&case).into_iter().filter(|sentence| !found.contains(sentence));
            found.extend(new.collect::<Vec<_>>());
        }
    }
    found
}

/// I5 and I4 over the facts themselves: what the fold alone does not keep.
#[derive(Default)]
struct Payments {
    proposed: BTreeMap<Uuid, Money>,
    executed: BTreeSet<Uuid>,
}

impl Payments {
    fn check(
        &mut self,
        event: &PaymentsEvent,
        recorded: &Recorded<CaseEvent>,
        actor: Option<&Actor>,
        found: &mut Vec<String>,
    ) {
        let version = recorded.version;
        match event {
            PaymentsEvent::ResolutionProposed(one) => {
                self.proposed.insert(one.proposal_id, one.amount);
            }
            PaymentsEvent::ApprovalGranted(one) => {
                if self.proposed.get(&one.proposal_id) != Some(&one.amount) {
                    found.push(format!("I5: version {version} approves another amount than was proposed"));
                }
                let Some(actor) = actor else { return };
                if actor.id != one.approved_by.as_str() {
                    found.push(format!("I5: version {version} names another approver than its actor"));
                }
                if !actor.has_fresh_second_factor(recorded.recorded_at, SECOND_FACTOR_WINDOW + APPEND_DELAY) {
                    found.push(format!("I5: version {version} approves without a fresh second factor"));
                }
            }
            PaymentsEvent::PaymentExecuted(one) => {
                if !self.executed.insert(one.proposal_id) {
                    found.push(format!("I4: version {version} executes proposal {} again", one.proposal_id));
                }
                if self.proposed.get(&one.proposal_id) != Some(&one.amount) {
                    found.push(format!("I5: version {version} executes another amount than was proposed"));
                }
            }
            _ => {}
        }
    }
}
