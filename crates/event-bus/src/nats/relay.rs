//! The relay: publishes the log, in position order, into one stream whose sequence is the position.
//!
//! Each message says which sequence must be the last before it, so two relays cannot disturb each other: of
//! two that publish the same position one is refused, and stands by. The checkpoint is the stream's own last
//! sequence: a stream that lost its tail, or everything, is filled again with identical sequences.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ambient::Ids;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::context::traits::Publisher;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, StorageType, Stream};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, Subscriber};
use event_log::{Committed, EventLog};
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::connect::Names;
use super::{NatsOptions, envelope, origin, roll_call};
use crate::spans::Unwatched;
use crate::{Backoff, Publication, Publishing, Route};

/// Events published before their acknowledgements are waited for.
const WINDOW: usize = 256;
/// How often the log is looked at although nothing woke the relay.
const POLL: Duration = Duration::from_secs(1);
/// How long a standby watches the stream stand still behind the log before it takes over.
const TAKE_OVER: Duration = Duration::from_secs(2);
/// How long JetStream remembers ids of messages. The fence does the work; this is a second one.
const DUPLICATES: Duration = Duration::from_mins(2);
/// Waits after a failure: short, because everybody waits for the relay.
const BACKOFF: Backoff =
    Backoff { first: Duration::from_millis(100), factor: 2, cap: Duration::from_secs(2) };

/// What a relay does at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayState {
    /// It publishes.
    Active,
    /// Another one publishes; this one watches it.
    Standby,
    /// NATS or the log does not answer.
    Unavailable(String),
    /// The stream holds another log: nothing is published until somebody looks into it.
    Refused(String),
}

/// How far a relay is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayStatus {
    /// What it does.
    pub state: RelayState,
    /// The last position of the log, as last seen.
    pub log_head: u64,
    /// The last sequence of the stream, as last seen.
    pub stream_head: u64,
}

impl RelayStatus {
    /// Positions that are in the log and not yet in the stream.
    pub fn pending(&self) -> u64 {
        self.log_head.saturating_sub(self.stream_head)
    }
}

/// A relay of one shard.
pub struct Relay {
    name: String,
    client: Client,
    jetstream: Context,
    names: Names,
    replicas: usize,
    log: Arc<dyn EventLog>,
    ids: Arc<dyn Ids>,
    status: watch::Sender<RelayStatus>,
    publishing: Arc<dyn Publishing>,
}

/// Why publishing stopped.
enum Halt {
    /// Another relay was faster.
    Overtaken,
    /// The stream is not this log's.
    Foreign(String),
    /// NATS or the log failed.
    Failed(String),
}

