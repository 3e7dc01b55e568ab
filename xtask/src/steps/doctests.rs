//! Examples in the documentation, which nextest does not run.

use anyhow::Result;

use super::{Outcome, Step, StepName, suite::counts_in_output};
use crate::{process, workshop::Workshop};

pub(super) const STEP: Step = Step {
    name: StepName::Doctests,
    checks: "examples in the documentation still work",
    needs: "nothing more",
    run,
};

fn run(workshop: &Workshop) -> Result<Outcome> {
    let mut cargo = workshop.cargo();
    cargo.args(["test", "--workspace", "--locked", "--no-fail-fast", "--doc"]);
    let finished = process::run_and_keep(&mut cargo)?;
    let counts = counts_in_output(&finished.stdout);
    Ok(Outcome { counts, ..Outcome::of(finished.success, "") })
}
