//! Queues, agents and who holds what: tables derived from facts, with the position they stand for.

mod agents;
mod claims;
mod queue;

use case::Case;
use event_bus::Subscription;
use jiff::SignedDuration;
use service_kit::projection::{Derivation, project_cases, project_facts};
use service_kit::store::Store;
use service_kit::{Executor, Failure, Parts};

pub(crate) use agents::{AGENTS, AgentLine};
pub(crate) use queue::{QUEUE, QueueLine};

/// What derives the tables' rows.
pub(crate) fn derivations() -> [Derivation; 2] {
    [Derivation::cases(queue::QueueRows), Derivation::facts(agents::AgentRows)]
}

/// Reads the tables, and knows how far they are. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ReadModel {
    store: Store,
    queue: Subscription,
    agents: Subscription,
    offer_time_limit: SignedDuration,
    away_after_missed_offers: u32,
}

impl ReadModel {
    /// Keeps the tables up to date until shutdown.
    pub(crate) async fn start(
        parts: &Parts,
        store: &Store,
        executor: &Executor<Case>,
        offer_time_limit: SignedDuration,
        away_after_missed_offers: u32,
    ) -> Result<Self, event_bus::Error> {
        Ok(Self {
            store: store.clone(),
            queue: project_cases(parts, store, executor, queue::QueueRows).await?,
            agents: project_facts(parts, store, agents::AgentRows).await?,
            offer_time_limit,
            away_after_missed_offers,
        })
    }

    /// The consumers that keep it up to date.
    pub(crate) fn subscriptions(&self) -> [Subscription; 2] {
        [self.queue.clone(), self.agents.clone()]
    }

    /// Waits until everything up to and with a position is in the tables.
    pub(crate) async fn reach(&self, position: u64) -> Result<(), Failure> {
        for subscription in [&self.queue, &self.agents] {
            subscription.wait_until(position).await.map_err(|stopped| Failure::Away(stopped.to_string()))?;
        }
        Ok(())
    }
}

/// A word or value of the domain as JSON in a column.
fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map_err(|error| Failure::Internal(format!("a row cannot be written: {error}")))
}

/// The inverse of [`json`].
fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::Internal(format!("a row does not read: {error}")))
}

/// A word of the domain in a column.
fn word<T: std::str::FromStr>(text: &str) -> Result<T, Failure>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| Failure::Internal(format!("a row does not read: {error}")))
}
