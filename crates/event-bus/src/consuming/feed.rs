//! Reads the log forward for one consumer, and waits for more.

use std::sync::Arc;
use std::time::Duration;

use event_log::Committed;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::source::PAGE;
use super::tail::Tail;

/// The log from one position on.
pub(crate) struct Feed {
    tail: Arc<Tail>,
    head: watch::Receiver<u64>,
    safety_poll: Duration,
    stop: CancellationToken,
    /// Everything up to here has been given out.
    position: u64,
    /// True when it is worth reading whatever the head says: at first, after a full page, after a poll.
    look: bool,
    /// True after a read that failed: then only the slow poll tries again.
    failing: bool,
}

impl Feed {
    pub(crate) fn new(inner: &Inner, position: u64, stop: CancellationToken) -> Self {
        let (tail, head) = (Arc::clone(&inner.tail), inner.log.watch());
        Self { tail, head, safety_poll: inner.safety_poll, stop, position, look: true, failing: false }
    }

    /// The last position given out.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Goes back or forward, to read on from `position`.
    pub(crate) fn seek(&mut self, position: u64) {
        self.position = position;
        self.look = true;
    }

    /// Whether there may be more to read now.
    pub(crate) fn has_more(&self) -> bool {
        self.look || (!self.failing && *self.head.borrow() > self.position)
    }

    /// The next events, at most [`PAGE`]; none when there are none now or they cannot be read.
    pub(crate) async fn next(&mut self) -> Vec<Arc<Committed>> {
        let page = match self.tail.after(self.position, PAGE).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(position = self.position, %error, "the log cannot be read on; trying again");
                (self.look, self.failing) = (false, true);
                return Vec::new();
            }
        };
        (self.look, self.failing) = (page.len() == PAGE, false);
        self.position = page.last().map_or(self.position, |event| event.position);
        page
    }

    /// Waits until there may be more: the head has moved past what was read, or it is time for the slow
    /// poll, or the consumer is stopped. The poll runs on real time, because it guards against a lost
    /// wake-up and not against anything that a test's clock could tell.
    pub(crate) async fn more(&mut self) {
        if self.has_more() {
            return;
        }
        let position = self.position;
        let wake = async {
            let moved = !self.failing && self.head.wait_for(|head| *head > position).await.is_ok();
            if !moved {
                // The log is failing, or gone: leave it to the poll.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = wake => {}
            () = tokio::time::sleep(self.safety_poll) => self.look = true,
            () = self.stop.cancelled() => {}
        }
    }
}