impl From<event_log::Error> for Halt {
    fn from(error: event_log::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

fn failed(error: impl std::fmt::Display) -> Halt {
    Halt::Failed(error.to_string())
}

impl Relay {
    /// A relay from `log` into the stream that the options name. `name` is what it says when relays are asked
    /// who they are; `ids` shortens waits at random.
    pub fn new(
        name: String,
        client: Client,
        options: &NatsOptions,
        log: Arc<dyn EventLog>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        let state = RelayState::Unavailable("it has just started".to_owned());
        Self {
            name,
            jetstream: jetstream::new(client.clone()),
            client,
            names: Names::of(options),
            replicas: options.replicas,
            log,
            ids,
            status: watch::Sender::new(RelayStatus { state, log_head: 0, stream_head: 0 }),
            publishing: Arc::new(Unwatched),
        }
    }

    /// The same, watched while it publishes.
    #[must_use]
    pub fn watched(mut self, publishing: Arc<dyn Publishing>) -> Self {
        self.publishing = publishing;
        self
    }

    /// What it publishes to.
    pub fn route(&self) -> Route {
        self.names.route()
    }

    /// How far it is, from now on.
    pub fn status(&self) -> watch::Receiver<RelayStatus> {
        self.status.subscribe()
    }

    /// Works until stopped: what is on its way then still arrives.
    pub async fn run(self, stop: CancellationToken) {
        let asked = roll_call::answer(&self.client, self.names.relays(), &self.name, self.status());
        tokio::select! {
            () = self.publish_until(&stop) => {}
            () = asked => {}
        }
    }

    async fn publish_until(&self, stop: &CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            let wait = match self.relay(stop).await {
                Ok(()) => return,
                Err(Halt::Overtaken) => {
                    failures = 0;
                    self.stand_by(stop).await;
                    continue;
                }
                Err(Halt::Foreign(problem)) => {
                    tracing::error!(stream = self.names.stream(), problem, "the stream is not this log's");
                    self.tell(RelayState::Refused(problem));
                    BACKOFF.cap
                }
                Err(Halt::Failed(problem)) => {
                    failures += 1;
                    tracing::warn!(
                        stream = self.names.stream(),
                        problem,
                        "nothing is published; trying again"
                    );
                    self.tell(RelayState::Unavailable(problem));
                    BACKOFF.wait(failures, &*self.ids)
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    fn tell(&self, state: RelayState) {
        self.status.send_if_modified(|status| {
            let changed = status.state != state;
            status.state = state;
            changed
        });
    }

    fn tell_heads(&self, log_head: u64, stream_head: u64) {
        self.status.send_if_modified(|status| {
            let before = (status.log_head, status.stream_head);
            (status.log_head, status.stream_head) = (log_head, stream_head);
            before != (status.log_head, status.stream_head)
        });
    }

    /// Publishes until stopped (`Ok`), or until something is in the way.
    async fn relay(&self, stop: &CancellationToken) -> Result<(), Halt> {
        let stream = self.stream().await?;
        let mut wakes = self.client.subscribe(self.names.wake()).await.map_err(failed)?;
        let mut position = self.look(&stream).await?;
        self.tell(RelayState::Active);
        loop {
            let page = self.log.read_all(position, WINDOW).await?;
            if page.is_empty() {
                self.tell_heads(position, position);
                if !self.wait(stop, &mut wakes, &stream, position).await? {
                    return Ok(());
                }
                continue;
            }
            self.tell_heads(page.last().map_or(position, |last| last.position), position);
            position = self.publish(position, page).await?;
            if stop.is_cancelled() {
                return Ok(());
            }
        }
    }

    /// The stream, made if it is not there.
    async fn stream(&self) -> Result<Stream, Halt> {
        let config = Config {
            name: self.names.stream(),
            subjects: vec![self.names.everything()],
            storage: StorageType::File,
            num_replicas: self.replicas,
            duplicate_window: DUPLICATES,
            deny_delete: true,
            deny_purge: true,
            allow_direct: true,
            ..Config::default()
        };
        self.jetstream.get_or_create_stream(config).await.map_err(failed)
    }

    /// The stream's last sequence, if the stream is this log's.
    async fn look(&self, stream: &Stream) -> Result<u64, Halt> {
        let found = origin::compare(stream, &*self.log).await.map_err(failed)?;
        self.tell_heads(found.log_head, found.stream_head);
        found.foreign.map_or(Ok(found.stream_head), |problem| Err(Halt::Foreign(problem)))
    }

    /// Publishes a page after `position`, and returns the last position that arrived.
    async fn publish(&self, position: u64, page: Vec<Committed>) -> Result<u64, Halt> {
        let source = self.names.source();
        let mut acknowledgements = Vec::with_capacity(page.len());
        for (expected, event) in (position + 1..).zip(page) {
            if event.position != expected {
                // Better to stand still, and be seen to, than to publish past a gap.
                let found = event.position;
                return Err(Halt::Failed(format!(
                    "position {expected} is missing in the log, {found} comes instead"
                )));
            }
            let (mut span, began) = (self.publishing.begin(&event), Instant::now());
            let message = PublishMessage::build()
                .headers(envelope::headers(&event, &source))
                .message_id(event.event_id.to_string())
                .expected_last_sequence(expected - 1)
                .payload(event.payload.into())
                .outbound_message(self.names.subject(&event.event_type, event.stream));
            let sending = self.jetstream.publish_message(message).await;
            let sent = self.watch(&mut *span, began, sending.map_err(refusal))?;
            acknowledgements.push(async move {
                let acknowledged = sent.into_future().await.map_err(refusal);
                let in_its_place = acknowledged.and_then(|acknowledged| {
                    if acknowledged.sequence == expected { Ok(expected) } else { Err(Halt::Overtaken) }
                });
                let arrived = self.watch(&mut *span, began, in_its_place)?;
                self.publishing.ended(began.elapsed(), None);
                Ok::<u64, Halt>(arrived)
            });
        }
        let arrived = try_join_all(acknowledgements).await?;
        Ok(arrived.last().copied().unwrap_or(position))
    }

    /// Tells of a failure to whoever watches, and hands on what came of it.
    fn watch<T>(&self, span: &mut dyn Publication, began: Instant, done: Result<T, Halt>) -> Result<T, Halt> {
        if let Err(halt) = &done {
            let error = match halt {
                Halt::Overtaken => "overtaken",
                Halt::Foreign(_) => "foreign_stream",
                Halt::Failed(_) => "unavailable",
            };
            span.failed(error);
            self.publishing.ended(began.elapsed(), Some(error));
        }
        done
    }

    /// Waits for more; false when stopped. Looks now and then whether the stream is still where it was left.
    async fn wait(
        &self,
        stop: &CancellationToken,
        wakes: &mut Subscriber,
        stream: &Stream,
        position: u64,
    ) -> Result<bool, Halt> {
        let mut head = self.log.watch();
        tokio::select! {
            () = stop.cancelled() => return Ok(false),
            wake = wakes.next() => return wake.map(|_| true).ok_or_else(|| failed("the connection is closed")),
            Ok(_) = head.wait_for(|head| *head > position) => return Ok(true),
            () = tokio::time::sleep(POLL) => {}
        }
        let last = stream.get_info().await.map_err(failed)?.state.last_sequence;
        if last == position { Ok(true) } else { Err(Halt::Overtaken) }
    }

    /// Watches another relay at work, until the stream stands still behind the log.
    async fn stand_by(&self, stop: &CancellationToken) {
        self.tell(RelayState::Standby);
        let (mut seen, mut since) = (None, Instant::now());
        while !stop.is_cancelled() {
            let heads = async {
                let stream = self.jetstream.get_stream(self.names.stream()).await.ok()?;
                Some((self.log.head().await.ok()?, stream.cached_info().state.last_sequence))
            };
            let Some((log_head, stream_head)) = heads.await else { return };
            self.tell_heads(log_head, stream_head);
            if stream_head >= log_head || seen != Some(stream_head) {
                (seen, since) = (Some(stream_head), Instant::now());
            } else if since.elapsed() >= TAKE_OVER {
                tracing::info!(stream_head, log_head, "the stream stands still: taking over");
                return;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(POLL / 2) => {}
            }
        }
    }
}

/// What a refused publication means.
fn refusal(error: jetstream::context::PublishError) -> Halt {
    match error.kind() {
        PublishErrorKind::WrongLastSequence => Halt::Overtaken,
        _ => failed(error),
    }
}
