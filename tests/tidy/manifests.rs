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

/// The files that set them.
const ENDINGS: &[&str] = &[".yaml", ".yml", ".env", "Dockerfile"];

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

/// Variables of single programs, as `casetrail migrate` reads them, begin with this alone.
const SHORT_PREFIX: &str = "CASETRAIL_";

/// What ends the variable of a role's password.
const PASSWORD: &str = "_PASSWORD";

#[test]
fn every_variable_of_a_program_that_a_manifest_sets_is_read() {
    let sources: Vec<_> = house::files("crates", &[".rs"]);
    let programs: Vec<String> = sources.iter().map(house::File::program).collect();
    let mut read: BTreeSet<String> =
        distributed::role_names().iter().map(|role| distributed::password_variable(role)).collect();
    assert!(read.iter().all(|name| name.ends_with(PASSWORD)), "{read:?}");
    // These are read by nats-server, as users.conf tells it.
    read.extend(distributed::nats_users().iter().map(event_bus::nats::User::password_variable));
    for program in &programs {
        let literals = crate::lexer::strings(program).into_iter().map(|(_, literal)| literal);
        read.extend(literals.filter(|literal| literal.starts_with(SHORT_PREFIX)));
    }
    let mut faults = Faults::default();
    let mut seen = 0;
    for file in house::files("k8s", ENDINGS).into_iter().chain(house::files("deploy", ENDINGS)) {
        let is_variable = |word: &&str| word.starts_with(SHORT_PREFIX) && !word.starts_with(PREFIX);
        // `CASETRAIL_..._PASSWORD` in prose stands for several.
        let words = house::words(&file.text).filter(|(_, word)| is_variable(word) && *word != SHORT_PREFIX);
        for (start, word) in words {
            seen += 1;
            faults.add_if(!read.contains(word), || {
                format!("{}:{}: {word}", file.path, house::line_at(&file.text, start))
            });
        }
    }
    assert!(seen > 5, "only {seen} variables in k8s/ and deploy/: were they looked for where they are?");
    faults.assert_none("No program reads these variables.");
}

/// The file of settings that every process of a cluster reads, and where it finds it.
const SETTINGS: &str = "k8s/base/casetrail.toml";
const MOUNTED: &str = "args: [--config, /etc/casetrail/casetrail.toml]";

#[test]
fn what_sighup_reloads_comes_from_a_mounted_file_in_every_process() {
    let mut faults = Faults::default();
    let table: Table = house::text(SETTINGS).parse().expect("it is TOML");
    let mut set = BTreeSet::new();
    collect(&table, PREFIX.trim_end_matches('_'), &mut set);
    let reloaded: BTreeSet<String> = service_kit::reload::RELOADED
        .iter()
        .map(|key| format!("{PREFIX}{}", key.replace('.', "__").to_uppercase()))
        .collect();
    assert_eq!(set, reloaded, "{SETTINGS} holds exactly what can change while a process runs");
    for file in house::files("k8s", ENDINGS) {
        for (start, word) in house::words(&file.text).filter(|(_, word)| reloaded.contains(*word)) {
            faults.add_if(true, || format!("{}:{}: {word}", file.path, house::line_at(&file.text, start)));
        }
    }
    for stage in ["intake", "routing", "payments-escalation", "notifications", "relay"] {
        let path = format!("k8s/base/{stage}/deployment.yaml");
        let text = house::text(&path);
        let is_mounted = text.contains(MOUNTED)
            && text.contains("mountPath: /etc/casetrail\n")
            && text.contains("name: casetrail-settings\n")
            && !text.contains("subPath");
        faults.add_if(!is_mounted, || format!("{path}: {SETTINGS} is not mounted"));
    }
    faults.assert_none("The environment goes over the file, and cannot change under a process.");
}

#[test]
fn every_setting_that_a_manifest_sets_exists() {
    let known = variables();
    assert!(known.contains("CASETRAIL__POSTGRES__URL"), "no settings found: {known:?}");
    let mut faults = Faults::default();
    let mut seen = 0;
    for file in house::files("k8s", ENDINGS).into_iter().chain(house::files("deploy", ENDINGS)) {
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
