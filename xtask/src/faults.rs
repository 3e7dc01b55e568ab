//! `faults`: the long run of what `test` does for two minutes. Real processes under load while everything
//! around them fails, and a checker afterwards: `tests/faults`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::process;
use crate::servers::{self, NATS_SERVER_VARIABLE};
use crate::tools;
use crate::workshop::Workshop;

/// The test, by its whole name.
const TEST: &str = "nothing_is_lost_and_nothing_happens_twice";

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask faults --minutes 60             an hour, with a seed of its own
  cargo xtask faults --minutes 10 --seed 7    the plan of faults of seed 7, again
  cargo xtask faults --replicas 2             two of each process
  cargo xtask faults --minutes 480 --json     a night; the report as JSON at the end

What it injects and checks is in docs/reliability.md. The report also lies in target/faults.";

#[derive(Args)]
pub(crate) struct FaultsArgs {
    /// How long faults are injected; checking takes another minute or two.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// Which plan; without it one of its own, which the report names.
    #[arg(long)]
    seed: Option<u64>,
    /// How many of each service, and of the relay.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=9))]
    replicas: u16,
    /// Prints the report as JSON on standard output, and everything else on standard error.
    #[arg(long)]
    json: bool,
}

/// True when nothing was found.
pub(crate) fn run(workshop: &Workshop, args: &FaultsArgs) -> Result<bool> {
    let seed = args.seed.unwrap_or_else(another_seed);
    let report = workshop.root.join(format!("target/faults/seed-{seed}.json"));
    let nats = nats_server(workshop)?;
    // The set is made of the programs; a test alone does not build them.
    if !process::run_aside(workshop.cargo().args(["build", "--locked", "--workspace", "--bins"]))? {
        bail!("the programs could not be built; see above");
    }
    let mut test = workshop.cargo();
    test.args(["test", "--locked", "--workspace", "--test", "faults", "--"]);
    test.args([TEST, "--exact", "--nocapture"]).env(NATS_SERVER_VARIABLE, nats);
    test.env("CASETRAIL_FAULTS_MINUTES", args.minutes.to_string());
    test.env("CASETRAIL_FAULTS_REPLICAS", args.replicas.to_string());
    test.env("CASETRAIL_FAULTS_SEED", seed.to_string()).env("CASETRAIL_FAULTS_REPORT", &report);
    // An old report must not speak for a run that did not get so far.
    if report.exists() {
        std::fs::remove_file(&report).with_context(|| format!("cannot remove {}", report.display()))?;
    }
    let passed = process::run_aside(&mut test)?;
    if args.json {
        let text = std::fs::read_to_string(&report).context("the run did not get as far as its report")?;
        println!("{text}");
    }
    Ok(passed)
}

fn nats_server(workshop: &Workshop) -> Result<PathBuf> {
    servers::require_postgres(workshop)?;
    match std::env::var_os(NATS_SERVER_VARIABLE) {
        Some(named) => Ok(PathBuf::from(named)),
        None => Ok(tools::test_python(workshop)?.with_file_name("nats-server")),
    }
}

/// A seed that differs from run to run: this process' id will do.
fn another_seed() -> u64 {
    u64::from(std::process::id())
}
