//! What a process learns of the log without asking for it: the events themselves, as JetStream brings them,
//! for all projections at once; and that there are any, for whoever watches the log. In the other direction
//! it wakes the relay when this process has committed something.
//!
//! Nothing here is needed for correctness: whatever is missed is read from the log, at the latest after the
//! slow poll.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::Client;
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::{self, Context};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::watch;
use tracing::Instrument;

use super::connect::Names;
use super::{envelope, origin};
use crate::consuming::{Consumers, Inner};

/// How long to wait before NATS is tried again.
const AGAIN: Duration = Duration::from_millis(200);
/// How often the log is asked for its head.
const POLL: Duration = Duration::from_secs(2);
/// How long nothing may come although the log goes on before listening begins anew.
const QUIET: Duration = Duration::from_secs(5);

/// What is known. Clones know the same.
#[derive(Clone)]
pub(super) struct News {
    log_head: watch::Receiver<u64>,
}

struct Listener {
    inner: Inner,
    client: Client,
    jetstream: Context,
    names: Names,
    /// The last position that JetStream brought.
    heard: watch::Sender<u64>,
    log_head: watch::Sender<u64>,
}

impl News {
    /// Listens until the consumers stop. `head` is the log's head now.
    pub(super) fn start(consumers: &Consumers, client: Client, names: Names, head: u64) -> Self {
        let (log_head, known) = watch::channel(head);
        let listener = Arc::new(Listener {
            inner: consumers.inner.clone(),
            jetstream: jetstream::new(client.clone()),
            client,
            names,
            heard: watch::Sender::new(head),
            log_head,
        });
        let stop = consumers.stop.clone();
        let listening = async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = listener.listen() => {}
                () = listener.wake_relay() => {}
                () = listener.poll() => {}
            }
        };
        let span = tracing::debug_span!(parent: None, "event_bus.news");
        consumers.tasks.spawn(listening.instrument(span));
        Self { log_head: known }
    }

    /// The last position that the log was seen to have.
    pub(super) fn log_head(&self) -> u64 {
        *self.log_head.borrow()
    }
}

impl Listener {
    async fn listen(&self) {
        loop {
            if let Err(problem) = self.listen_once().await {
                tracing::debug!(problem, "listening to the stream begins anew");
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn listen_once(&self) -> Result<(), String> {
        let stream =
            self.jetstream.get_stream(self.names.stream()).await.map_err(|error| error.to_string())?;
        if let Some(problem) = origin::compare(&stream, &*self.inner.log).await?.foreign {
            return Err(problem);
        }
        // Never from before what was heard: repeats would only be passed over.
        let start_sequence = *self.heard.borrow() + 1;
        let config = OrderedConfig {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence },
            ..OrderedConfig::default()
        };
        let consumer = stream.create_consumer(config).await.map_err(|error| error.to_string())?;
        let mut messages = consumer.messages().await.map_err(|error| error.to_string())?;
        let (mut ticks, mut last) = (tokio::time::interval(POLL), Instant::now());
        loop {
            tokio::select! {
                message = messages.next() => {
                    let mut next = Some(message);
                    let mut position = 0;
                    // All that have come: whoever is woken takes them together.
                    while let Some(message) = next {
                        let message = message.ok_or("the server ended it")?.map_err(|error| error.to_string())?;
                        let event = envelope::delivered(&message)?;
                        position = event.position;
                        self.inner.tail.push(Arc::new(event)).await;
                        next = messages.next().now_or_never();
                    }
                    self.heard.send_if_modified(|heard| std::mem::replace(heard, position.max(*heard)) < position);
                    // Only now: whoever wakes finds it at hand.
                    self.inner.log.note_head(position);
                    last = Instant::now();
                }
                _ = ticks.tick() => {
                    if *self.log_head.borrow() > *self.heard.borrow() && last.elapsed() > QUIET {
                        return Err("nothing came although the log goes on".to_owned());
                    }
                }
            }
        }
    }

    /// Tells the relay when there is something that JetStream does not have yet.
    async fn wake_relay(&self) {
        let mut head = self.inner.log.watch();
        let subject = self.names.wake();
        loop {
            let position = *head.borrow_and_update();
            if position > *self.heard.borrow() {
                let told = self.client.publish(subject.clone(), position.to_string().into()).await;
                if let Err(error) = told {
                    tracing::debug!(%error, "the relay was not woken; its poll will see");
                }
            }
            if head.changed().await.is_err() {
                // The log is closed.
                return std::future::pending().await;
            }
        }
    }

    /// Asks the log itself, slowly: for wake-ups that got lost.
    async fn poll(&self) {
        let mut ticks = tokio::time::interval(POLL);
        loop {
            ticks.tick().await;
            match self.inner.log.head().await {
                Ok(head) => {
                    self.log_head.send_if_modified(|known| std::mem::replace(known, head) != head);
                    self.inner.log.note_head(head);
                }
                Err(error) => tracing::debug!(%error, "the log's head cannot be read"),
            }
        }
    }
}
