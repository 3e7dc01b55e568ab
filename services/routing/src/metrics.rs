//! The figures of promises and queues that this service reports beyond those that every service has.

use std::sync::{Arc, OnceLock};

use ambient::Clock;
use case::routing::{ClockKind, Event};
use case::{Case, CaseEvent};
use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};
use service_kit::Parts;
use service_kit::metrics::{sample, seconds};

use crate::read_model::ReadModel;

/// Boundaries for what people do, in seconds: from half a minute to a week.
const PATIENCE: &[f64] =
    &[30.0, 60.0, 120.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0, 259_200.0, 604_800.0];

/// Every clock there is.
const CLOCKS: [ClockKind; 4] =
    [ClockKind::FirstResponse, ClockKind::NextUpdate, ClockKind::Resolution, ClockKind::Jurisdiction];

struct Figures {
    warnings: Counter<u64>,
    breaches: Counter<u64>,
    escalations: Counter<u64>,
    first_response: Histogram<f64>,
    resolution: Histogram<f64>,
}

static FIGURES: OnceLock<Figures> = OnceLock::new();

fn figures() -> &'static Figures {
    FIGURES.get_or_init(|| {
        let counter = |name, description| {
            global::meter("casetrail").u64_counter(name).with_description(description).build()
        };
        Figures {
            warnings: counter("casetrail.sla.warnings", "Clocks that passed their target."),
            breaches: counter("casetrail.sla.breaches", "Promises that were broken."),
            escalations: counter("casetrail.escalations", "Cases that were escalated, by why."),
            first_response: seconds(
                "casetrail.first_response.duration",
                "From the start of the clock until an agent first answered.",
                PATIENCE,
            ),
            resolution: seconds(
                "casetrail.resolution.duration",
                "From the start of the clock until the case was resolved.",
                PATIENCE,
            ),
        }
    })
}

/// Before anything happened the figures are there, at 0: a first breach is seen as a rise.
pub(crate) fn begin() {
    for clock in CLOCKS {
        figures().warnings.add(0, &[label(clock)]);
        figures().breaches.add(0, &[label(clock)]);
    }
    figures().escalations.add(0, &[KeyValue::new("casetrail.reason", "sla_breach")]);
}

/// Counts what was recorded on a case.
pub(crate) fn witness(case: &Case, events: &[CaseEvent]) {
    for event in events {
        let CaseEvent::Routing(event) = event else { continue };
        match event {
            Event::SlaWarned(warned) => figures().warnings.add(1, &[label(warned.clock)]),
            Event::SlaBreached(breached) => figures().breaches.add(1, &[label(breached.clock)]),
            Event::EscalationRaised(_) => {
                figures().escalations.add(1, &[KeyValue::new("casetrail.reason", "sla_breach")]);
            }
            Event::SlaMet(met) => {
                let histogram = match met.clock {
                    ClockKind::FirstResponse => &figures().first_response,
                    ClockKind::Resolution => &figures().resolution,
                    ClockKind::NextUpdate | ClockKind::Jurisdiction => continue,
                };
                if let Some(clock) = case.routing.clocks.get(&met.clock) {
                    let took = met.met_at.duration_since(clock.started_at).as_secs_f64();
                    let within = KeyValue::new("casetrail.within_target", met.within_target);
                    histogram.record(took.max(0.0), &[within]);
                }
            }
            _ => {}
        }
    }
}

fn label(clock: ClockKind) -> KeyValue {
    let word = match clock {
        ClockKind::FirstResponse => "first_response",
        ClockKind::NextUpdate => "next_update",
        ClockKind::Resolution => "resolution",
        ClockKind::Jurisdiction => "jurisdiction",
    };
    KeyValue::new("casetrail.clock", word)
}

/// Reports how long the queues are, and how long their oldest case has waited.
pub(crate) fn observe_queues(parts: &Parts, model: &ReadModel) {
    let depth = model.clone();
    let description = "Cases that wait for an agent, by team.";
    sample(&parts.shutdown, "casetrail.queue.depth", "", description, move || {
        let model = depth.clone();
        async move {
            let queues = model.queues().await?;
            Ok(queues.into_iter().map(|queue| (queue.cases, vec![team(queue.team)])).collect())
        }
    });
    let (oldest, clock): (_, Arc<dyn Clock>) = (model.clone(), Arc::clone(&parts.clock));
    let description = "How long the oldest case of a queue has waited, by team; 0 if none waits.";
    sample(&parts.shutdown, "casetrail.queue.oldest_age", "s", description, move || {
        let (model, clock) = (oldest.clone(), Arc::clone(&clock));
        async move {
            let now = clock.now();
            let queues = model.queues().await?;
            let age = |since: jiff::Timestamp| now.duration_since(since).as_secs_f64().max(0.0);
            Ok(queues
                .into_iter()
                .map(|queue| (queue.oldest_queued_at.map_or(0.0, age), vec![team(queue.team)]))
                .collect())
        }
    });
}

fn team(team: case::Team) -> KeyValue {
    KeyValue::new("casetrail.team", team.as_str())
}
