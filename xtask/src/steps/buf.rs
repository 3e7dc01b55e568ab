//! The protos: `buf lint` with `proto/buf.yaml`.

use anyhow::Result;

use super::{Outcome, Step, StepName};
use crate::{process, tools, workshop::Workshop};

pub(super) const STEP: Step = Step {
    name: StepName::Buf,
    checks: "protocol buffers: style, and a comment on everything",
    needs: "buf (from PATH, else from npm into target/tools; npm comes with Node.js)",
    run,
};

fn run(workshop: &Workshop) -> Result<Outcome> {
    let tool = tools::buf(workshop)?;
    let success = process::run(workshop.command(&tool.program).args(["lint", "proto"]))?;
    let advice = if success { "" } else { ": proto/buf.yaml says which rules hold" };
    Ok(Outcome::of(success, format!("{}{advice}", tool.name)))
}
