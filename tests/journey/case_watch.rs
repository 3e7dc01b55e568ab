//! A case's facts as they come, through `WatchCase`: how these tests wait for what should happen next.

use std::time::Duration;

use contracts::history::v1::{Entry, WatchCaseRequest, WatchCaseResponse};
use serde_json::Value;
use stories::Stage;
use tonic::{Status, Streaming};

use crate::people::{ask, auditor};

/// Longer than anything takes that does not wait for the clock; reached only when something is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A case being watched.
pub(crate) struct CaseWatch {
    entries: Streaming<WatchCaseResponse>,
    /// What came so far.
    pub(crate) seen: Vec<Entry>,
}

impl CaseWatch {
    /// Watches a case from its first fact.
    pub(crate) async fn of(stage: &Stage, case: &str) -> Self {
        Self::after(stage, case, 0).await.unwrap()
    }

    /// Watches a case from the fact after a version.
    pub(crate) async fn after(stage: &Stage, case: &str, after_version: u64) -> Result<Self, Status> {
        let request = WatchCaseRequest { case: case.to_owned(), after_version };
        let entries = stage.history().watch_case(ask(&auditor(), request)).await?.into_inner();
        Ok(Self { entries, seen: Vec::new() })
    }

    /// The next fact, or how the watch ended.
    pub(crate) async fn next(&mut self) -> Result<Entry, Status> {
        let message = tokio::time::timeout(PATIENCE, self.entries.message()).await.unwrap_or_else(|_| {
            let types: Vec<&str> = self.seen.iter().map(|entry| entry.r#type.as_str()).collect();
            panic!("nothing more happened after: {}", types.join(", "))
        })?;
        let entry = message.expect("a watch ends with a status").entry.expect("an answer holds an entry");
        self.seen.push(entry.clone());
        Ok(entry)
    }

    /// The next fact of this type, with its details. What comes before it is passed over.
    pub(crate) async fn until(&mut self, event_type: &str) -> (Entry, Value) {
        loop {
            let entry = self.next().await.unwrap();
            if entry.r#type == event_type {
                let details = serde_json::from_str(&entry.details_json).unwrap();
                return (entry, details);
            }
        }
    }

    /// The next fact of this type whose details fit.
    pub(crate) async fn until_matching(
        &mut self,
        event_type: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> (Entry, Value) {
        loop {
            let (entry, details) = self.until(event_type).await;
            if fits(&details) {
                return (entry, details);
            }
        }
    }
}
