//! The settings of a whole deployment, looked at without starting anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use deployable::Common;
use service_kit::config::{ConfigError, Tables};
use service_kit::schema;

/// Reads a file as every process would, with the environment over it.
///
/// # Errors
/// What is wrong with it, a line each.
pub fn check_settings(file: &Path) -> Result<(), BTreeSet<String>> {
    let common = match Common::load(Some(file)) {
        Ok(common) => common.problems(),
        Err(error) => vec![error.to_string()],
    };
    let services = [
        intake::deployable().check(file),
        routing::deployable().check(file),
        payments_escalation::deployable().check(file),
        notifications::deployable().check(file),
    ];
    // A file that is not there each of them complains of.
    let of_services = services.into_iter().filter_map(Result::err).map(|error| error.to_string());
    let wrong: BTreeSet<String> = common.into_iter().chain(of_services).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// The JSON Schema of a file that configures every process.
///
/// # Errors
/// The defaults do not read.
pub fn settings_schema() -> Result<serde_json::Value, ConfigError> {
    let mut tables = deployable::config::schemas();
    tables.extend([
        ("intake", schema::of_table::<intake::Config>()),
        ("routing", schema::of_table::<routing::Config>()),
        ("payments_escalation", schema::of_table::<payments_escalation::Config>()),
        ("notifications", schema::of_table::<notifications::Config>()),
    ]);
    schema::of_file("Casetrail's deployables", tables, &defaults())
}

/// Every setting of every process as it is in the end, secrets hidden: the defaults, a file, the environment.
///
/// # Errors
/// The file cannot be read.
pub fn show_settings(file: Option<&Path>) -> Result<BTreeMap<String, serde_json::Value>, ConfigError> {
    Tables::load(&defaults(), file)?.shown()
}

fn defaults() -> String {
    let defaults = [
        deployable::config::DEFAULTS,
        intake::DEFAULTS,
        routing::DEFAULTS,
        payments_escalation::DEFAULTS,
        notifications::DEFAULTS,
    ];
    defaults.join("\n")
}
