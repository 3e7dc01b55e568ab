//! The services' schemas: what is in them, and which read models can be rebuilt.

use service_kit::projection::ReadModel;
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
    Schema {
        stage: "intake",
        migrations: &intake::MIGRATIONS,
        read_models: intake::read_models,
    },
    Schema {
        stage: "routing",
        migrations: &routing::MIGRATIONS,
        read_models: routing::read_models,
    },
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
