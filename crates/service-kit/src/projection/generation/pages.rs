//! The log page by page, read ahead of whoever takes it in.

use std::sync::Arc;

use event_log::{Committed, EventLog};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::PAGE;
use crate::failure::Failure;

/// How many pages are read ahead.
const AHEAD: usize = 2;

/// Pages up to a position. Reading ends when it is dropped.
pub(super) struct Pages {
    read: mpsc::Receiver<Result<Vec<Committed>, Failure>>,
    reader: JoinSet<()>,
}

impl Pages {
    /// Those behind `after`, up to and with `to`.
    pub(super) fn between(log: Arc<dyn EventLog>, after: u64, to: u64) -> Self {
        let (pages, read) = mpsc::channel(AHEAD);
        let mut reader = JoinSet::new();
        reader.spawn(
            async move {
                let mut position = after;
                while position < to {
                    let page = page(&*log, position, to).await;
                    let last = page.as_ref().ok().and_then(|page| page.last()).map(|event| event.position);
                    if pages.send(page).await.is_err() {
                        return;
                    }
                    let Some(last) = last else { return };
                    position = last;
                }
            }
            .in_current_span(),
        );
        Self { read, reader }
    }

    /// The next one; `None` behind the last.
    ///
    /// # Errors
    /// The log cannot be read, or reading ended before its time: what is missing must not be taken for the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Committed>>, Failure> {
        match self.read.recv().await {
            Some(page) => page.map(Some),
            None => match self.reader.join_next().await {
                Some(Err(error)) => Err(Failure::Internal(format!("reading the log ended: {error}"))),
                Some(Ok(())) | None => Ok(None),
            },
        }
    }
}

async fn page(log: &dyn EventLog, after: u64, to: u64) -> Result<Vec<Committed>, Failure> {
    let mut page = log.read_all(after, PAGE).await?;
    page.truncate(page.partition_point(|event| event.position <= to));
    if page.is_empty() {
        return Err(Failure::Internal(format!("the log ends before position {to}")));
    }
    Ok(page)
}
