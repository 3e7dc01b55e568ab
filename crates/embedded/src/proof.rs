//! The seals over the log of a data folder. The key and the witness lie beside the log: that shows the work of
//! it, and guards against mistakes; against whoever owns the folder, keep copies of the witness elsewhere.

use std::path::Path;
use std::sync::Arc;

use ambient::{Clock, Ids};
use event_log::EventLog;
use seals::{Keyring, Limits, Parts, Sealer, SigningKey, SqliteSealStore, Witness};
use service_kit::Shutdown;

/// The signing key's file.
pub const KEY: &str = "seal.key";
/// The public keys that ever sealed, for whoever checks (PEM).
pub const PUBLIC_KEYS: &str = "seal-keys.pem";
/// The seals' file.
pub const STORE: &str = "seals.db";
/// Every seal once more, a line each.
pub const WITNESS: &str = "seals.jsonl";

/// Seals `log` until shutdown.
pub(crate) async fn start(
    data: &Path,
    log: &Arc<dyn EventLog>,
    clock: &Arc<dyn Clock>,
    ids: &dyn Ids,
    shutdown: &Shutdown,
) -> Result<(), seals::Error> {
    let key = SigningKey::from_file_or_create(&data.join(KEY), ids)?;
    let parts = Parts {
        log: Arc::clone(log),
        shard: 0,
        store: Arc::new(SqliteSealStore::open(&data.join(STORE), 0).await?),
        witnesses: vec![Arc::new(Witness::open(&data.join(WITNESS)).await?)],
        trusted: trusted(&data.join(PUBLIC_KEYS), &key)?,
        key,
        clock: Arc::clone(clock),
    };
    let sealer = Sealer::new(parts, Limits::default());
    let stop = shutdown.soft().clone();
    // What stops it was logged: history is not as it was, and nothing is sealed on top of that.
    shutdown.spawn_background(async move { drop(sealer.run(stop).await) });
    Ok(())
}

/// The keys that sealed before, and today's, which is added to their file.
fn trusted(path: &Path, key: &SigningKey) -> Result<Keyring, seals::Error> {
    let known = if path.exists() { Keyring::from_file(path)? } else { Keyring::new() };
    if known.find(key.public().id()).is_none() {
        let before = std::fs::read_to_string(path).unwrap_or_default();
        let written = std::fs::write(path, before + &key.public().to_pem());
        written.map_err(|error| seals::Error::Key {
            path: path.display().to_string(),
            reason: format!("cannot be written: {error}"),
        })?;
    }
    Ok(known)
}
