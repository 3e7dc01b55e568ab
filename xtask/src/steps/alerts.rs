//! What operators look at: rules of Prometheus checked and tested by promtool, and every metric, label and runbook
//! that rules, dashboards and scalers name.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{Outcome, Step, StepName, manifests};
use crate::process::run as run_shown;
use crate::{tools, workshop::Workshop};

pub(super) const STEP: Step = Step {
    name: StepName::Alerts,
    checks: "alerts and their unit tests; metrics that dashboards, alerts and scalers name exist; runbooks",
    needs: "promtool (from PATH, else out of Debian's package into target/tools); what `manifests` needs",
    run,
};

const RULES: &str = "deploy/prometheus/rules.yaml";
const RULE_TESTS: &str = "deploy/prometheus/rules_test.yaml";
const MANIFEST: &str = "k8s/components/monitoring/prometheus-rule.yaml";
const DASHBOARDS: &str = "deploy/grafana/dashboards";
const MAKE_MANIFEST: &str = "tests/support/prometheus_rule.py";
const CHECK_METRICS: &str = "tests/support/check_metrics.py";
/// What there is; a test of the journey compares it with a running system.
const METRICS: &str = "docs/operations/metrics.md";
const RUNBOOKS: &str = "docs/operations/runbooks";

fn run(workshop: &Workshop) -> Result<Outcome> {
    let promtool = tools::promtool(workshop)?;
    let python = tools::test_python(workshop)?;
    let mut success = run_shown(workshop.command(&promtool).args(["check", "rules", RULES]))?;
    success &= run_shown(workshop.command(&promtool).args(["test", "rules", RULE_TESTS]))?;
    success &= run_shown(workshop.command(&python).args([MAKE_MANIFEST, RULES, MANIFEST, "--check"]))?;
    let folder = workshop.root.join(DASHBOARDS);
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {DASHBOARDS}"))?;
    let files = entries.flatten().map(|entry| entry.path());
    let mut dashboards: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    dashboards.sort();
    let mut check = workshop.command(&python);
    check
        .args([CHECK_METRICS, METRICS, RUNBOOKS, RULES])
        .args(&dashboards)
        .args(manifests::render(workshop)?);
    success &= run_shown(&mut check)?;
    Ok(Outcome::of(success, format!("{} dashboards", dashboards.len())))
}
