//! The tests: through nextest where it is installed, else through `cargo test`.
//!
//! The counts come from what ran (nextest's report, or each `test result:` line), never from a list.

use std::path::Path;

use anyhow::{Context, Result};

use super::{Counts, Outcome, Step, StepName, Verdict};
use crate::servers::Servers;
use crate::{process, tools, workshop::Workshop};

pub(super) const STEP: Step = Step {
    name: StepName::Tests,
    checks: "unit, contract, service, story and tidy tests; stories on both wirings",
    needs: "Postgres 15+; Python 3.9+ with venv (mail server, S3 server, nats-server and clients come into \
            target/tools); an old nats-server and ClamAV (unpacked from Debian's packages); buf (PATH or npm); \
            cargo-nextest if there",
    run,
};

/// Tells the tests which Python has the mail server; `tests/support/smtp.rs` reads it.
const PYTHON_VARIABLE: &str = "CASETRAIL_TEST_PYTHON";
/// Tells them which `buf` runs the examples of docs/clients.md; `tests/processes/clients.rs` reads it.
const BUF_VARIABLE: &str = "CASETRAIL_TEST_BUF";
/// Leaves out what needs a file system of its own; `tests/processes/full_disk.rs` reads it.
const NO_MOUNT_VARIABLE: &str = "CASETRAIL_TEST_NO_MOUNT";
/// Where `.config/nextest.toml` puts the report.
const NEXTEST_REPORT: &str = "target/nextest/default/junit.xml";
/// Chooses the wiring that stories are played on; `tests/wiring.rs` reads it.
const WIRING_VARIABLE: &str = "CASETRAIL_TEST_WIRING";
/// Chooses over how many shards.
const SHARDS_VARIABLE: &str = "CASETRAIL_TEST_SHARDS";
/// The journey's tests that are played over several shards as well.
const SHARDED: [&str; 5] = ["stories::", "read_models::", "checked::", "watching::verified", "restart::"];
/// What is about the one process of `casetrail dev` alone: its data folder, its ports, its configuration.
const EMBEDDED_ALONE: &str = "startup::";

fn run(workshop: &Workshop) -> Result<Outcome> {
    let python = tools::test_python(workshop)?;
    let buf = tools::buf(workshop)?.program;
    let servers = Servers::start(workshop, &python)?;
    let mounts = may_mount(workshop)?;
    let cargo = || {
        let mut cargo = workshop.cargo();
        if !mounts {
            cargo.env(NO_MOUNT_VARIABLE, "1");
        }
        cargo.env(PYTHON_VARIABLE, &python).env(BUF_VARIABLE, &buf).envs(&servers.environment);
        cargo
    };
    let nextest = tools::nextest(workshop);
    let (mut success, mut counts) = match &nextest {
        Some(_) => with_nextest(workshop, cargo(), &["--workspace"])?,
        None => with_cargo_test(cargo(), &["--workspace", "--lib", "--bins", "--tests"], &[])?,
    };
    // Once more, over Postgres and NATS.
    let mut distributed = cargo();
    distributed.env(WIRING_VARIABLE, "distributed");
    // The whole workspace is named, or its dependencies would be built again with fewer features.
    let journey = ["--workspace", "--test", "journey"];
    let (again, more) = match &nextest {
        Some(_) => {
            let others = format!("not test(/^{EMBEDDED_ALONE}/)");
            with_nextest(workshop, distributed, &[&journey[..], &["-E", &others]].concat())?
        }
        None => with_cargo_test(distributed, &journey, &["--skip", EMBEDDED_ALONE])?,
    };
    success &= again && more != Counts::default();
    counts += more;
    // And what shards could make a difference to, over four of them.
    let mut sharded = cargo();
    sharded.env(WIRING_VARIABLE, "distributed").env(SHARDS_VARIABLE, "4");
    let (again, more) = match &nextest {
        Some(_) => {
            let chosen = SHARDED.map(|module| format!("test(/^{module}/)")).join(" or ");
            with_nextest(workshop, sharded, &[&journey[..], &["-E", &chosen]].concat())?
        }
        None => with_cargo_test(sharded, &journey, &SHARDED)?,
    };
    success &= again && more != Counts::default();
    counts += more;
    let runner = nextest.unwrap_or_else(|| "cargo test (cargo-nextest is not installed)".to_owned());
    let ran = counts != Counts::default();
    let note = match (ran, mounts) {
        (false, _) => "no test ran: see the errors above".to_owned(),
        (true, true) => runner,
        (true, false) => format!("{runner}; A FULL DISK WAS NOT CHECKED: nothing can be mounted here"),
    };
    let verdict = if success && ran { Verdict::Passed } else { Verdict::Failed };
    Ok(Outcome { verdict, note, counts })
}

