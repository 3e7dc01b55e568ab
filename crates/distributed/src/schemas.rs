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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Their rows are made with the players' keys, which only a running service has.
    const WITH_KEYS: &[&str] = &["intake.contacts"];

    #[test]
    fn what_can_be_rebuilt_can_be_derived() {
        let mut all = 0;
        for (schema, derivations) in derivations(None).unwrap() {
            let declared = (schema.read_models)();
            let names: BTreeSet<&str> = declared.iter().map(|model| model.name).collect();
            assert_eq!(names.len(), declared.len(), "{} has two of one name", schema.stage);
            let derived = derivations.iter().map(Derivation::model);
            let keyed = declared.iter().copied().filter(|model| WITH_KEYS.contains(&model.name));
            let derived: Vec<ReadModel> = derived.chain(keyed).collect();
            assert_eq!(derived.iter().map(|model| model.name).collect::<BTreeSet<_>>(), names);
            // Of the same name means of the same rows.
            for model in &derived {
                assert!(declared.contains(model), "{model:?} is declared otherwise");
            }
            assert_eq!(derived.len(), declared.len());
            all += derived.len();
        }
        assert!(all > 10, "only {all} read models");
    }
}
