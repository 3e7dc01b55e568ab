//! A consumer of reactions over JetStream. Two halves: the [`Puller`], a task of its own, pulls messages,
//! keeps them alive while they are worked on, asks how far all replicas together are, and reads the log
//! itself when JetStream brings nothing; the [`Pull`] gives out what came to the one that reacts.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_nats::jetstream::{AckKind, Message};
use async_trait::async_trait;
use event_log::Committed;
use futures_util::StreamExt;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::durable::{ACK_WAIT, Durable, Found};
use super::envelope;
use super::news::News;
use crate::consuming::{Inner, PAGE, Source};
use crate::{Consumer, DeadLetter, Filter, Handler, Settling};

/// How long to wait before NATS is tried again.
const AGAIN: Duration = Duration::from_millis(200);
/// How often JetStream is asked how far the consumer is when nobody waits for it.
const ASK: Duration = Duration::from_secs(2);
/// How soon after the last answer it is asked again when somebody does.
const ASK_SOON: Duration = Duration::from_millis(10);
/// How long JetStream may bring nothing, although the log goes on, before the log itself is read.
const QUIET: Duration = Duration::from_secs(5);
/// An event that was delivered so often and never answered takes down whoever handles it.
const DEADLY: i64 = 20;

/// When what is given back may come to another replica. Not at once: the server must have heard first that
/// this one has left, or it sends it to where nobody listens.
const GIVEN_BACK: Duration = Duration::from_millis(250);

/// What is being worked on: its message, unless it came from the log.
#[derive(Default)]
struct Hands {
    held: HashMap<u64, Option<Message>>,
    /// Done, but their messages had not come yet.
    done: BTreeSet<u64>,
}

type Shared = Arc<Mutex<Hands>>;

fn lock(hands: &Shared) -> MutexGuard<'_, Hands> {
    hands.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives out what was pulled.
pub(super) struct Pull {
    given: mpsc::Receiver<Arc<Committed>>,
    next: VecDeque<Arc<Committed>>,
    hands: Shared,
    floor: watch::Receiver<u64>,
}

/// Pulls.
pub(super) struct Puller {
    inner: Inner,
    durable: Durable,
    name: String,
    filter: Filter,
    given: mpsc::Sender<Arc<Committed>>,
    hands: Shared,
    /// Everything at or below is done, by whichever replica.
    floor: watch::Sender<u64>,
    news: News,
    nudge: Arc<Notify>,
    stop: CancellationToken,
    /// The last position that JetStream is known to have.
    stream_head: Arc<AtomicU64>,
    /// Since when the log is ahead of what JetStream brings.
    quiet_since: Option<Instant>,
    /// Everything at or below was read from the log when JetStream was quiet.
    read_to: u64,
    /// In hand, and not given out yet: pulling may end and begin again meanwhile.
    waiting: Option<Arc<Committed>>,
}

impl Puller {
    pub(super) fn new(
        inner: &Inner,
        durable: Durable,
        consumer: &Consumer,
        checkpoint: u64,
        news: News,
        nudge: Arc<Notify>,
        stop: &CancellationToken,
    ) -> (Self, Pull) {
        let (sender, given) = mpsc::channel(PAGE);
        let (published, floor) = watch::channel(checkpoint);
        let hands = Shared::default();
        let pull = Pull { given, next: VecDeque::new(), hands: Arc::clone(&hands), floor };
        let puller = Self {
            inner: inner.clone(),
            durable,
            name: consumer.name.clone(),
            filter: consumer.filter.clone(),
            given: sender,
            hands,
            floor: published,
            news,
            nudge,
            stop: stop.clone(),
            stream_head: Arc::default(),
            quiet_since: None,
            read_to: 0,
            waiting: None,
        };
        (puller, pull)
    }

