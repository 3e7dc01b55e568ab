//! What is shipped: every overlay renders and fits the schemas of Kubernetes, the compose file fits that of the
//! Compose Specification, the Dockerfile is linted.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::{Outcome, Step, StepName};
use crate::process::{ask, run as run_shown};
use crate::{tools, workshop::Workshop};

pub(super) const STEP: Step = Step {
    name: StepName::Manifests,
    checks: "Kubernetes manifests and the compose file against their schemas, offline; the Dockerfile",
    needs: "kubectl or kustomize 5 on PATH; Python 3.9+ with venv and npm (what checks comes into target/tools)",
    run,
};

const OVERLAYS: &str = "k8s/overlays";
const DOCKERFILE: &str = "deploy/docker/Dockerfile";
const COMPOSE: &str = "deploy/compose/compose.yaml";
const CHECK_COMPOSE: &str = "tests/support/check_compose.py";

fn run(workshop: &Workshop) -> Result<Outcome> {
    let python = tools::test_python(workshop)?;
    let renderer = renderer(workshop)?;
    let rendered = workshop.tools.join("rendered");
    std::fs::create_dir_all(&rendered).with_context(|| format!("cannot create {}", rendered.display()))?;
    let mut success = true;
    let mut overlays = 0;
    let folder = workshop.root.join(OVERLAYS);
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {OVERLAYS}"))? {
        let overlay = entry?.file_name().to_string_lossy().into_owned();
        overlays += 1;
        let mut render = workshop.command(&renderer[0]);
        render.args(&renderer[1..]).arg(format!("{OVERLAYS}/{overlay}"));
        let Some(manifests) = ask(&mut render) else {
            println!("{OVERLAYS}/{overlay} does not render: `{} {OVERLAYS}/{overlay}`", renderer.join(" "));
            success = false;
            continue;
        };
        let file: PathBuf = rendered.join(format!("{overlay}.yaml"));
        std::fs::write(&file, manifests).with_context(|| format!("cannot write {}", file.display()))?;
        let validator = python.with_file_name("kubernetes-validate");
        success &= run_shown(workshop.command(validator).args(["--strict", "--quiet"]).arg(&file))?;
    }
    let schema = tools::compose_schema(workshop)?;
    success &= run_shown(workshop.command(&python).arg(CHECK_COMPOSE).arg(schema).arg(COMPOSE))?;
    let hadolint = python.with_file_name("hadolint");
    success &= run_shown(workshop.command(hadolint).arg(DOCKERFILE))?;
    Ok(Outcome::of(success && overlays > 0, format!("{overlays} overlays, {}", renderer[0])))
}

/// The command that renders an overlay.
fn renderer(workshop: &Workshop) -> Result<Vec<String>> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
    if ask(workshop.command("kubectl").args(["kustomize", "--help"])).is_some() {
        return Ok(words("kubectl kustomize"));
    }
    if ask(workshop.command("kustomize").arg("version")).is_some() {
        return Ok(words("kustomize build"));
    }
    bail!(
        "the manifests are rendered by kubectl 1.27 or newer (https://kubernetes.io/docs/tasks/tools) or by \
         kustomize 5, and neither is on PATH"
    )
}
