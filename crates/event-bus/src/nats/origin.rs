//! Whether a stream was filled from this log. Another log's stream, or that of this log before it was restored
//! from an older backup, must neither be filled nor believed: what it brings was never recorded here.

use async_nats::jetstream::stream::Stream;
use event_log::EventLog;

/// A stream beside the log.
pub(super) struct Compared {
    /// The last sequence of the stream.
    pub(super) stream_head: u64,
    /// The last position of the log.
    pub(super) log_head: u64,
    /// Why the stream is not this log's, and what to do; `None` when it is.
    pub(super) foreign: Option<String>,
}

/// Compares the end of the stream with what the log has there.
///
/// # Errors
/// NATS or the log does not answer.
pub(super) async fn compare(stream: &Stream, log: &dyn EventLog) -> Result<Compared, String> {
    // The stream first: whatever is in it was in the log before.
    let stream_head = stream.get_info().await.map_err(|error| error.to_string())?.state.last_sequence;
    let log_head = log.head().await.map_err(|error| error.to_string())?;
    let foreign = if stream_head > log_head {
        Some(format!(
            "it ends at {stream_head}, the log at {log_head}; was the log restored from an older backup? \
             Then remove the stream: it is filled again from the log"
        ))
    } else {
        differing(stream, log, stream_head).await?
    };
    Ok(Compared { stream_head, log_head, foreign })
}

/// What differs at the end of a stream that is no longer than the log.
async fn differing(stream: &Stream, log: &dyn EventLog, head: u64) -> Result<Option<String>, String> {
    if head == 0 {
        return Ok(None);
    }
    let message = stream.get_raw_message(head).await.map_err(|error| error.to_string())?;
    let found = message.headers.get("ce-id").map(|id| id.as_str().to_owned()).unwrap_or_default();
    let logged = log.read_all(head - 1, 1).await.map_err(|error| error.to_string())?;
    let logged = logged.first().map(|event| event.event_id.to_string()).unwrap_or_default();
    Ok((found != logged).then(|| {
        format!(
            "at {head} it has the event {found}, the log has {logged}; was the log restored from an older \
             backup? Then remove the stream: it is filled again from the log. Otherwise name another \
             nats.prefix"
        )
    }))
}
