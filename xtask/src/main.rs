//! The project's own chores, run as `cargo xtask <chore>`: `test`, `faults` for long runs of one of its tests, and
//! `artefacts`, which writes what clients are made from.
//!
//! `test` is the second of the README's two commands and all that `.ci/run` calls. It stands outside the
//! journey: it knows folders and tools, and must never depend on a crate of ours.
//!
//! To add a step: a variant of [`steps::StepName`], its entry in [`steps::ALL`], a file in `steps/`.

mod artefacts;
mod faults;
mod process;
mod report;
mod servers;
mod steps;
mod tools;
mod workshop;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::faults::FaultsArgs;
use crate::steps::StepName;
use crate::workshop::Workshop;

/// The chores of the Casetrail project.
#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Checks everything: formatting, dependencies, protos, lints, every test.
    ///
    /// Runs all steps in order, even when one fails, and ends with a table and the line
    /// `N passed, N failed`, counted from the tests that ran. Exit code 0 means that nothing failed.
    ///
    /// What a step needs is looked for on PATH, else installed once into target/tools. What cannot be
    /// found or installed fails its step and says how to get it.
    #[command(after_help = EXAMPLES)]
    Test(TestArgs),
    /// Breaks everything around the running services for a long time, and checks that nothing was lost.
    ///
    /// Kills and stops processes, crashes Postgres, wipes NATS, loses answers: under load, after a plan that
    /// a seed gives. Exit code 0 means that no invariant was violated.
    #[command(after_help = faults::EXAMPLES)]
    Faults(FaultsArgs),
    /// Writes what clients are made from into target/artefacts: descriptors, service config, schemas of events, and
    /// a bill of materials.
    #[command(after_help = artefacts::EXAMPLES)]
    Artefacts,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask test                            everything; what CI runs
  cargo xtask test --list                     the steps, what each needs
  cargo xtask test --only clippy              one step
  cargo xtask test --only fmt --only tests    two steps

While working on one crate, `cargo nextest run -p CRATE` or `cargo test -p CRATE` is quicker.
Set NO_COLOR for plain output.";

#[derive(Args)]
struct TestArgs {
    /// Runs only this step; may be given several times.
    #[arg(long, value_enum, value_name = "STEP")]
    only: Vec<StepName>,
    /// Lists the steps and what each needs, and runs nothing.
    #[arg(long, conflicts_with = "only")]
    list: bool,
}

fn main() -> ExitCode {
    let workshop = Workshop::here();
    let passed = match Cli::parse().chore {
        Chore::Test(args) if args.list => {
            report::list();
            true
        }
        Chore::Test(args) => report::summary(&steps::run(&workshop, &args.only)),
        Chore::Faults(args) => told(faults::run(&workshop, &args)),
        Chore::Artefacts => told(artefacts::run(&workshop)),
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether it passed; why not, if it could not be done.
fn told(done: anyhow::Result<bool>) -> bool {
    done.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        false
    })
}
