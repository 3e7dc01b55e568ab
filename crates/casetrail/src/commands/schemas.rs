//! `schemas`: what events look like in the log and on the bus, for programs in other languages.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use crate::output::Output;
use crate::problem::Problem;

/// Options of `schemas`.
#[derive(Debug, Args)]
pub(crate) struct SchemasArgs {
    /// The folder to write them to; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl SchemasArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail schemas --out ./schemas
  casetrail schemas --out ./schemas --json

One JSON Schema (draft 2020-12) for each event and each version of it that was ever stored, named after both:
routing.case_assigned.v1.schema.json. It describes the payload; a message on the bus has the event's name in its
header ce-type. The schemas of older versions stay, because what is in the log stays.";
}

pub(crate) fn run(args: &SchemasArgs, output: &Output) -> Result<(), Problem> {
    let folder = &args.out;
    let written = write(folder)
        .with_context(|| format!("--out {}: choose a folder that can be written", folder.display()))?;
    if output.json {
        return output.document(&json!({ "folder": folder, "schemas": written }));
    }
    output.text(&format!("{} schemas written to {}", written.len(), folder.display()))
}

/// Writes every schema into a folder, which is made if it is not there, and tells each.
pub(super) fn write(folder: &Path) -> anyhow::Result<Vec<Value>> {
    std::fs::create_dir_all(folder)?;
    let mut written = Vec::new();
    for shape in case::stored_shapes() {
        let file = format!("{}.v{}.schema.json", shape.name, shape.schema_version);
        let text = serde_json::to_string_pretty(&shape.schema)?;
        std::fs::write(folder.join(&file), text + "\n")?;
        written.push(json!({ "event": shape.name, "version": shape.schema_version, "file": file }));
    }
    Ok(written)
}
