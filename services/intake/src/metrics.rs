//! The one figure this service reports beyond those that every service has: how many cases are open.

use std::collections::BTreeMap;

use case::{CaseState, Stage};
use opentelemetry::KeyValue;
use service_kit::metrics::{Reading, sample};
use service_kit::store::Store;
use service_kit::{Failure, Parts};

use crate::read_model;

/// Reports how many cases are in each state in which there is something left to do.
pub(crate) fn observe_open_cases(parts: &Parts, store: &Store) {
    let store = store.clone();
    let description = "Cases with something left to do, by the stage that has them and by state.";
    sample(&parts.shutdown, "casetrail.cases.open", "", description, move || {
        let store = store.clone();
        async move { open_cases(&store).await }
    });
}

async fn open_cases(store: &Store) -> Result<Vec<Reading>, Failure> {
    let counted: BTreeMap<String, u32> = read_model::count_open(store).await?.into_iter().collect();
    let open = CaseState::ALL.iter().filter(|state| !state.is_over());
    Ok(open
        .map(|state| {
            let count = counted.get(state.as_str()).copied().unwrap_or(0);
            let stage = KeyValue::new("casetrail.stage", stage_of(*state));
            (f64::from(count), vec![stage, KeyValue::new("casetrail.state", state.as_str())])
        })
        .collect())
}

/// Whose turn it is in a state.
const fn stage_of(state: CaseState) -> &'static str {
    match state {
        CaseState::Queued
        | CaseState::Offered
        | CaseState::Assigned
        | CaseState::InProgress
        | CaseState::WaitingPlayer
        | CaseState::Reopened => case::routing::Routing::NAME,
        CaseState::WaitingThirdParty | CaseState::Escalated => {
            case::payments_escalation::PaymentsEscalation::NAME
        }
        _ => case::intake::Intake::NAME,
    }
}
