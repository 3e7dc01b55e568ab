//! What is shipped names only settings that exist.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::house::{self, Faults};

/// Where settings are documented, each with its default.
const DEFAULTS: &[&str] = &[
    "crates/deployable/deployable.toml",
    "services/intake/default.toml",
    "services/routing/default.toml",
    "services/payments-escalation/default.toml",
    "services/notifications/default.toml",
];

/// What sets a setting by the environment begins with this.
const PREFIX: &str = "CASETRAIL__";

/// Every setting as a variable of the environment.
fn variables() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in DEFAULTS {
        let table: Table = house::text(file).parse().unwrap_or_else(|error| panic!("{file}: {error}"));
        collect(&table, PREFIX.trim_end_matches('_'), &mut found);
    }
    found
}

fn collect(table: &Table, above: &str, found: &mut BTreeSet<String>) {
    for (key, value) in table {
        let name = format!("{above}__{}", key.to_uppercase());
        match value {
            Value::Table(below) => collect(below, &name, found),
            _ => drop(found.insert(name)),
        }
    }
}

#[test]
fn every_setting_that_a_manifest_sets_exists() {
    let known = variables();
    assert!(known.contains("CASETRAIL__POSTGRES__URL"), "no settings found: {known:?}");
    let mut faults = Faults::default();
    let mut seen = 0;
    let endings = [".yaml", ".yml", ".env", "Dockerfile"];
    for file in house::files("k8s", &endings).into_iter().chain(house::files("deploy", &endings)) {
        for (start, word) in house::words(&file.text).filter(|(_, word)| word.starts_with(PREFIX)) {
            seen += 1;
            faults.add_if(!known.contains(word), || {
                format!("{}:{}: {word}", file.path, house::line_at(&file.text, start))
            });
        }
    }
    assert!(seen > 20, "only {seen} settings in k8s/ and deploy/: were they looked for where they are?");
    faults.assert_none(
        "Settings are documented in crates/deployable/deployable.toml and services/*/default.toml.",
    );
}
