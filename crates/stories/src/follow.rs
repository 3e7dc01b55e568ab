//! Following one case through its live watch: waiting for what should happen next.

use std::time::Duration;

use anyhow::{Context, bail};
use contracts::history::v1::{Case, Entry, GetCaseRequest, WatchCaseRequest, WatchCaseResponse};
use serde_json::Value;
use tonic::Streaming;

use crate::people::Person;
use crate::stage::Stage;

/// Longer than anything takes that does not wait for the clock; reached only when something is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A case being followed.
pub(crate) struct Follow<'a> {
    stage: &'a Stage,
    /// Its number.
    pub(crate) number: String,
    watch: Streaming<WatchCaseResponse>,
    seen: Vec<Entry>,
}

impl<'a> Follow<'a> {
    /// Begins to follow a case, from its first fact.
    pub(crate) async fn case(stage: &'a Stage, number: &str) -> anyhow::Result<Self> {
        let request = WatchCaseRequest { case: number.to_owned(), after_version: 0 };
        let watch = stage
            .history()
            .watch_case(Person::system("story").ask(request)?)
            .await
            .context("watching the case")?
            .into_inner();
        Ok(Self { stage, number: number.to_owned(), watch, seen: Vec::new() })
    }

    /// Waits for the first fact of this type for which `matches` holds, from the beginning of the case.
    pub(crate) async fn until(
        &mut self,
        event_type: &str,
        matches: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        self.until_after(0, event_type, matches).await.map(|(_, details)| details)
    }

    /// As [`Follow::until`], for facts after a version; gives the fact's version too.
    pub(crate) async fn until_after(
        &mut self,
        after_version: u64,
        event_type: &str,
        matches: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<(u64, Value)> {
        let mut next = 0;
        loop {
            while let Some(entry) = self.seen.get(next) {
                next += 1;
                if entry.version > after_version && entry.r#type == event_type {
                    let details: Value = serde_json::from_str(&entry.details_json)?;
                    if matches(&details) {
                        return Ok((entry.version, details));
                    }
                }
            }
            match tokio::time::timeout(PATIENCE, self.watch.message()).await {
                Ok(Ok(Some(WatchCaseResponse { entry: Some(entry) }))) => self.seen.push(entry),
                Ok(Ok(_)) => bail!("the watch of {} ended while waiting for {event_type}", self.number),
                Ok(Err(status)) => bail!("the watch of {} failed: {status}", self.number),
                Err(_) => bail!(
                    "{} did not come to {event_type} after version {after_version}; it has: {}",
                    self.number,
                    self.seen.iter().map(|entry| entry.r#type.as_str()).collect::<Vec<_>>().join(", ")
                ),
            }
        }
    }

    /// The version of the last fact seen.
    pub(crate) fn version(&self) -> u64 {
        self.seen.last().map_or(0, |entry| entry.version)
    }

    /// How many facts of this type were seen so far.
    pub(crate) fn count(&self, event_type: &str) -> usize {
        self.seen.iter().filter(|entry| entry.r#type == event_type).count()
    }

    /// How many facts of this type for which `matches` holds were seen so far.
    pub(crate) fn count_matching(
        &self,
        event_type: &str,
        matches: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<usize> {
        let mut count = 0;
        for entry in self.seen.iter().filter(|entry| entry.r#type == event_type) {
            count += usize::from(matches(&serde_json::from_str(&entry.details_json)?));
        }
        Ok(count)
    }

    /// Waits until a notification of this kind was sent, and gives what was sent (where there is an outbox).
    pub(crate) async fn told(&mut self, kind: &str) -> anyhow::Result<String> {
        self.told_after(0, kind).await
    }

    /// As [`Follow::told`], for notifications sent after a version.
    pub(crate) async fn told_after(&mut self, after_version: u64, kind: &str) -> anyhow::Result<String> {
        let sent = |details: &Value| details["kind"] == kind;
        let (_, details) = self.until_after(after_version, "notifications.notification_sent", sent).await?;
        let id = details["notification_id"].as_str().context("a sent notification has an id")?;
        Ok(self.stage.sent(id)?.unwrap_or_default())
    }

    /// Waits until an offer is out to this agent, and gives its id.
    pub(crate) async fn offered_to(&mut self, agent_id: &str, after_version: u64) -> anyhow::Result<String> {
        let to_agent = |details: &Value| details["agent_id"] == agent_id;
        let (_, details) = self.until_after(after_version, "routing.case_offered", to_agent).await?;
        Ok(details["offer_id"].as_str().context("an offer has an id")?.to_owned())
    }

    /// The case as it stands.
    pub(crate) async fn now(&self) -> anyhow::Result<Case> {
        let request = GetCaseRequest { case: self.number.clone(), as_of: None };
        let response = self.stage.history().get_case(Person::system("story").ask(request)?).await?;
        response.into_inner().case.context("GetCase gives a case")
    }
}
