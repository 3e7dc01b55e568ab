//! Figures that a database has to be asked for: asked for now and then, reported whenever metrics are read.
//!
//! Every replica that can tell reports them, and all tell the same: readers take the largest, never the sum.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use event_bus::EventBus;
use opentelemetry::{KeyValue, global};

use crate::failure::Failure;
use crate::shutdown::Shutdown;

/// How often it is asked.
const EVERY: Duration = Duration::from_secs(5);
/// How many dead letters are counted; that there are more changes nothing for whoever is called.
const MOST_DEAD_LETTERS: usize = 1_000;

/// One value of a figure, with its labels.
pub type Reading = (f64, Vec<KeyValue>);

/// Asks for a figure until shutdown, and reports the last answer. While nothing answers, nothing is reported.
pub fn sample<F>(
    shutdown: &Shutdown,
    name: &'static str,
    unit: &'static str,
    description: &'static str,
    ask: impl Fn() -> F + Send + Sync + 'static,
) where
    F: Future<Output = Result<Vec<Reading>, Failure>> + Send,
{
    let last = Arc::new(Mutex::new(Vec::<Reading>::new()));
    let told = Arc::clone(&last);
    global::meter("casetrail")
        .f64_observable_gauge(name)
        .with_unit(unit)
        .with_description(description)
        .with_callback(move |observer| {
            for (value, labels) in told.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                observer.observe(*value, labels);
            }
        })
        .build();
    let soft = shutdown.soft().clone();
    shutdown.spawn_background(async move {
        loop {
            let readings = ask().await.unwrap_or_else(|failure| {
                tracing::debug!(%failure, name, "a figure cannot be had");
                Vec::new()
            });
            *last.lock().unwrap_or_else(PoisonError::into_inner) = readings;
            tokio::select! {
                () = soft.cancelled() => break,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        // Whoever has stopped has nothing to tell.
        last.lock().unwrap_or_else(PoisonError::into_inner).clear();
    });
}

/// Reports how many events were put aside, by consumer: those that run here and have none, at 0.
pub fn observe_dead_letters(bus: &Arc<dyn EventBus>, shutdown: &Shutdown) {
    let bus = Arc::downgrade(bus);
    let description = "Events that a reaction failed at for good and that wait to be redriven.";
    sample(shutdown, "casetrail.dead_letters", "", description, move || {
        let bus = bus.upgrade();
        async move {
            let Some(bus) = bus else { return Ok(Vec::new()) };
            let mut counts: BTreeMap<String, f64> =
                bus.subscriptions().iter().map(|one| (one.name().to_owned(), 0.0)).collect();
            let letters = bus
                .dead_letters(None, MOST_DEAD_LETTERS)
                .await
                .map_err(|error| Failure::Unavailable(error.to_string()))?;
            for letter in letters {
                *counts.entry(letter.consumer).or_default() += 1.0;
            }
            let reading =
                |(consumer, count)| (count, vec![KeyValue::new("messaging.consumer.group.name", consumer)]);
            Ok(counts.into_iter().map(reading).collect())
        }
    });
}
