//! What may be in the dependency tree: `deny.toml`, as far as it can be judged without a download.

use anyhow::Result;

use super::{Outcome, Step, StepName};
use crate::{process, tools, workshop::Workshop};

pub(super) const STEP: Step = Step {
    name: StepName::Deny,
    checks: "dependencies: banned and duplicate crates, licences, sources",
    needs: "cargo-deny (from PATH, else built from crates.io into target/tools)",
    run,
};

fn run(workshop: &Workshop) -> Result<Outcome> {
    let tool = tools::cargo_deny(workshop)?;
    let success = process::run(workshop.command(&tool.program).args([
        "--locked",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))?;
    let advice = if success { "" } else { ": deny.toml says what is allowed, and why" };
    Ok(Outcome::of(success, format!("{}{advice}", tool.name)))
}
