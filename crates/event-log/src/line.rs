//! Lines before streams that many want to append to at once.
//!
//! Who decides on a stream's latest version and appends may find that somebody was faster. If all who were
//! too late tried again at once, each round would serve one of them. In a line each is served in turn.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

use crate::StreamId;

/// So many streams are kept before those that nobody waits for are forgotten.
const KEPT: usize = 1_024;

/// One line a stream, within this process, first come first served. Clones are the same lines.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    streams: Arc<Mutex<HashMap<StreamId, Weak<tokio::sync::Mutex<()>>>>>,
}

/// One's turn; the next one's begins when it is dropped.
#[must_use]
#[derive(Debug)]
pub struct Turn {
    _held: OwnedMutexGuard<()>,
}

impl Lines {
    /// Waits in the line of this stream. It only saves work: between processes the log's versions decide.
    pub async fn wait(&self, stream: StreamId) -> Turn {
        let line = self.line(stream);
        Turn { _held: line.lock_owned().await }
    }

    /// As [`wait`](Self::wait) if somebody stands in the line of this stream: whoever comes later must not be
    /// faster than they are. `None` if nobody does.
    pub async fn wait_if_busy(&self, stream: StreamId) -> Option<Turn> {
        let busy = {
            let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
            streams.get(&stream).is_some_and(|line| line.strong_count() > 0)
        };
        if busy { Some(self.wait(stream).await) } else { None }
    }

    fn line(&self, stream: StreamId) -> Arc<tokio::sync::Mutex<()>> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = streams.get(&stream).and_then(Weak::upgrade) {
            return line;
        }
        if streams.len() >= KEPT {
            streams.retain(|_, line| line.strong_count() > 0);
        }
        let line = Arc::default();
        streams.insert(stream, Arc::downgrade(&line));
        line
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn each_stream_has_its_own_line_and_it_is_served_in_order() {
        let lines = Lines::default();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = lines.wait(one).await;
        let mut second = Box::pin(lines.wait(one));
        let mut third = Box::pin(lines.wait(one));
        assert!(second.as_mut().now_or_never().is_none() && third.as_mut().now_or_never().is_none());
        drop(lines.wait(other).await);
        assert!(lines.wait_if_busy(other).await.is_none());
        assert!(
            Box::pin(lines.wait_if_busy(one)).now_or_never().is_none(),
            "whoever is new stands in line too"
        );
        drop(first);
        assert!(third.as_mut().now_or_never().is_none(), "it came later");
        let second = second.await;
        drop(second);
        drop(third.await);
    }

    #[tokio::test]
    async fn lines_that_nobody_stands_in_are_forgotten() {
        let lines = Lines::default();
        let kept = lines.wait(Uuid::nil()).await;
        for number in 1..=4 * KEPT as u128 {
            drop(lines.wait(Uuid::from_u128(number)).await);
        }
        let streams = lines.streams.lock().unwrap();
        assert!(streams.len() <= KEPT && streams.contains_key(&Uuid::nil()), "{}", streams.len());
        drop(kept);
    }
}
