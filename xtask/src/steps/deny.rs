//! What may be in the dependency tree: `deny.toml`, as far as it can be judged without a download. And that the
//! workspaces beside this one can still be built with what they are locked to.

use anyhow::Result;

use super::{Outcome, Step, StepName};
use crate::{process, tools, workshop::Workshop};

/// Built by nobody here, and so broken by a change of a dependency without anybody seeing it.
const ASIDE: [&str; 2] = ["benches/peers/Cargo.toml", "fuzz/Cargo.toml"];

pub(super) const STEP: Step = Step {
    name: StepName::Deny,
    checks: "dependencies: banned and duplicate crates, licences, sources, locks",
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
    for manifest in ASIDE {
        // Resolves, and changes nothing.
        let mut resolving = workshop.cargo();
        resolving.args(["update", "--workspace", "--locked", "--manifest-path", manifest]);
        if !process::run(&mut resolving)? {
            let advice = format!(
                "{manifest} cannot be built with its Cargo.lock: `cargo update --workspace --manifest-path {manifest}`, and see what changed"
            );
            return Ok(Outcome::of(false, advice));
        }
    }
    let advice = if success { "" } else { ": deny.toml says what is allowed, and why" };
    Ok(Outcome::of(success, format!("{}{advice}", tool.name)))
}
