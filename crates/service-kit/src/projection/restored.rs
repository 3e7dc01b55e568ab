//! Rows that are ahead of the log: it was restored from a backup that is older than they are, and they tell of
//! what was never recorded in it.

use event_log::EventLog;

use super::{ReadModel, position, rebuild};
use crate::failure::Failure;
use crate::store::Store;

/// The position in `log`, a shard, that a read model's rows stand for; it is kept under `name`. Rows ahead of the log are thrown away first: which of them
/// are still true cannot be told, and all are written anew.
///
/// # Errors
/// The database or the log does not answer.
pub(super) async fn position_within_log(
    log: &dyn EventLog,
    store: &Store,
    name: &str,
    model: &ReadModel,
) -> Result<u64, Failure> {
    let position = position(store, name).await?;
    if position == 0 {
        return Ok(0);
    }
    // The log second: it can only have grown since.
    let head = log.head().await?;
    if position <= head {
        return Ok(position);
    }
    tracing::warn!(
        projection = name,
        position,
        head,
        "the log is shorter than what is in these rows: it was restored; writing them anew"
    );
    rebuild(store, model).await?;
    Ok(0)
}
