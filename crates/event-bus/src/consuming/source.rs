//! Where a consumer of reactions gets its events from: the log itself, or a transport that shares them
//! among replicas.

use std::sync::Arc;

use async_trait::async_trait;
use event_log::Committed;

use super::feed::Feed;
use crate::Handler;

/// Events given out at a time, at most.
pub(crate) const PAGE: usize = 256;

/// Gives out events, of one stream in order, and hears what became of them.
#[async_trait]
pub(crate) trait Source: Send {
    /// Whether there may be more to give out now.
    fn has_more(&self) -> bool;

    /// The next events, at most [`PAGE`]; none when there are none now or they cannot be read.
    async fn next(&mut self) -> Vec<Arc<Committed>>;

    /// Waits until there may be more, or something else has changed that is worth a look.
    async fn more(&mut self);

    /// Whether this is the first time that the event is given out to anybody, as far as can be told.
    fn is_first(&self, _event: &Committed) -> bool {
        true
    }

    /// An event is handled, put aside, or was not wanted. `handler` makes the span of saying so, where there is
    /// somebody to say it to.
    async fn settled(&mut self, event: &Committed, handler: &dyn Handler);

    /// Everything at or below this position is settled, when `oldest` is the oldest event given out that is
    /// not.
    fn reached(&self, oldest: Option<u64>) -> u64;

    /// The consumer stops: what was given out and is not settled may go to another.
    async fn give_back(&mut self, handler: &dyn Handler);
}

/// The log read forward: this consumer is the only one of its name.
#[async_trait]
impl Source for Feed {
    fn has_more(&self) -> bool {
        Self::has_more(self)
    }

    async fn next(&mut self) -> Vec<Arc<Committed>> {
        Self::next(self).await
    }

    async fn more(&mut self) {
        Self::more(self).await;
    }

    async fn settled(&mut self, _event: &Committed, _handler: &dyn Handler) {}

    fn reached(&self, oldest: Option<u64>) -> u64 {
        oldest.map_or(self.position(), |oldest| oldest - 1)
    }

    async fn give_back(&mut self, _handler: &dyn Handler) {}
}
