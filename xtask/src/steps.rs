//! The steps of `cargo xtask test`, in the order they run: the quick and cheap to mend ones first.

mod advisories;
mod alerts;
mod buf;
mod clippy;
mod deny;
mod doctests;
mod fmt;
mod manifests;
mod suite;

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::ValueEnum;

use crate::report;
use crate::workshop::Workshop;

/// The name of a step, as `--only` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StepName {
    /// Formatting
    Fmt,
    /// Dependencies: bans, licences, sources
    Deny,
    /// Dependencies: known vulnerabilities
    Advisories,
    /// Protocol buffers: style, a comment on everything
    Buf,
    /// Kubernetes manifests and the Dockerfile
    Manifests,
    /// Alerts and their tests, and every metric that dashboards and alerts name
    Alerts,
    /// Lints, warnings denied
    Clippy,
    /// Unit, contract, service, story and tidy tests
    Tests,
    /// Examples in the documentation
    Doctests,
}

/// One thing that is checked.
pub(crate) struct Step {
    /// How `--only` and the summary call it.
    pub(crate) name: StepName,
    /// What it checks.
    pub(crate) checks: &'static str,
    /// What it needs on the machine, and where that comes from.
    pub(crate) needs: &'static str,
    run: fn(&Workshop) -> Result<Outcome>,
}

/// Every step, in order.
pub(crate) const ALL: &[Step] = &[
    fmt::STEP,
    deny::STEP,
    advisories::STEP,
    buf::STEP,
    manifests::STEP,
    alerts::STEP,
    clippy::STEP,
    suite::STEP,
    doctests::STEP,
];

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing to object to.
    Passed,
    /// Something to mend.
    Failed,
    /// It could not be looked at, and that alone is no fault of the code: told in the summary, loudly.
    NotChecked,
}

/// What a step has to say.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// How it ended.
    pub(crate) verdict: Verdict,
    /// What a reader of the summary should know: the tool used, or what to do.
    pub(crate) note: String,
    /// The tests that ran, for the steps that run tests.
    pub(crate) counts: Counts,
}

impl Outcome {
    /// A step without tests: passed or failed.
    pub(crate) fn of(success: bool, note: impl Into<String>) -> Self {
        let verdict = if success { Verdict::Passed } else { Verdict::Failed };
        Self { verdict, note: note.into(), counts: Counts::default() }
    }
}

/// How many tests ran, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Tests that ran and passed.
    pub(crate) passed: u64,
    /// Tests that ran and failed, hung, or left something running.
    pub(crate) failed: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// One line of the summary.
pub(crate) struct StepResult {
    /// Which step.
    pub(crate) name: StepName,
    /// What it had to say.
    pub(crate) outcome: Outcome,
    /// How long it took, installing its tools included.
    pub(crate) took: Duration,
}

/// Runs the chosen steps (all, when none is chosen) in order, whatever the ones before said.
pub(crate) fn run(workshop: &Workshop, only: &[StepName]) -> Vec<StepResult> {
    let chosen = ALL.iter().filter(|step| only.is_empty() || only.contains(&step.name));
    chosen
        .map(|step| {
            report::header(step);
            let started = Instant::now();
            let outcome =
                (step.run)(workshop).unwrap_or_else(|error| Outcome::of(false, format!("{error:#}")));
            let result = StepResult { name: step.name, outcome, took: started.elapsed() };
            report::verdict(&result);
            result
        })
        .collect()
}
