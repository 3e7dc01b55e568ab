//! Everything a service is given from outside: where it reads and writes, the time, ids, keys.

use std::path::PathBuf;
use std::sync::Arc;

use ambient::{Clock, Ids};
use event_bus::{EventBus, Shard};
use event_log::{EventLog, global_position};
use sealing::Sealer;

use crate::auth::Authenticator;
use crate::limits::MessageSizes;
use crate::shutdown::Shutdown;
use crate::store::{CONNECTIONS, Store, StoreError};

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
    /// How large one message may be: each generated server is given it.
    pub messages: MessageSizes,
    /// Where services keep what can be rebuilt: read models, timers.
    pub stores: Stores,
    /// Where services keep their files.
    pub data: PathBuf,
    /// Tells everybody to stop, and waits for them.
    pub shutdown: Shutdown,
}

/// Where the services' own databases are. It holds a password perhaps, and so does not show itself.
#[derive(Clone)]
pub enum Stores {
    /// A SQLite file each, named after the service: for one process.
    Folder(PathBuf),
    /// A schema each, named after the service: for as many replicas as one likes.
    Postgres {
        /// The URL of the database, as the service's role.
        url: String,
        /// How many connections a replica of a service has at most.
        connections: u32,
    },
}

impl Stores {
    /// Schemas in this Postgres, with the usual number of connections.
    pub fn postgres(url: impl Into<String>) -> Self {
        Self::Postgres { url: url.into(), connections: CONNECTIONS }
    }
}

impl Parts {
    /// The shards, each with an order of its own: where there is one, the log and the bus themselves.
    pub fn shards(&self) -> Vec<Shard> {
        match self.bus.shards() {
            [] => vec![Shard { log: Arc::clone(&self.log), bus: Arc::clone(&self.bus) }],
            shards => shards.to_vec(),
        }
    }

    /// The last position of each shard now, in their order: whoever has reached them all knows all there was.
    ///
    /// # Errors
    /// The log does not answer.
    pub async fn heads(&self) -> Result<Vec<u64>, event_log::Error> {
        let mut heads = Vec::new();
        for (number, shard) in (0..).zip(self.shards()) {
            heads.push(global_position(number, shard.log.head().await?));
        }
        Ok(heads)
    }

    /// What must be reached to know everything that was recorded before `position`. In one shard that is the
    /// position; across shards nothing is before or after, and it is all there is now.
    ///
    /// # Errors
    /// The log does not answer.
    pub async fn before(&self, position: u64) -> Result<Vec<u64>, event_log::Error> {
        if self.log.shards() == 1 { Ok(vec![position]) } else { self.heads().await }
    }

    /// Opens the database of read models that belongs to `service`: a file with its tables, or a schema
    /// that has them.
    pub async fn store(
        &self,
        service: &str,
        migrations: &sqlx::migrate::Migrator,
    ) -> Result<Store, StoreError> {
        let store = match &self.stores {
            Stores::Folder(folder) => {
                Store::open_file(&folder.join(format!("{service}.db")), migrations).await
            }
            Stores::Postgres { url, connections } => {
                Store::open_postgres(url, service, migrations, *connections).await
            }
        }?;
        store.observe(service);
        Ok(store)
    }
}
