//! Who may know whom: the arrows between crates, and what every `Cargo.toml` must say.

use toml::{Table, Value};

use crate::house::{self, Faults, File};

/// The crates that stand below the services, and which of ours each may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("access", &["ambient", "case", "contracts", "outbound"]),
    ("ambient", &[]),
    ("case", &[]),
    ("contracts", &[]),
    ("outbound", &[]),
    ("evidence", &["scratch"]),
    ("event-log", &["ambient", "scratch"]),
    ("sealing", &["ambient", "outbound", "scratch"]),
    ("seals", &["ambient", "event-log", "scratch"]),
    ("sandbox-gateway", &["ambient", "outbound"]),
    ("scratch", &["ambient"]),
    ("event-bus", &["ambient", "event-log", "scratch"]),
    (
        "service-kit",
        &["access", "ambient", "case", "contracts", "event-log", "event-bus", "scratch", "sealing"],
    ),
    ("history", &["ambient", "case", "contracts", "event-log", "event-bus", "sealing", "service-kit"]),
    ("operations", &["ambient", "case", "contracts", "event-log", "event-bus", "service-kit"]),
    (
        "deployable",
        &[
            "ambient",
            "contracts",
            "event-log",
            "event-bus",
            "sealing",
            "seals",
            "service-kit",
            "history",
            "operations",
        ],
    ),
    ("relay", &["deployable"]),
    ("stories", &["ambient", "contracts"]),
];

/// Crates that wire everything together, and so may know everything.
const WIRING: &[&str] = &["embedded", "distributed", "casetrail"];

/// What makes the pure core impure, by the crate that brings it.
const NOT_FOR_THE_CORE: &[&str] = &[
    "async-trait",
    "axum",
    "futures-util",
    "getrandom",
    "prost",
    "rand",
    "reqwest",
    "sqlx",
    "tokio",
    "tonic",
    "tracing",
];

struct Package {
    path: String,
    name: String,
    manifest: Table,
}

impl Package {
    fn is_service(&self) -> bool {
        self.path.starts_with("services/")
    }

    /// Every dependency entry, of every kind and target.
    fn dependencies(&self) -> Vec<(String, Value)> {
        let targets = self.manifest.get("target").and_then(Value::as_table);
        let tables = std::iter::once(&self.manifest)
            .chain(targets.into_iter().flat_map(|targets| targets.values().filter_map(Value::as_table)));
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        tables
            .flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)?.as_table()))
            .flat_map(|entries| entries.iter().map(|(name, entry)| (name.clone(), entry.clone())))
            .collect()
    }
}

fn parse(file: &File) -> Table {
    file.text.parse().unwrap_or_else(|error| panic!("{} is no TOML: {error}", file.path))
}

fn packages() -> Vec<Package> {
    let manifests = house::files("", &["Cargo.toml"]);
    // A workspace of its own (the root's too) stands beside the house, and nobody in it depends on it.
    let members = manifests.iter().filter(|file| !parse(file).contains_key("workspace"));
    let packages: Vec<Package> = members
        .map(|file| {
            let manifest = parse(file);
            let name = manifest["package"]["name"].as_str().unwrap_or_default().to_owned();
            Package { path: file.path.clone(), name, manifest }
        })
        .collect();
    assert!(packages.len() >= ARROWS.len(), "the walk found only {} packages", packages.len());
    packages
}

/// Whether `from` may depend on `to`, both ours.
fn is_allowed(from: &Package, to: &Package) -> bool {
    if from.name == to.name || WIRING.contains(&from.name.as_str()) || from.path.starts_with("tests/") {
        return !to.path.starts_with("tests/") || from.name == to.name;
    }
    if from.is_service() {
        return to.path.starts_with("crates/") && !WIRING.contains(&to.name.as_str());
    }
    ARROWS.iter().any(|(name, allowed)| *name == from.name && allowed.contains(&to.name.as_str()))
}

#[test]
fn crates_depend_on_each_other_only_along_the_arrows() {
    let packages = packages();
    let mut faults = Faults::default();
    for from in &packages {
        for (name, _) in from.dependencies() {
            let ours = packages.iter().find(|package| package.name == name);
            faults
                .add_if(ours.is_some_and(|to| !is_allowed(from, to)), || format!("{} -> {name}", from.path));
        }
        let is_known =
            ARROWS.iter().any(|(name, _)| *name == from.name) || WIRING.contains(&from.name.as_str());
        faults.add_if(from.path.starts_with("crates/") && from.name != "casetrail" && !is_known, || {
            format!("{}: a crate without a line in ARROWS (tests/tidy/arrows.rs)", from.path)
        });
    }
    faults.assert_none(
        "Dependencies point one way (ARCHITECTURE.md): move the code to where it belongs, or pass in a trait. \
         A service never depends on a service: it reacts to the other's facts.",
    );
}

#[test]
fn the_pure_core_brings_in_nothing_impure() {
    let mut faults = Faults::default();
    for package in packages().iter().filter(|package| package.name == "case") {
        let normal = package.manifest.get("dependencies").and_then(Value::as_table);
        for name in normal.into_iter().flat_map(Table::keys) {
            faults
                .add_if(NOT_FOR_THE_CORE.contains(&name.as_str()), || format!("{} -> {name}", package.path));
        }
    }
    faults.assert_none("crates/case decides and folds, nothing else: what it needs arrives in the command.");
}

#[test]
fn every_package_inherits_the_workspace_lints_and_facts() {
    let mut faults = Faults::default();
    for package in packages() {
        let inherits = |section: &str, key: &str| {
            let value = package.manifest.get(section).and_then(|table| table.get(key));
            let value =
                if section == "lints" { value } else { value.and_then(|value| value.get("workspace")) };
            value == Some(&Value::Boolean(true))
        };
        faults.add_if(!inherits("lints", "workspace"), || {
            format!("{}: [lints] workspace = true", package.path)
        });
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            faults.add_if(!inherits("package", key), || format!("{}: {key}.workspace = true", package.path));
        }
    }
    faults.assert_none("Add the missing line: the root Cargo.toml says it once for all.");
}

#[test]
fn every_dependency_has_its_one_version_in_the_workspace() {
    let mut faults = Faults::default();
    for package in packages() {
        for (name, entry) in package.dependencies() {
            let inherited = entry.get("workspace") == Some(&Value::Boolean(true));
            faults.add_if(!inherited, || format!("{}: {name}", package.path));
        }
    }
    faults.assert_none(
        "Put the version into [workspace.dependencies] of the root and write `NAME.workspace = true`.",
    );
}

#[test]
fn there_is_exactly_one_clippy_toml() {
    let found: Vec<String> = house::files("", &["clippy.toml"]).into_iter().map(|file| file.path).collect();
    assert_eq!(found, ["clippy.toml"], "a nested clippy.toml silently replaces the root's: delete it");
}
