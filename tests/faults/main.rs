//! Real processes under load while everything around them fails: killed, stopped, cut off, wiped. Afterwards
//! a checker that believes nobody looks whether anything was lost, or happened twice.
//!
//! - `plan`: what is done and when, from a seed; `inject`: doing it; `proxy`: on every way in.
//! - `journeys`: what callers do; `caller`: how they insist on an answer; `record`: what they were told.
//! - `rig`: the set of processes; `run`: one run; `patience`: how long
//!   things may take; `report`: what came of it.
//! - `checker`: what must hold at the end; `deceived`: that it is not blind. docs/reliability.md
//!   explains both, and how a run is repeated.
//!
//! Two minutes of it are part of the tests; `cargo xtask faults --minutes 60 --seed 7` runs it long.

#![cfg(test)]

#[path = "../journey/people.rs"]
#[expect(dead_code, reason = "others ask for more people")]
mod people;
#[path = "../journey/requests.rs"]
#[expect(dead_code, reason = "the journey's tests ask for more")]
mod requests;
#[path = "../processes/up.rs"]
#[expect(dead_code, reason = "the tests of processes do more to them")]
mod up;

mod caller;
mod chance;
mod checker;
mod deceived;
mod inject;
mod journeys;
mod patience;
mod plan;
mod proxy;
mod record;
mod report;
mod rig;
mod run;

use report::Report;
use run::Settings;

/// How many of a hundred commands have to be done while something is broken, or the run proves little.
const UNDER_FAULTS_PERCENT: u64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_and_nothing_happens_twice() {
    let settings = Settings::from_environment();
    let report = run::run(&settings).await;
    eprintln!("{report}");
    if let Some(path) = &settings.report {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, serde_json::to_string_pretty(&report).unwrap()).unwrap();
    }
    assert!(report.violations.is_empty(), "seed {}: see the violations above", report.seed);
    proves_something(&report);
}

/// A run in which nothing went wrong because nothing was done must not pass.
fn proves_something(report: &Report) {
    let count = |what: &str| report.counts.get(what).copied().unwrap_or(0);
    let (under_faults, in_calm) = (count("done under faults"), count("done in calm"));
    let enough = under_faults * 100 >= (under_faults + in_calm) * UNDER_FAULTS_PERCENT;
    assert!(enough, "only {under_faults} commands were done under faults, {in_calm} in calm");
    assert!(report.payments > 0 && report.notifications > 0 && report.rows_compared > 0);
    for what in ["answers that did not come", "repeats answered alike"] {
        assert!(count(what) > 0, "no {what}");
    }
    for name in report.faults_by_name.keys() {
        let hits: u64 = report.history.iter().filter(|one| one.name == *name).map(|one| one.hits).sum();
        assert!(hits > 0, "{name} never hit anybody");
    }
}
