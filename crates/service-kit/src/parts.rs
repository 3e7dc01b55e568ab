//! Everything a service is given from outside: where it reads and writes, the time, ids, keys.

use std::path::PathBuf;
use std::sync::Arc;

use ambient::{Clock, Ids};
use event_bus::EventBus;
use event_log::EventLog;
use sealing::Sealer;

use crate::auth::Authenticator;
use crate::shutdown::Shutdown;
use crate::store::{Store, StoreError};

/// What the wiring hands to a service. Cheap to clone. The same services run embedded or distributed:
/// only what is in here differs.
#[derive(Clone)]
pub struct Parts {
    /// The log of committed events: the only truth.
    pub log: Arc<dyn EventLog>,
    /// The log's database, by its name in the semantic conventions (`sqlite`, `postgresql`).
    pub database: &'static str,
    /// Carries committed events to subscribers.
    pub bus: Arc<dyn EventBus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids and randomness.
    pub ids: Arc<dyn Ids>,
    /// Keys for personal data.
    pub sealer: Arc<Sealer>,
    /// Who calls.
    pub authenticator: Arc<dyn Authenticator>,
    /// Where services keep what can be rebuilt (read models, timers) and their files.
    pub data: PathBuf,
    /// Tells everybody to stop, and waits for them.
    pub shutdown: Shutdown,
}

impl Parts {
    /// Opens the database of read models that belongs to `service`, with its tables.
    pub async fn store(
        &self,
        service: &str,
        migrations: &sqlx::migrate::Migrator,
    ) -> Result<Store, StoreError> {
        Store::open_file(&self.data.join(format!("{service}.db")), migrations).await
    }
}
