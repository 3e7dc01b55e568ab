//! What is shipped: every overlay renders, fits the schemas of Kubernetes and of the operators it counts on, names
//! only what the code has, and has nothing that checkov objects to; the compose file fits the Compose Specification;
//! the Dockerfile is linted.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::{Outcome, Step, StepName};
use crate::process::{ask, run as run_shown, run_and_keep};
use crate::{tools, workshop::Workshop};

pub(super) const STEP: Step = Step {
    name: StepName::Manifests,
    checks: "Kubernetes manifests (schemas, what they name, checkov) and the compose file, offline; the Dockerfile",
    needs: "kubectl or kustomize 5 on PATH; Python 3.10+ with venv and npm (what checks comes into target/tools)",
    run,
};

const OVERLAYS: &str = "k8s/overlays";
const DOCKERFILE: &str = "deploy/docker/Dockerfile";
const COMPOSE: &str = "deploy/compose/compose.yaml";
const CHECK_COMPOSE: &str = "tests/support/check_compose.py";
const CHECK_MANIFESTS: &str = "tests/support/check_manifests.py";
/// How that script begins a line about what it could not judge.
const NOT_CHECKED: &str = "NOT CHECKED";

fn run(workshop: &Workshop) -> Result<Outcome> {
    let python = tools::test_python(workshop)?;
    let manifest_python = tools::manifest_python(workshop)?;
    let overlays = overlays(workshop)?;
    let mut success = true;
    let rendered = render(workshop)?;
    success &= rendered.len() == overlays.len() && !rendered.is_empty();
    let validator = python.with_file_name("kubernetes-validate");
    success &= run_shown(workshop.command(validator).args(["--strict", "--quiet"]).args(&rendered))?;
    let checked =
        run_and_keep(workshop.command(&manifest_python).args([CHECK_MANIFESTS, "."]).args(&rendered))?;
    success &= checked.success;
    let checkov = manifest_python.with_file_name("checkov");
    let mut judge = workshop.command(checkov);
    judge.args(["--framework", "kubernetes", "--skip-download", "--compact", "--quiet"]);
    for file in &rendered {
        judge.arg("--file").arg(file);
    }
    success &= run_shown(&mut judge)?;
    let schema = tools::compose_schema(workshop)?;
    success &= run_shown(workshop.command(&python).arg(CHECK_COMPOSE).arg(schema).arg(COMPOSE))?;
    let hadolint = python.with_file_name("hadolint");
    success &= run_shown(workshop.command(hadolint).arg(DOCKERFILE))?;
    let mut note = vec![format!("{} overlays", rendered.len())];
    note.extend(checked.stdout.lines().filter(|line| line.starts_with(NOT_CHECKED)).map(str::to_owned));
    Ok(Outcome::of(success, note.join("; ")))
}

/// The names of the overlays there are.
fn overlays(workshop: &Workshop) -> Result<Vec<String>> {
    let folder = workshop.root.join(OVERLAYS);
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {OVERLAYS}"))?;
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

/// Renders every overlay into a file of its own; those that do not render are told and left out.
pub(super) fn render(workshop: &Workshop) -> Result<Vec<PathBuf>> {
    let renderer = renderer(workshop)?;
    let folder = workshop.tools.join("rendered");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut files = Vec::new();
    for overlay in overlays(workshop)? {
        let mut render = workshop.command(&renderer[0]);
        render.args(&renderer[1..]).arg(format!("{OVERLAYS}/{overlay}"));
        let Some(manifests) = ask(&mut render) else {
            println!("{OVERLAYS}/{overlay} does not render: `{} {OVERLAYS}/{overlay}`", renderer.join(" "));
            continue;
        };
        let file = folder.join(format!("{overlay}.yaml"));
        std::fs::write(&file, manifests).with_context(|| format!("cannot write {}", file.display()))?;
        files.push(file);
    }
    Ok(files)
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
