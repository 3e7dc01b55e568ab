//! Formatting: rustfmt with the repository's `rustfmt.toml`.

use anyhow::Result;

use super::{Outcome, Step, StepName};
use crate::{process, tools, workshop::Workshop};

pub(super) const STEP: Step = Step {
    name: StepName::Fmt,
    checks: "formatting of all Rust code",
    needs: "rustfmt (rustup component add rustfmt)",
    run,
};

fn run(workshop: &Workshop) -> Result<Outcome> {
    tools::component(workshop, "fmt", "rustfmt")?;
    let success = process::run(workshop.cargo().args(["fmt", "--all", "--", "--check"]))?;
    Ok(Outcome::of(success, if success { "" } else { "run `cargo fmt --all`" }))
}