    /// Pulls until stopped, whatever becomes of NATS meanwhile.
    pub(super) async fn run(mut self) {
        let stop = self.stop.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.pull() => {}
        }
    }

    async fn pull(&mut self) {
        loop {
            let floor = *self.floor.borrow();
            match self.durable.ensure(&*self.inner.log, floor).await {
                Ok(found) => {
                    if let Err(problem) = self.follow(found).await {
                        tracing::warn!(consumer = self.name, problem, "pulling ended; beginning again");
                    }
                }
                Err(problem) => tracing::debug!(consumer = self.name, problem, "waiting for the stream"),
            }
            tokio::time::sleep(AGAIN).await;
            self.watch_over(false).await;
        }
    }

    /// Takes in messages, and asks how far all replicas are, until something fails.
    async fn follow(&mut self, found: Found) -> Result<(), String> {
        let messages = found
            .consumer
            .stream()
            .max_messages_per_batch(PAGE)
            .expires(Duration::from_secs(30))
            .heartbeat(Duration::from_secs(5))
            .messages()
            .await;
        let mut messages = messages.map_err(|error| error.to_string())?;
        let given = self.given.clone();
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        let mut kept_alive = Instant::now();
        // Beside the messages, not between them: an answer takes longer than a message.
        let (nudge, floor) = (Arc::clone(&self.nudge), self.floor.clone());
        let (hands, stream_head) = (Arc::clone(&self.hands), Arc::clone(&self.stream_head));
        let news = self.news.clone();
        let asking = async move {
            loop {
                ask(&found, &hands, &floor, &stream_head).await?;
                tokio::time::sleep(ASK_SOON).await;
                // Nobody needs to know how far it is when it has long been as far as the log.
                while tokio::time::timeout(ASK, nudge.notified()).await.is_err()
                    && *floor.borrow() >= news.log_head()
                {}
            }
        };
        tokio::pin!(asking);
        loop {
            tokio::select! {
                message = messages.next(), if self.waiting.is_none() => match message {
                    Some(Ok(message)) => self.waiting = self.take(message).await,
                    Some(Err(error)) => return Err(error.to_string()),
                    None => return Err("the server ended it".to_owned()),
                },
                room = given.reserve(), if self.waiting.is_some() => match (room, self.waiting.take()) {
                    (Ok(room), Some(event)) => room.send(event),
                    _ => return Ok(()),
                },
                asked = &mut asking => return asked,
                _ = ticks.tick() => {
                    if kept_alive.elapsed() > ACK_WAIT / 3 {
                        kept_alive = Instant::now();
                        self.keep_alive().await;
                    }
                    self.watch_over(true).await;
                }
            }
        }
    }

    /// Takes a message into hand. Nothing is given out of one that is in hand already, was done before, or is
    /// not wanted. What was done comes again in great numbers after NATS was set back to an older disk, on which the
    /// consumer's place is an older one, or missing.
    async fn take(&mut self, message: Message) -> Option<Arc<Committed>> {
        let event = match envelope::delivered(&message) {
            Ok(event) => event,
            Err(problem) => {
                // Nobody but a relay may publish here, and a relay publishes what is in the log.
                tracing::error!(
                    consumer = self.name,
                    problem,
                    "a message is not an event; it is passed over"
                );
                acknowledge(&message).await;
                return None;
            }
        };
        let deliveries = message.info().map_or(1, |info| info.delivered);
        if !self.filter.matches(&event.event_type) || self.is_done(event.position) {
            acknowledge(&message).await;
            return None;
        }
        if deliveries > DEADLY && self.put_aside(&event, deliveries).await {
            acknowledge(&message).await;
            return None;
        }
        let is_new = lock(&self.hands).held.insert(event.position, Some(message)).is_none();
        is_new.then(|| Arc::new(event))
    }

    fn is_done(&self, position: u64) -> bool {
        let mut hands = lock(&self.hands);
        let all_before = position <= *self.floor.borrow();
        hands.done.remove(&position) || (all_before && !hands.held.contains_key(&position))
    }

    async fn put_aside(&self, event: &Committed, deliveries: i64) -> bool {
        let letter = DeadLetter {
            consumer: self.name.clone(),
            position: event.position,
            stream: event.stream,
            event_id: event.event_id,
            event_type: event.event_type.clone(),
            tries: u32::try_from(deliveries).unwrap_or(u32::MAX),
            reason: format!(
                "it was delivered {deliveries} times and never answered: whoever handled it ended"
            ),
            failed_at: self.inner.clock.now(),
        };
        let kept = self.inner.store.put(&letter).await.is_ok();
        tracing::error!(
            consumer = self.name,
            position = event.position,
            kept,
            reason = letter.reason,
            "put aside"
        );
        kept
    }

    /// Tells JetStream that what is in hand is still worked on.
    async fn keep_alive(&self) {
        let messages: Vec<Message> = lock(&self.hands).held.values().flatten().cloned().collect();
        for message in messages {
            let _ = message.ack_with(AckKind::Progress).await;
        }
    }

    /// Reads the log itself when it goes on and JetStream does not bring what is in it. What JetStream brings
    /// later of it is recognised.
    async fn watch_over(&mut self, pulling: bool) {
        let log_head = self.news.log_head();
        let behind = log_head > (*self.floor.borrow()).max(self.read_to);
        if !behind || (pulling && self.stream_head.load(Ordering::SeqCst) >= log_head) {
            self.quiet_since = None;
            return;
        }
        let since = *self.quiet_since.get_or_insert_with(Instant::now);
        if since.elapsed() < QUIET {
            return;
        }
        let after = (*self.floor.borrow()).max(self.read_to);
        let room = self.given.capacity();
        tracing::warn!(consumer = self.name, after, log_head, "nothing comes from NATS; reading the log");
        let page = match self.inner.log.read_all(after, PAGE.min(room)).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(consumer = self.name, %error, "the log cannot be read either");
                return;
            }
        };
        for event in page {
            let position = event.position;
            if self.filter.matches(&event.event_type) && !lock(&self.hands).held.contains_key(&position) {
                lock(&self.hands).held.insert(position, None);
                if self.given.try_send(Arc::new(event)).is_err() {
                    lock(&self.hands).held.remove(&position);
                    return;
                }
            }
            self.read_to = position;
        }
    }
}

