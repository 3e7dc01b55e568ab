//! The queue before the one task that writes: appends wait in it, and the task takes them out in batches
//! (group commit).
//!
//! There is no timer. While one batch is being committed the next callers queue up, so batches grow by
//! themselves exactly when there is load, and a lone caller waits for nobody. Callers who were answered together
//! come back together: the first of them does not go alone.

use std::collections::{HashSet, VecDeque};
use std::sync::OnceLock;

use tokio::sync::{mpsc, oneshot};

use crate::{Append, Appended, Error};

/// Appends that may wait in the queue; further callers wait to be let in.
const QUEUE: usize = 1_024;

/// Most requests in one batch.
pub(crate) const MAX_BATCH: usize = 256;

/// A batch takes no further request once it weighs this much, in bytes: bounds memory and the database's log.
const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;

/// Requests looked through for a batch: more than a batch, so that one busy stream (of which a batch
/// takes only one) does not keep the others out.
const LOOK_AHEAD: usize = 4 * MAX_BATCH;

/// After so many turns of the runtime that brought nobody, a batch goes as it is.
const TURNS_IN_VAIN: usize = 2;

/// What each caller of a batch is told.
pub(crate) type Answer = Result<Appended, Error>;

enum Request {
    /// To append, and to tell the answer.
    Append(Waiting),
    /// To finish what is queued, and stop.
    Close,
}

/// An append whose caller waits for the answer.
pub(crate) struct Waiting {
    pub(crate) append: Append,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// Who is told how many appends each batch holds: one a process, as whoever keeps its figures.
static OBSERVER: OnceLock<fn(usize)> = OnceLock::new();

/// Tells `observer` from now on how many appends are committed together, in every log of this process. The first
/// one who asks is told.
pub fn observe_batches(observer: fn(usize)) {
    // A second one wants to know what the first is told already.
    let _ = OBSERVER.set(observer);
}

/// The callers' end of a queue. Clones lead to the same one.
#[derive(Clone)]
pub(crate) struct Appender(mpsc::Sender<Request>);

/// The writer's end of a queue.
pub(crate) struct Queue {
    requests: mpsc::Receiver<Request>,
    waiting: VecDeque<Waiting>,
    /// How many the last batch held.
    last: usize,
}

/// A new queue.
pub(crate) fn queue() -> (Appender, Queue) {
    let (sender, requests) = mpsc::channel(QUEUE);
    (Appender(sender), Queue { requests, waiting: VecDeque::with_capacity(LOOK_AHEAD), last: 0 })
}

impl Appender {
    /// Queues an append and waits for its answer. A caller who leaves changes nothing.
    pub(crate) async fn append(&self, append: Append) -> Answer {
        append.check()?;
        let (answer, answered) = oneshot::channel();
        let request = Request::Append(Waiting { append, answer });
        self.0.send(request).await.map_err(|_| Error::Unavailable("it is closed".to_owned()))?;
        answered.await.unwrap_or_else(|_| {
            let lost = "the writer stopped before it answered; repeat with the same command id";
            Err(Error::Unavailable(lost.to_owned()))
        })
    }

    /// Lets nobody new in; what is queued is still written.
    pub(crate) async fn close(&self) {
        // An error means that the writer is on its way out already.
        drop(self.0.send(Request::Close).await);
    }
}

impl Queue {
    /// Waits until there is something to do, and gives the oldest request of each stream. `None` when
    /// everybody who could ask is gone, or one asked to close, and all is done.
    pub(crate) async fn next_batch(&mut self) -> Option<Vec<Waiting>> {
        while self.waiting.is_empty() {
            let request = self.requests.recv().await?;
            self.take(request);
        }
        self.take_all();
        if self.last > 1 {
            self.gather().await;
        }
        let batch = self.pick();
        self.last = batch.len();
        if let Some(observer) = OBSERVER.get() {
            observer(batch.len());
        }
        Some(batch)
    }

    /// Lets others run for as long as that brings requests: whoever was just answered asks again.
    async fn gather(&mut self) {
        let mut in_vain = 0;
        while in_vain < TURNS_IN_VAIN && self.waiting.len() < MAX_BATCH {
            let before = self.waiting.len();
            tokio::task::yield_now().await;
            self.take_all();
            in_vain = if self.waiting.len() > before { 0 } else { in_vain + 1 };
        }
    }

    fn take_all(&mut self) {
        while self.waiting.len() < LOOK_AHEAD
            && let Ok(request) = self.requests.try_recv()
        {
            self.take(request);
        }
    }

    fn take(&mut self, request: Request) {
        match request {
            Request::Append(waiting) => self.waiting.push_back(waiting),
            // Nobody new is let in; what is queued already is still received.
            Request::Close => self.requests.close(),
        }
    }

    /// Picks the oldest request of each stream. The others keep their order and wait.
    fn pick(&mut self) -> Vec<Waiting> {
        let mut batch = Vec::with_capacity(self.waiting.len().min(MAX_BATCH));
        let mut streams = HashSet::with_capacity(MAX_BATCH);
        let mut bytes = 0;
        for _ in 0..self.waiting.len() {
            let Some(next) = self.waiting.pop_front() else { break };
            let full = batch.len() >= MAX_BATCH || bytes >= MAX_BATCH_BYTES;
            if full || !streams.insert(next.append.stream) {
                self.waiting.push_back(next);
            } else {
                bytes += next.append.weight_bytes();
                batch.push(next);
            }
        }
        batch
    }
}

/// Tells everybody what became of a batch: each their own answer, or all the same failure. A caller who has
/// left does not need the answer: the log has it.
pub(crate) fn answer_all(callers: Vec<oneshot::Sender<Answer>>, committed: Result<Vec<Answer>, Error>) {
    match committed {
        Ok(answers) => callers.into_iter().zip(answers).for_each(|(to, answer)| drop(to.send(answer))),
        Err(error) => callers.into_iter().for_each(|to| drop(to.send(Err(error.clone())))),
    }
}
