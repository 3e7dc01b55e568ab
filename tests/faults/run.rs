//! One run: load, faults after the plan, calm, and the checker.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ambient::{SystemClock, SystemIds};
use async_trait::async_trait;
use futures_util::future::join_all;
use stories::{Narrator, PassTime, Stage};
use tokio::sync::watch;
use tonic::transport::{Channel, Endpoint};

use crate::caller::{Caller, Phase};
use crate::chance::Chance;
use crate::inject::inject;
use crate::patience::{Patience, Stillness};
use crate::plan::{Plan, Step};
use crate::proxy::pause;
use crate::record::Record;
use crate::report::{Injected, Report, ms};
use crate::rig::Rig;
use crate::{checker, journeys};

/// How many callers there are.
const CALLERS: usize = 8;
/// How long after a fault everything may take to be ready again.
const READY: Duration = Duration::from_secs(30);
/// How long after the last fault everything may take to be at its end (I10).
const CONVERGED: Duration = Duration::from_mins(1);
/// How often a line says how far the run is.
const PROGRESS: Duration = Duration::from_secs(15);

/// What the environment asks for.
pub(crate) struct Settings {
    pub(crate) lasts: Duration,
    pub(crate) seed: u64,
    pub(crate) replicas: u16,
    /// Where the report is written for machines.
    pub(crate) report: Option<PathBuf>,
}

impl Settings {
    /// `CASETRAIL_FAULTS_MINUTES`, `_SEED`, `_REPLICAS` and `_REPORT`.
    pub(crate) fn from_environment() -> Self {
        let number = |name: &str, otherwise: u64| {
            std::env::var(name)
                .map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
        };
        Self {
            lasts: Duration::from_mins(number("CASETRAIL_FAULTS_MINUTES", 2)),
            seed: number("CASETRAIL_FAULTS_SEED", 1),
            replicas: u16::try_from(number("CASETRAIL_FAULTS_REPLICAS", 1)).unwrap(),
            report: std::env::var_os("CASETRAIL_FAULTS_REPORT").map(PathBuf::from),
        }
    }
}

/// Runs it to the end, whatever is found.
pub(crate) async fn run(settings: &Settings) -> Report {
    let rig = Rig::start(settings.replicas).await;
    let record = Arc::new(Record::default());
    let (phase, callers) = callers(&rig, settings.seed, &record).await;
    let (began, mut history, mut after) = (Instant::now(), Vec::new(), Patience::of(CONVERGED));
    let stillness = Stillness::default();
    let passed = || began.elapsed().saturating_sub(stillness.so_far());
    let conducting = async {
        tokio::select! {
            () = break_things(&rig, settings, &record, &passed, &mut history) => {}
            () = tell(&rig, settings, &record, &passed) => {}
            () = stillness.watch() => {}
        }
        phase.send_replace(Phase::Ending);
        after = Patience::of(CONVERGED);
        after.ends().await;
        phase.send_replace(Phase::Late);
        std::future::pending::<()>().await;
    };
    // Not spawned: all callers live in this task.
    tokio::select! {
        _ = join_all(callers.into_iter().map(Caller::live)) => {}
        () = conducting => {}
    }
    let log = rig.log().await;
    let settling = Instant::now();
    let left = CONVERGED.saturating_sub(after.spent()).max(Duration::from_secs(10));
    if let Err(behind) = rig.settled(&log, left).await {
        record.violation("I10", format!("60 s after the last fault: {behind}"));
    }
    log.close().await;
    let converged_in_ms = ms(after.spent() + settling.elapsed());
    let found = checker::check(&rig, &record).await;
    let mut report = Report {
        seed: settings.seed,
        replicas: settings.replicas,
        ran_for_ms: ms(passed()),
        stood_still_ms: ms(stillness.so_far()),
        faults: u64::try_from(history.len()).unwrap(),
        faults_by_name: BTreeMap::new(),
        slowest_recovery_ms: history.iter().filter_map(|one| one.ready_in_ms).max().unwrap_or(0),
        converged_in_ms,
        commands: u64::try_from(record.commands().len()).unwrap(),
        counts: record.counts(),
        events: found.events,
        streams: found.streams,
        payments: found.payments,
        notifications: found.notifications,
        rows_compared: found.rows,
        violations: found.violations,
        history,
    };
    for injected in &report.history {
        *report.faults_by_name.entry(injected.name.clone()).or_default() += 1;
    }
    if report.violations.is_empty() {
        assert!(rig.up.stop(), "it stops by itself");
    } else {
        println!("{}", rig.up.logs());
    }
    report
}

