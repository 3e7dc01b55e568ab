//! The services' schemas: what is in them, and which read models can be rebuilt.

use sqlx::migrate::Migrator;

/// A service's own schema.
pub struct Schema {
    /// Its stage's name, which is the schema's as well.
    pub stage: &'static str,
    /// The service's tables.
    pub migrations: &'static Migrator,
}

/// Every service's, in the order of the journey.
pub const SCHEMAS: &[Schema] = &[
    Schema { stage: "intake", migrations: &intake::MIGRATIONS },
    Schema { stage: "routing", migrations: &routing::MIGRATIONS },
    Schema { stage: "payments_escalation", migrations: &payments_escalation::MIGRATIONS },
    Schema { stage: "notifications", migrations: &notifications::MIGRATIONS },
];
