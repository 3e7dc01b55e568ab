//! What this program is, and what it was built from; `build.rs` finds it out.

/// The version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit, with `-dirty` behind it where more had been changed; `None` for a build that nobody told.
pub const COMMIT: Option<&str> = {
    let commit = env!("CASETRAIL_BUILT_FROM");
    if commit.is_empty() { None } else { Some(commit) }
};

/// Version and commit, as `--version` says them.
pub const DESCRIPTION: &str = if COMMIT.is_some() {
    concat!(env!("CARGO_PKG_VERSION"), ", built from ", env!("CASETRAIL_BUILT_FROM"))
} else {
    concat!(env!("CARGO_PKG_VERSION"), ", built from a working copy")
};

/// Every crate that went in (`CycloneDX`, JSON).
pub const SBOM: &str = include_str!(concat!(env!("OUT_DIR"), "/sbom.cdx.json"));
