//! `artefacts`: what clients in any language are made from, as this program was built with it.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use deployable::built;
use serde_json::json;

use super::schemas;
use crate::output::Output;
use crate::problem::Problem;

/// Load balancing, retries and deadlines, as clients of gRPC read them.
const SERVICE_CONFIG: &str = include_str!("../../../../proto/service-config.json");

/// Options of `artefacts`.
#[derive(Debug, Args)]
pub(crate) struct ArtefactsArgs {
    /// The folder to write them to; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl ArtefactsArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail artefacts --out ./artefacts
  casetrail artefacts --out ./artefacts --json

It writes
  casetrail.binpb      every message and method: a google.protobuf.FileDescriptorSet with its imports
  service-config.json  how calls are balanced and retried, for clients of gRPC
  events               the JSON Schema of every event that was ever stored, as `casetrail schemas` does
  casetrail.cdx.json   every crate that went into the programs (CycloneDX)";
}

pub(crate) fn run(args: &ArtefactsArgs, output: &Output) -> Result<(), Problem> {
    let folder = &args.out;
    let cannot = || format!("--out {}: choose a folder that can be written", folder.display());
    let events = folder.join("events");
    let schemas = schemas::write(&events).with_context(cannot)?;
    let files: [(&str, &[u8]); 3] = [
        ("casetrail.binpb", contracts::FILE_DESCRIPTOR_SET),
        ("service-config.json", SERVICE_CONFIG.as_bytes()),
        ("casetrail.cdx.json", built::SBOM.as_bytes()),
    ];
    for (name, content) in files {
        std::fs::write(folder.join(name), content).with_context(cannot)?;
    }
    if output.json {
        let files = files.map(|(name, _)| name);
        return output.document(&json!({ "folder": folder, "files": files, "schemas": schemas }));
    }
    output.text(&format!(
        "{} files and {} schemas written to {}",
        files.len(),
        schemas.len(),
        folder.display()
    ))
}
