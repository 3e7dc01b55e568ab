//! `WatchCase`: a case's facts, first those after a version, then each new one as it is recorded.
//!
//! A watcher keeps no facts: it reads the log on from the last version it sent, and reads no further
//! until the client has taken what is on its way. So a slow client costs no memory, and nobody skips or
//! repeats a version.

use std::pin::Pin;
use std::sync::Arc;

use case::Case;
use contracts::history::v1::{WatchCaseRequest, WatchCaseResponse};
use jiff::SignedDuration;
use service_kit::{Executor, Failure, Parts, Scope};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::Status;
use uuid::Uuid;

use crate::directory::not_found;
use crate::narrator::Narrator;
use crate::reads::Reader;
use crate::service::Inner;

/// Entries on their way to one client.
const IN_FLIGHT: usize = 16;
/// Facts read at a time.
const PAGE: usize = 16;
/// How often the log is looked at without being woken: another process may have written.
const POLL: SignedDuration = SignedDuration::from_secs(2);

type Entries = Pin<Box<dyn Stream<Item = Result<WatchCaseResponse, Status>> + Send>>;

pub(crate) async fn answer(
    history: &Inner,
    reader: &Reader,
    request: WatchCaseRequest,
) -> Result<Entries, Failure> {
    let stream = history.directory.resolve("case", &request.case).await?;
    let case = history.case_as_of(stream, &request.case, None).await?;
    history.directory.audit().note(reader, &case, "history.WatchCase", "player, texts")?;
    let newest = case.version;
    let after = request.after_version;
    if after > newest {
        let problem = format!("is {after}, but the newest version is {newest}");
        return Err(Failure::invalid("after_version", problem));
    }
    let narrator = Narrator::after(&history.parts, &history.executor, stream, after).await?;
    let (entries, receiver) = mpsc::channel(IN_FLIGHT);
    let head = history.parts.log.watch_stream(stream);
    let (executor, scope) = (history.executor.clone(), Scope::current());
    let watcher = Watcher { parts: history.parts.clone(), executor, scope, stream, narrator, head, entries };
    history.parts.shutdown.spawn_background(watcher.run());
    // A watch has no end of its own: when the watcher stops, the service does.
    let end = std::iter::once_with(|| Err(Failure::Unavailable("the service stops".to_owned()).into()));
    Ok(Box::pin(ReceiverStream::new(receiver).chain(tokio_stream::iter(end))))
}

struct Watcher {
    parts: Parts,
    executor: Executor<Case>,
    /// That of the call, which ended when the watch began.
    scope: Scope,
    stream: Uuid,
    narrator: Narrator,
    head: watch::Receiver<u64>,
    entries: mpsc::Sender<Result<WatchCaseResponse, Status>>,
}

impl Watcher {
    async fn run(mut self) {
        let soft = self.parts.shutdown.soft().clone();
        let entries = self.entries.clone();
        let ended = self.scope.clone().ended(Arc::clone(&self.parts.clock));
        let failure = tokio::select! {
            () = soft.cancelled() => return,
            () = entries.closed() => return,
            failure = ended => failure,
            failure = self.follow() => failure,
        };
        // Who takes nothing does not hold the shutdown up.
        tokio::select! {
            () = soft.cancelled() => {}
            _ = entries.send(Err(failure.into())) => {}
        }
    }

    /// Sends facts until something fails.
    async fn follow(&mut self) -> Failure {
        loop {
            // Marked as seen before reading: a commit in between wakes us again.
            self.head.borrow_and_update();
            if let Err(failure) = self.send_new().await {
                return failure;
            }
            self.wait().await;
        }
    }

    async fn send_new(&mut self) -> Result<(), Failure> {
        loop {
            let facts = self.parts.log.read_stream(self.stream, self.narrator.version(), PAGE).await?;
            // A case that has moved to a confidential team is watched by its members only.
            if !facts.is_empty() && !self.scope.clone().surround(self.executor.reaches(self.stream)).await? {
                return Err(not_found(&self.stream.to_string()));
            }
            for fact in &facts {
                let entry = self.narrator.tell(fact).await?;
                let told = WatchCaseResponse { entry: Some(entry) };
                if self.entries.send(Ok(told)).await.is_err() {
                    // The client left, which ends `run`.
                    return Ok(());
                }
            }
            if facts.len() < PAGE {
                return Ok(());
            }
        }
    }

    async fn wait(&mut self) {
        let poll = self.parts.clock.sleep_until(self.parts.clock.now() + POLL);
        let woken = async {
            if self.head.changed().await.is_err() {
                // The log is closed; what is left is the poll, and shutdown.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = woken => {}
            () = poll => {}
        }
    }
}
