//! What the programs say about themselves: the commit they were built from, and a bill of their materials.
//!
//! The commit is what `CASETRAIL_COMMIT` says, so that a build without git (an image, a tarball) gives the same
//! program. Without it a release build asks git. A debug build does not: it would be built anew with every commit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=CASETRAIL_COMMIT");
    let said = std::env::var("CASETRAIL_COMMIT").unwrap_or_default();
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = if said.is_empty() && is_release { commit() } else { said };
    println!("cargo::rustc-env=CASETRAIL_BUILT_FROM={commit}");

    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../..");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("sbom.cdx.json");
    let bill = bill(&read(&root.join("Cargo.lock")), |member| manifest_of(&root, member));
    std::fs::write(&out, bill).unwrap_or_else(|error| panic!("{}: {error}", out.display()));
}

/// Reads a file, and has this program built anew when it changes.
fn read(path: &Path) -> String {
    println!("cargo::rerun-if-changed={}", path.display());
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The manifest of one of ours.
fn manifest_of(root: &Path, member: &str) -> String {
    let crates = root.join("crates").join(member).join("Cargo.toml");
    if crates.exists() { read(&crates) } else { read(&root.join("services").join(member).join("Cargo.toml")) }
}

/// What git says; nothing where there is no git.
fn commit() -> String {
    let Some(head) = git(&["rev-parse", "HEAD"]) else { return String::new() };
    // Files that change with the commit, or with what is added to the next one.
    for file in ["HEAD", "logs/HEAD", "index"] {
        let path = git(&["rev-parse", "--git-path", file]);
        if let Some(path) = path.filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let is_clean =
        git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changed| changed.is_empty());
    if is_clean { head } else { format!("{head}-dirty") }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The packages whose programs are shipped.
const SHIPPED: [&str; 6] =
    ["casetrail", "intake", "routing", "payments-escalation", "notifications", "relay"];

/// A package as the lock file has it.
struct Package<'a> {
    name: &'a str,
    version: &'a str,
    /// None for ours.
    checksum: Option<&'a str>,
    /// As the lock file names them: the version stands behind the name where there are several.
    dependencies: Vec<&'a str>,
}

impl<'a> Package<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))?;
            Some(line.trim_matches('"'))
        };
        let dependencies = text.lines().filter_map(|line| line.strip_prefix(" \"")?.strip_suffix("\","));
        Some(Self {
            name: value("name")?,
            version: value("version")?,
            checksum: value("checksum"),
            dependencies: dependencies.collect(),
        })
    }

    fn is(&self, dependency: &str) -> bool {
        match dependency.split_once(' ') {
            Some((name, version)) => (self.name, self.version) == (name, version),
            None => self.name == dependency,
        }
    }

    fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version)
    }
}

/// What a manifest has in its programs: not what only tests or the build need, which the lock file does not tell
/// apart.
fn in_programs(manifest: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut is_ours = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            let section = line.trim_matches(['[', ']']);
            is_ours = section == "dependencies"
                || (section.starts_with("target.") && section.ends_with(".dependencies"));
        } else if is_ours && !line.starts_with('#') {
            found.extend(line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty()));
        }
    }
    found
}

/// A `CycloneDX` document of every crate that may be in a shipped program, and which of them needs which. Nothing in
/// it depends on when or where it was made.
fn bill(lock: &str, manifest_of: impl Fn(&str) -> String) -> String {
    let packages: Vec<Package<'_>> = lock.split("[[package]]").skip(1).filter_map(Package::read).collect();
    let find = |dependency: &str| {
        let found = packages.iter().position(|package| package.is(dependency));
        found.unwrap_or_else(|| panic!("Cargo.lock has no package {dependency}"))
    };
    let mut needs: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut open: Vec<usize> = SHIPPED.iter().map(|name| find(name)).collect();
    while let Some(index) = open.pop() {
        if needs.contains_key(&index) {
            continue;
        }
        let package = &packages[index];
        let manifest = package.checksum.is_none().then(|| manifest_of(package.name));
        let wanted = manifest.as_deref().map(in_programs);
        let is_wanted = |dependency: &&&str| {
            let name = dependency.split(' ').next().unwrap_or_default();
            wanted.as_ref().is_none_or(|wanted| wanted.contains(name))
        };
        let dependencies: Vec<usize> =
            package.dependencies.iter().filter(is_wanted).map(|dependency| find(dependency)).collect();
        open.extend(&dependencies);
        needs.insert(index, dependencies);
    }
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let (mut components, mut dependencies) = (Vec::new(), Vec::new());
    for (index, needed) in &needs {
        let Package { name, version, checksum, .. } = &packages[*index];
        let purl = packages[*index].purl();
        let (kind, hashes) = match checksum {
            Some(sum) => ("library", format!(r#","hashes":[{{"alg":"SHA-256","content":"{sum}"}}]"#)),
            None => ("application", String::new()),
        };
        components.push(format!(
            r#"{{"type":"{kind}","bom-ref":"{purl}","name":"{name}","version":"{version}","purl":"{purl}"{hashes}}}"#
        ));
        let needed: Vec<String> =
            needed.iter().map(|index| format!("\"{}\"", packages[*index].purl())).collect();
        dependencies.push(format!(r#"{{"ref":"{purl}","dependsOn":[{}]}}"#, needed.join(",")));
    }
    format!(
        "{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"version\":1,\"metadata\":{{\"component\":\
         {{\"type\":\"application\",\"name\":\"casetrail\",\"version\":\"{version}\"}}}},\"components\":[\n{}\n],\
         \"dependencies\":[\n{}\n]}}\n",
        components.join(",\n"),
        dependencies.join(",\n")
    )
}
