//! A log in memory, a nats-server of the test's own, relays in between.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ambient::{SeededIds, SystemClock};
use async_nats::jetstream::stream::Stream;
use async_nats::jetstream::{self, Context};
use event_bus::nats::{NatsOptions, Relay, RelayState, RelayStatus, connect};
use event_log::{Append, EventLog, MemoryLog, NewEvent};
use scratch::Nats;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long anything may take that does not have a limit of its own.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct World {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) nats: Nats,
    pub(crate) options: NatsOptions,
}

/// A relay that runs; dropped, it is gone as if it had been killed.
pub(crate) struct Running {
    pub(crate) status: watch::Receiver<RelayStatus>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    pub(crate) async fn comes_to(&mut self, wanted: impl Fn(&RelayState) -> bool) -> RelayStatus {
        let coming = self.status.wait_for(|status| wanted(&status.state));
        tokio::time::timeout(PATIENCE, coming).await.unwrap().unwrap().clone()
    }
}

pub(crate) fn new_log() -> Arc<dyn EventLog> {
    Arc::new(MemoryLog::new(Arc::new(SystemClock)))
}

/// Appends so many events, a stream each, of ids that `seed` makes different; returns the head.
pub(crate) async fn record(log: &dyn EventLog, seed: u128, events: u128) -> u64 {
    let mut head = 0;
    for number in 0..events {
        let id = Uuid::from_u128((seed << 64) + number + 1);
        let event = NewEvent {
            event_id: id,
            event_type: "stage.thing_happened".to_owned(),
            schema_version: 1,
            meta: b"{}".to_vec(),
            payload: format!("thing {number}").into_bytes(),
        };
        let append = Append {
            stream: id,
            tenant: "brand".to_owned(),
            expected_version: 0,
            command_id: id,
            fingerprint: [0; 32],
            events: vec![event],
        };
        head = log.append(append).await.unwrap().last_position;
    }
    head
}

impl World {
    pub(crate) async fn new() -> Self {
        let nats = Nats::start().await.unwrap();
        let options = NatsOptions { url: nats.url(), ..NatsOptions::default() };
        Self { log: new_log(), nats, options }
    }

    pub(crate) async fn relay(&self) -> Running {
        self.relay_from(&self.log).await
    }

    pub(crate) async fn relay_from(&self, log: &Arc<dyn EventLog>) -> Running {
        let client = connect(&self.options).await.unwrap();
        let name = "relay of a test".to_owned();
        let relay = Relay::new(name, client, &self.options, Arc::clone(log), Arc::new(SeededIds::new(2)));
        let status = relay.status();
        #[expect(clippy::disallowed_methods, reason = "a relay of the test's own, ended by its owner")]
        let task = tokio::spawn(relay.run(CancellationToken::new()));
        Running { status, task }
    }

    pub(crate) async fn jetstream(&self) -> Context {
        jetstream::new(connect(&self.options).await.unwrap())
    }

    pub(crate) async fn stream(&self) -> Stream {
        self.jetstream().await.get_stream("EVENTS_0").await.unwrap()
    }

    /// Waits until the stream ends where the log does, and makes sure that it is the log: each sequence the
    /// event of that position.
    pub(crate) async fn stream_is_the_log(&self) {
        let jetstream = self.jetstream().await;
        let head = self.log.head().await.unwrap();
        let filled = async {
            loop {
                if let Ok(stream) = jetstream.get_stream("EVENTS_0").await
                    && stream.cached_info().state.last_sequence >= head
                {
                    return stream;
                }
            }
        };
        let stream = tokio::time::timeout(PATIENCE, filled).await.unwrap();
        let state = &stream.cached_info().state;
        assert_eq!((state.last_sequence, state.messages), (head, head));
        for event in self.log.read_all(0, usize::try_from(head).unwrap()).await.unwrap() {
            let message = stream.get_raw_message(event.position).await.unwrap();
            let id = message.headers.get("ce-id").unwrap().as_str().to_owned();
            assert_eq!((id, &*message.payload), (event.event_id.to_string(), &*event.payload));
        }
    }

    /// Copies what NATS keeps, or puts such a copy in its place; while it is stopped.
    pub(crate) fn copy(from: &Path, to: &Path) {
        if to.exists() {
            std::fs::remove_dir_all(to).unwrap();
        }
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                Self::copy(&entry.path(), &target);
            } else {
                std::fs::copy(entry.path(), &target).unwrap();
            }
        }
    }
}
