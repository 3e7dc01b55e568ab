//! A service's own database in a file: the counterpart of `on_postgres.rs`.

use std::path::Path;

use service_kit::Stores;
use sqlx::migrate::Migrator;

/// There is none.
#[derive(Clone, Copy)]
pub(crate) struct Database;

/// Where a service keeps its rows.
#[expect(clippy::unused_async, reason = "its counterpart on Postgres has to wait")]
pub(crate) async fn stores(folder: &Path, _schema: &str, _migrations: [&Migrator; 2]) -> (Stores, Database) {
    (Stores::Folder(folder.to_owned()), Database)
}
