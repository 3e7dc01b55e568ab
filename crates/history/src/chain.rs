//! A case's facts as they are stored, page by page.

use event_log::{Committed, EventLog};
use service_kit::Failure;
use uuid::Uuid;

/// How many facts are read at a time.
const PAGE: usize = 200;

/// Walks a stream from its first fact to its last.
pub(crate) struct Chain<'a> {
    log: &'a dyn EventLog,
    stream: Uuid,
    after: u64,
    over: bool,
}

impl<'a> Chain<'a> {
    /// Stands after the fact of version `after`.
    pub(crate) fn new(log: &'a dyn EventLog, stream: Uuid, after: u64) -> Self {
        Self { log, stream, after, over: false }
    }

    /// The next facts, in order; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Vec<Committed>, Failure> {
        if self.over {
            return Ok(Vec::new());
        }
        let page = self.log.read_stream(self.stream, self.after, PAGE).await?;
        self.over = page.len() < PAGE;
        if let Some(last) = page.last() {
            self.after = last.version;
        }
        Ok(page)
    }
}
