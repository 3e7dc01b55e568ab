//! Lints: the workspace's table in `Cargo.toml`, with every warning an error.

use anyhow::Result;

use super::{Outcome, Step, StepName};
use crate::{process, tools, workshop::Workshop};

pub(super) const STEP: Step = Step {
    name: StepName::Clippy,
    checks: "lints over all targets, warnings denied",
    needs: "clippy (rustup component add clippy)",
    run,
};

fn run(workshop: &Workshop) -> Result<Outcome> {
    tools::component(workshop, "clippy", "clippy")?;
    let success = process::run(workshop.cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "--deny",
        "warnings",
    ]))?;
    Ok(Outcome::of(success, ""))
}
