//! The services' schemas: what is in them, and which read models can be rebuilt.

use std::path::Path;

use service_kit::StartError;
use service_kit::config::{ConfigError, Tables};
use service_kit::projection::{Derivation, ReadModel};
use sqlx::migrate::Migrator;

/// A service's own schema.
pub struct Schema {
    /// Its stage's name, which is the schema's as well.
    pub stage: &'static str,
    /// The service's tables.
    pub migrations: &'static Migrator,
    /// What in it can be thrown away and rebuilt.
    pub read_models: fn() -> Vec<ReadModel>,
}

/// Every service's, in the order of the journey.
pub const SCHEMAS: &[Schema] = &[
    Schema { stage: "intake", migrations: &intake::MIGRATIONS, read_models: intake::read_models },
    Schema { stage: "routing", migrations: &routing::MIGRATIONS, read_models: routing::read_models },
    Schema {
        stage: "payments_escalation",
        migrations: &payments_escalation::MIGRATIONS,
        read_models: payments_escalation::read_models,
    },
    Schema {
        stage: "notifications",
        migrations: &notifications::MIGRATIONS,
        read_models: notifications::read_models,
    },
];

impl Schema {
    /// All migrations that make its tables, the directory's with them.
    pub fn all_migrations(&self) -> [&'static Migrator; 2] {
        [self.migrations, &history::MIGRATIONS]
    }
}

/// Why it cannot be said what derives the rows.
#[derive(Debug, thiserror::Error)]
pub enum DerivationsError {
    /// The configuration does not read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A setting cannot hold.
    #[error(transparent)]
    Setting(#[from] StartError),
}

/// What derives every read model's rows, service by service, under the settings that the services run with:
/// the defaults, then `file` if given, then the environment.
///
/// # Errors
/// Names every wrong key.
pub fn derivations(file: Option<&Path>) -> Result<Vec<(&'static Schema, Vec<Derivation>)>, DerivationsError> {
    let settings: routing::Config = Tables::load(routing::DEFAULTS, file)?.table("routing")?;
    let routing = routing::derivations(&settings)?;
    let all =
        [intake::derivations(), routing, payments_escalation::derivations(), notifications::derivations()];
    Ok(SCHEMAS.iter().zip(all).collect())
}