/// Asks JetStream how far the consumer is: all of its replicas together.
async fn ask(
    found: &Found,
    hands: &Shared,
    floor: &watch::Sender<u64>,
    stream_head: &AtomicU64,
) -> Result<(), String> {
    // The stream first: what is pending is then counted at least up to that head.
    let stream = found.stream.get_info().await.map_err(|error| error.to_string())?;
    let consumer = found.consumer.get_info().await.map_err(|error| error.to_string())?;
    let head = stream.state.last_sequence;
    stream_head.store(head, Ordering::SeqCst);
    let idle = consumer.num_pending == 0 && consumer.num_ack_pending == 0;
    let done = if idle { head } else { consumer.ack_floor.stream_sequence };
    // A stream that is being filled again after a loss has less than was done before.
    if done > *floor.borrow() {
        {
            let mut hands = lock(hands);
            hands.done = hands.done.split_off(&(done + 1));
        }
        floor.send_replace(done);
    }
    Ok(())
}

/// An acknowledgement that gets lost brings the message again, which is harmless.
async fn acknowledge(message: &Message) {
    if let Err(error) = message.ack().await {
        tracing::debug!(%error, "an acknowledgement was not sent");
    }
}

#[async_trait]
impl Source for Pull {
    fn has_more(&self) -> bool {
        !self.next.is_empty() || !self.given.is_empty()
    }

    async fn next(&mut self) -> Vec<Arc<Committed>> {
        let mut page: Vec<_> = self.next.drain(..).collect();
        while page.len() < PAGE
            && let Ok(event) = self.given.try_recv()
        {
            page.push(event);
        }
        page
    }

    async fn more(&mut self) {
        if self.has_more() {
            return;
        }
        tokio::select! {
            event = self.given.recv() => match event {
                Some(event) => self.next.push_back(event),
                // The puller has ended, and so will we.
                None => std::future::pending().await,
            },
            changed = self.floor.changed() => {
                if changed.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    fn is_first(&self, event: &Committed) -> bool {
        let hands = lock(&self.hands);
        let message = hands.held.get(&event.position).and_then(Option::as_ref);
        // What was read from the log may have come from NATS before.
        message.is_some_and(|message| message.info().is_ok_and(|info| info.delivered <= 1))
    }

    async fn settled(&mut self, event: &Committed, handler: &dyn Handler) {
        let held = {
            let mut hands = lock(&self.hands);
            let held = hands.held.remove(&event.position);
            if matches!(held, Some(None)) {
                hands.done.insert(event.position);
            }
            held.flatten()
        };
        if let Some(message) = held {
            let _settling = handler.settling(event, Settling::Ack);
            acknowledge(&message).await;
        }
    }

    fn reached(&self, oldest: Option<u64>) -> u64 {
        let floor = *self.floor.borrow();
        oldest.map_or(floor, |oldest| floor.min(oldest - 1))
    }

    async fn give_back(&mut self, handler: &dyn Handler) {
        while self.given.recv().await.is_some() {}
        let mut messages: Vec<(u64, Message)> = {
            let mut hands = lock(&self.hands);
            hands.held.drain().filter_map(|(position, held)| Some((position, held?))).collect()
        };
        // In their order, so that they come again in it.
        messages.sort_unstable_by_key(|(position, _)| *position);
        for (_, message) in messages {
            // What could not be read was never taken into hand.
            let event = envelope::delivered(&message);
            let _settling = event.map(|event| handler.settling(&event, Settling::Nak));
            let _ = message.ack_with(AckKind::Nak(Some(GIVEN_BACK))).await;
        }
    }
}
