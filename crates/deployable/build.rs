//! What the programs say about themselves: the commit they were built from, and a bill of their materials.
//!
//! The commit is what `CASETRAIL_COMMIT` says, so that a build without git (an image, a tarball) gives the same
//! program. Without it a release build asks git. A debug build does not: it would be built anew with every commit.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=CASETRAIL_COMMIT");
    let said = std::env::var("CASETRAIL_COMMIT").unwrap_or_default();
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = if said.is_empty() && is_release { commit() } else { said };
    println!("cargo::rustc-env=CASETRAIL_BUILT_FROM={commit}");

    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let lock = here.join("../../Cargo.lock");
    println!("cargo::rerun-if-changed={}", lock.display());
    let text = std::fs::read_to_string(&lock).unwrap_or_else(|error| panic!("{}: {error}", lock.display()));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("sbom.cdx.json");
    std::fs::write(&out, bill(&text)).unwrap_or_else(|error| panic!("{}: {error}", out.display()));
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

/// A `CycloneDX` document of every crate that the lock file lets in, those of the tests too. Nothing in it depends on
/// when or where it was made.
fn bill(lock: &str) -> String {
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let mut components = String::new();
    for package in lock.split("[[package]]").skip(1) {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))?;
            Some(line.trim_matches('"'))
        };
        let (Some(name), Some(version)) = (value("name"), value("version")) else { continue };
        let (kind, hashes) = match value("checksum") {
            Some(sum) => ("library", format!(r#","hashes":[{{"alg":"SHA-256","content":"{sum}"}}]"#)),
            // Ours.
            None => ("application", String::new()),
        };
        let comma = if components.is_empty() { "" } else { "," };
        let _ = write!(
            components,
            "{comma}\n{{\"type\":\"{kind}\",\"name\":\"{name}\",\"version\":\"{version}\",\
             \"purl\":\"pkg:cargo/{name}@{version}\"{hashes}}}"
        );
    }
    format!(
        "{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"version\":1,\"metadata\":{{\"component\":\
         {{\"type\":\"application\",\"name\":\"casetrail\",\"version\":\"{version}\"}}}},\"components\":[{components}\n]}}\n"
    )
}
