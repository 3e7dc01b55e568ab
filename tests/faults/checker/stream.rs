//! I3: what NATS carries is the log, position by position, and every consumer has handled all of it.

use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::stream::Stream;
use event_log::Committed;
use futures_util::{StreamExt, TryStreamExt};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::Faults;
use crate::patience::within;
use crate::rig::Rig;

/// How long the next message may take.
const NEXT: Duration = Duration::from_secs(10);
/// How long the last acknowledgements may take to arrive.
const ACKNOWLEDGED: Duration = Duration::from_secs(15);

pub(super) async fn check(rig: &Rig, events: &[Committed], faults: &mut Faults) {
    let client = async_nats::connect(&rig.nats_url).await.unwrap();
    let stream = match jetstream::new(client).get_stream(Rig::stream()).await {
        Ok(stream) => stream,
        Err(error) => return faults.add("I3", format!("there is no stream: {error}")),
    };
    same(&stream, events, faults).await;
    let busy = within(ACKNOWLEDGED, async || busy(&stream).await.is_empty().then_some(())).await;
    if busy.is_none() {
        for consumer in self::busy(&stream).await {
            faults.add("I3", consumer);
        }
    }
    dead_letters(rig, faults).await;
}

/// The stream's messages against the log's events: same sequence, same event, same hash.
async fn same(stream: &Stream, events: &[Committed], faults: &mut Faults) {
    let state = stream.get_info().await.unwrap().state;
    let head = events.last().map_or(0, |event| event.position);
    // More may have come since the log was read; less must not be there.
    if state.first_sequence != 1 || state.last_sequence < head || state.messages != state.last_sequence {
        let found = (state.first_sequence, state.last_sequence, state.messages);
        faults.add("I3", format!("the log ends at {head}; the stream has (first, last, count) {found:?}"));
    }
    let config = OrderedConfig { deliver_policy: DeliverPolicy::All, ..OrderedConfig::default() };
    let mut messages = stream.create_consumer(config).await.unwrap().messages().await.unwrap();
    for event in events {
        let position = event.position;
        let Ok(Some(Ok(message))) = tokio::time::timeout(NEXT, messages.next()).await else {
            return faults.add("I3", format!("the stream does not bring position {position}"));
        };
        let sequence = message.info().unwrap().stream_sequence;
        let header = |name: &str| {
            message.headers.as_ref().and_then(|headers| headers.get(name)).map(ToString::to_string)
        };
        let is_same = sequence == position
            && header("ce-id") == Some(event.event_id.to_string())
            && header("ce-hash") == Some(hex::encode(event.hash))
            && message.payload == event.payload;
        if !is_same {
            let id = event.event_id;
            return faults.add("I3", format!("position {position} ({id}) is another one at {sequence}"));
        }
    }
}

/// Durable consumers that still have something to handle.
async fn busy(stream: &Stream) -> Vec<String> {
    let consumers: Vec<_> = stream.consumers().try_collect().await.unwrap_or_default();
    let durable = consumers.iter().filter(|info| info.config.durable_name.is_some());
    let mut busy: Vec<String> = durable
        .clone()
        .filter(|info| info.num_pending > 0 || info.num_ack_pending > 0)
        .map(|info| {
            format!("{}: {} pending, {} not acknowledged", info.name, info.num_pending, info.num_ack_pending)
        })
        .collect();
    if durable.count() == 0 {
        busy.push("there is no durable consumer".to_owned());
    }
    busy
}

/// Nothing in this load is poison, so nothing may be put aside.
async fn dead_letters(rig: &Rig, faults: &mut Faults) {
    let mut admin = PgConnection::connect(&rig.database).await.unwrap();
    for schema in distributed::SCHEMAS {
        let stage = schema.stage;
        let question = format!("SELECT consumer, position, reason FROM {stage}.dead_letter");
        let letters: Vec<(String, i64, String)> =
            sqlx::query_as(AssertSqlSafe(question)).fetch_all(&mut admin).await.unwrap();
        for (consumer, position, reason) in letters {
            faults.add("I3", format!("{consumer} put position {position} aside: {reason}"));
        }
    }
    admin.close().await.unwrap();
}