/// Only root may mount a file system, and not in every container.
fn may_mount(workshop: &Workshop) -> Result<bool> {
    let folder = workshop.root.join("target/tmp/mounted");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let run = |program: &str, args: &[&str]| {
        let mut command = std::process::Command::new(program);
        command.args(args).arg(&folder).stderr(std::process::Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    Ok(run("mount", &["-t", "tmpfs", "-o", "size=1m", "tmpfs"]) && run("umount", &[]))
}

fn with_nextest(
    workshop: &Workshop,
    mut cargo: std::process::Command,
    which: &[&str],
) -> Result<(bool, Counts)> {
    let report = workshop.root.join(NEXTEST_REPORT);
    // An old report must not speak for a run that did not get so far.
    if report.exists() {
        std::fs::remove_file(&report).with_context(|| format!("cannot remove {}", report.display()))?;
    }
    let success = process::run(cargo.args(["nextest", "run", "--locked"]).args(which))?;
    Ok((success, if report.exists() { read_report(&report)? } else { Counts::default() }))
}

fn read_report(report: &Path) -> Result<Counts> {
    let text =
        std::fs::read_to_string(report).with_context(|| format!("cannot read {}", report.display()))?;
    counts_in_report(&text).with_context(|| format!("{} holds no counts", report.display()))
}

fn with_cargo_test(
    mut cargo: std::process::Command,
    which: &[&str],
    harness: &[&str],
) -> Result<(bool, Counts)> {
    cargo.args(["test", "--locked", "--no-fail-fast"]).args(which).arg("--").args(harness);
    let finished = process::run_and_keep(&mut cargo)?;
    Ok((finished.success, counts_in_output(&finished.stdout)))
}

/// The totals of nextest's report (in the format of `JUnit`), from the attributes of its outermost element.
fn counts_in_report(report: &str) -> Option<Counts> {
    let element = report.split_once("<testsuites ")?.1.split_once('>')?.0;
    let attribute = |name: &str| -> Option<u64> {
        element.split_once(&format!(" {name}=\""))?.1.split_once('"')?.0.parse().ok()
    };
    let failed = attribute("failures")? + attribute("errors")?;
    let skipped = attribute("skipped").unwrap_or(0);
    Some(Counts { passed: attribute("tests")?.checked_sub(failed + skipped)?, failed })
}

/// The sum of the `test result: ok. 3 passed; 1 failed; ...` lines that libtest prints per program.
pub(super) fn counts_in_output(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in output.lines().filter_map(|line| line.split_once("test result: ")) {
        for part in line.1.split(['.', ';']) {
            let mut words = part.split_whitespace();
            match (words.next().and_then(|word| word.parse::<u64>().ok()), words.next()) {
                (Some(number), Some("passed")) => counts.passed += number,
                (Some(number), Some("failed")) => counts.failed += number,
                _ => {}
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_counts_failures_and_errors_as_failed_and_leaves_out_what_was_skipped() {
        let report = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="12" skipped="1" failures="2" errors="1" uuid="x" time="0.5">
    <testsuite name="case" tests="3" disabled="0" errors="0" failures="0"></testsuite>"#;
        assert_eq!(counts_in_report(report), Some(Counts { passed: 8, failed: 3 }));
        assert_eq!(counts_in_report("<testsuites name=\"cut off"), None);
        assert_eq!(counts_in_report(""), None);
    }

    #[test]
    fn results_of_several_test_programs_are_summed() {
        let output = "running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            test result: \u{1b}[31mFAILED\u{1b}[m. 1 passed; 2 failed; 0 ignored; 0 measured; finished in 1.00s\n";
        assert_eq!(counts_in_output(output), Counts { passed: 4, failed: 2 });
        assert_eq!(counts_in_output("error: could not compile"), Counts::default());
    }
}
