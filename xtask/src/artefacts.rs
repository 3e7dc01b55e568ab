//! What is published beside the programs: `casetrail artefacts` writes it, this builds that program first.

use anyhow::Result;

use crate::process;
use crate::workshop::Workshop;

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask artefacts

docs/clients.md says what the files are for. `casetrail artefacts --out DIR` writes them without a repository.";

/// Where they go.
const FOLDER: &str = "target/artefacts";

pub(crate) fn run(workshop: &Workshop) -> Result<bool> {
    // No package is named, or its dependencies would be built again with fewer features.
    let program = ["run", "--quiet", "--locked", "--bin", "casetrail", "--"];
    process::run(workshop.cargo().args(program).args(["artefacts", "--out", FOLDER]))
}