/// Agents at their desks, and callers that will call until they are told to come to an end.
pub(crate) async fn callers(
    rig: &Rig,
    seed: u64,
    record: &Arc<Record>,
) -> (watch::Sender<Phase>, Vec<Caller>) {
    journeys::staff(&stage(rig)).await;
    let (phase, mut chance) = (watch::Sender::new(Phase::Running), Chance::of(seed));
    let caller = |index: usize| Caller {
        name: index.to_string(),
        stage: Arc::new(stage(rig)),
        chance: chance.branch(),
        record: Arc::clone(record),
        phase: phase.subscribe(),
    };
    let callers = (1..=CALLERS).map(caller).collect();
    (phase, callers)
}

/// Injects one step of the plan after the other until the time is over.
async fn break_things(
    rig: &Rig,
    settings: &Settings,
    record: &Record,
    passed: &impl Fn() -> Duration,
    history: &mut Vec<Injected>,
) {
    for Step { calm, faults } in Plan::of(settings.seed) {
        pause(calm).await;
        if passed() > settings.lasts {
            break;
        }
        let at_ms = ms(passed());
        record.set_faulty(true);
        let hits = join_all(faults.iter().map(|fault| inject(rig, fault))).await;
        let ready = rig.ready_again(READY).await;
        record.set_faulty(false);
        if let Err(who) = &ready {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            record.violation(
                "I10",
                format!("not ready {} s after {}: {who}", READY.as_secs(), faults.join(" and ")),
            );
        }
        history.extend(faults.iter().zip(hits).map(|(fault, hits)| Injected {
            at_ms,
            fault: fault.to_string(),
            name: fault.name(),
            hits,
            ready_in_ms: ready.as_ref().ok().copied().map(ms),
        }));
    }
}

/// Says how far the run is, again and again.
async fn tell(rig: &Rig, settings: &Settings, record: &Record, passed: &impl Fn() -> Duration) {
    loop {
        pause(PROGRESS).await;
        let (passed, all) = (passed().as_secs(), settings.lasts.as_secs());
        let counts = record.counts();
        let count = |what: &str| counts.get(what).copied().unwrap_or(0);
        eprintln!(
            "{passed} s of {all} s, seed {}: {} commands done, {} of them under faults, {} answers lost, \
             {} cases, {} violations; {} mails",
            settings.seed,
            count("done in calm") + count("done under faults"),
            count("done under faults"),
            count("answers that did not come"),
            count("cases brought to their end"),
            record.violations().len(),
            rig.up.mails().len(),
        );
    }
}

/// A stage whose calls pass the proxy.
fn stage(rig: &Rig) -> Stage {
    let endpoint = Endpoint::from_shared(format!("http://{}", rig.to_services.address)).unwrap();
    let channel: Channel = endpoint.connect_timeout(Duration::from_secs(2)).connect_lazy();
    Stage::new(
        channel,
        Arc::new(SystemClock),
        Arc::new(SystemIds),
        Arc::new(RealTime),
        Arc::new(Silent),
        None,
    )
}

/// Time passes by itself.
struct RealTime;

#[async_trait]
impl PassTime for RealTime {
    async fn pass(&self, _by: Duration) {
        unreachable!("nothing here waits for the clock");
    }
}

struct Silent;

impl Narrator for Silent {
    fn step(&self, _who: &str, _what: &str) {}
}
