//! Asks every relay of a shard who it is and how far: nobody keeps a list of them, so they are called by a
//! message that all of them hear.

use std::time::Duration;

use async_nats::{Client, jetstream};
use futures_util::StreamExt;
use tokio::sync::watch;

use super::connect::{Names, shown};
use super::relay::{RelayState, RelayStatus};
use super::{ConnectError, NatsOptions, connect};

/// How long relays are waited for: they answer from memory.
const PATIENCE: Duration = Duration::from_millis(700);
/// How long to wait before a relay listens again after its connection was lost.
const AGAIN: Duration = Duration::from_secs(1);

/// A relay that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// What it is called.
    pub name: String,
    /// `active`, `standby`, `unavailable` or `refused`.
    pub state: String,
    /// Why it does not work, where it does not; else empty.
    pub problem: String,
    /// The last position of the log, as it last saw it.
    pub log_head: u64,
}

/// The relays of a shard, and what they fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollCall {
    /// Who answered, the active one first.
    pub relays: Vec<Present>,
    /// The stream's name.
    pub stream: String,
    /// The last sequence of the stream; `None` while it is not there.
    pub stream_head: Option<u64>,
}

fn words(state: &RelayState) -> (&'static str, &str) {
    match state {
        RelayState::Active => ("active", ""),
        RelayState::Standby => ("standby", ""),
        RelayState::Unavailable(problem) => ("unavailable", problem),
        RelayState::Refused(problem) => ("refused", problem),
    }
}

/// Answers for one relay, for as long as it runs.
pub(super) async fn answer(
    client: &Client,
    subject: String,
    name: &str,
    status: watch::Receiver<RelayStatus>,
) {
    loop {
        if let Ok(mut calls) = client.subscribe(subject.clone()).await {
            while let Some(call) = calls.next().await {
                let Some(reply) = call.reply else { continue };
                let said = {
                    let status = status.borrow();
                    let (state, problem) = words(&status.state);
                    serde_json::json!({
                        "name": name, "state": state, "problem": problem, "log_head": status.log_head,
                    })
                };
                if let Err(error) = client.publish(reply, said.to_string().into()).await {
                    tracing::debug!(%error, "an answer to the roll call was not sent");
                }
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Calls the relays that the options name, and looks at what they fill.
///
/// # Errors
/// NATS cannot be reached.
pub async fn call_relays(options: &NatsOptions) -> Result<RollCall, ConnectError> {
    let client = connect(options).await?;
    let names = Names::of(options);
    let lost = |reason: String| ConnectError::Unreachable { url: shown(&options.url), reason };
    let inbox = client.new_inbox();
    let mut answers = client.subscribe(inbox.clone()).await.map_err(|error| lost(error.to_string()))?;
    client
        .publish_with_reply(names.relays(), inbox, "".into())
        .await
        .map_err(|error| lost(error.to_string()))?;
    let mut relays = Vec::new();
    let listening = async {
        while let Some(answer) = answers.next().await {
            relays.extend(read(&answer.payload));
        }
    };
    // All who are there answer at once; how many they are nobody knows.
    let _ = tokio::time::timeout(PATIENCE, listening).await;
    relays.sort_by(|one: &Present, other| one.state.cmp(&other.state).then(one.name.cmp(&other.name)));
    let stream = jetstream::new(client).get_stream(names.stream()).await.ok();
    let stream_head = stream.map(|stream| stream.cached_info().state.last_sequence);
    Ok(RollCall { relays, stream: names.stream(), stream_head })
}

fn read(payload: &[u8]) -> Option<Present> {
    let said: serde_json::Value = serde_json::from_slice(payload).ok()?;
    let text = |key: &str| said.get(key)?.as_str().map(ToOwned::to_owned);
    Some(Present {
        name: text("name")?,
        state: text("state")?,
        problem: text("problem")?,
        log_head: said.get("log_head")?.as_u64()?,
    })
}
