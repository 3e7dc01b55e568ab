//! Callers that append, each to its own stream or all to one, and streams that are read back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ambient::{Clock, Ids, SystemClock, SystemIds};
use anyhow::bail;
use event_log::{Append, Error, EventLog, Lines, NewEvent};
use indicatif::ProgressBar;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::bench::latency::Latencies;

/// How much is asked of a contender in a round.
#[derive(Debug, Clone)]
pub(super) struct Load {
    pub(super) callers: usize,
    pub(super) payload: usize,
    pub(super) lasting: Duration,
}

/// What a contender did in a round.
pub(super) struct Measured {
    pub(super) events: u64,
    pub(super) took: Duration,
    pub(super) latencies: Latencies,
    /// Appends that came too late and were decided anew, and the most that one command needed.
    pub(super) conflicts: u64,
    pub(super) most_tries: u32,
}

impl Measured {
    pub(super) fn new() -> anyhow::Result<Self> {
        let latencies = Latencies::new()?;
        Ok(Self { events: 0, took: Duration::ZERO, latencies, conflicts: 0, most_tries: 0 })
    }

    pub(super) fn merge(&mut self, other: &Self) -> anyhow::Result<()> {
        self.events += other.events;
        self.took = self.took.max(other.took);
        self.conflicts += other.conflicts;
        self.most_tries = self.most_tries.max(other.most_tries);
        self.latencies.merge(&other.latencies)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are exact in a float")]
    pub(super) fn per_second(&self) -> f64 {
        self.events as f64 / self.took.as_secs_f64()
    }
}

/// The streams of a run's callers and their versions, from round to round.
pub(super) struct Streams(Vec<(Uuid, u64)>);

impl Streams {
    pub(super) fn new(callers: usize) -> Self {
        Self((0..callers).map(|_| (new_id(), 0)).collect())
    }
}

pub(in crate::bench) fn new_id() -> Uuid {
    SystemIds.new_id(SystemClock.now())
}

/// One event like those of cases: a few hundred bytes of JSON.
pub(in crate::bench) fn event(payload: usize) -> NewEvent {
    NewEvent {
        event_id: new_id(),
        event_type: "intake.message_received".to_owned(),
        schema_version: 1,
        meta: br#"{"actor":{"kind":"player","id":"p-1"},"correlation_id":"0199f2a4-7c1e-7b7e-8d0e-3f6f0f1e2d3c"}"#.to_vec(),
        payload: vec![b'x'; payload],
    }
}

pub(in crate::bench) fn append(stream: Uuid, expected_version: u64, events: Vec<NewEvent>) -> Append {
    Append {
        stream,
        tenant: "NB".to_owned(),
        expected_version,
        command_id: new_id(),
        fingerprint: [7; 32],
        events,
    }
}

/// Runs `callers` tasks and puts together what they measured.
pub(super) async fn all<F>(
    callers: usize,
    mut caller: impl FnMut(usize) -> F,
) -> anyhow::Result<(Measured, Vec<F::Value>)>
where
    F: Caller,
{
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for index in 0..callers {
        tasks.spawn(caller(index).run());
    }
    let (mut together, mut values) = (Measured::new()?, Vec::with_capacity(callers));
    while let Some(done) = tasks.join_next().await {
        let (measured, value) = done??;
        together.merge(&measured)?;
        values.push(value);
    }
    together.took = started.elapsed();
    Ok((together, values))
}

/// One caller of a run, and what it leaves.
pub(super) trait Caller {
    type Value: Send + 'static;
    fn run(self) -> impl Future<Output = anyhow::Result<(Measured, Self::Value)>> + Send + 'static;
}

struct OwnStream<L> {
    log: Arc<L>,
    stream: Uuid,
    version: u64,
    payload: usize,
    until: Instant,
}

impl<L: EventLog> Caller for OwnStream<L> {
    type Value = (Uuid, u64);

    async fn run(mut self) -> anyhow::Result<(Measured, Self::Value)> {
        let mut measured = Measured::new()?;
        while Instant::now() < self.until {
            let append = append(self.stream, self.version, vec![event(self.payload)]);
            let asked = Instant::now();
            self.version = self.log.append(append).await?.last_version;
            measured.latencies.add(asked.elapsed());
            measured.events += 1;
        }
        Ok((measured, (self.stream, self.version)))
    }
}

/// Decides anew after each conflict, on the version that the conflict told: as services do, in a line with the
/// others who were too late.
struct HotStream<L> {
    log: Arc<L>,
    lines: Lines,
    stream: Uuid,
    payload: usize,
    until: Instant,
}

impl<L: EventLog> Caller for HotStream<L> {
    type Value = ();

    async fn run(self) -> anyhow::Result<(Measured, ())> {
        let (mut measured, mut version) = (Measured::new()?, 0);
        while Instant::now() < self.until {
            let asked = Instant::now();
            let (mut tries, mut turn) = (1, self.lines.wait_if_busy(self.stream).await);
            loop {
                match self.log.append(append(self.stream, version, vec![event(self.payload)])).await {
                    Ok(appended) => {
                        version = appended.last_version;
                        break;
                    }
                    Err(Error::Conflict { current_version }) => {
                        (version, tries) = (current_version, tries + 1);
                        if turn.is_none() {
                            turn = Some(self.lines.wait(self.stream).await);
                        }
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            drop(turn);
            measured.latencies.add(asked.elapsed());
            measured.events += 1;
            measured.conflicts += u64::from(tries - 1);
            measured.most_tries = measured.most_tries.max(tries);
        }
        Ok((measured, ()))
    }
}

impl Load {
    /// Every caller appends to its own stream.
    pub(super) async fn run<L: EventLog>(
        &self,
        log: &Arc<L>,
        streams: &mut Streams,
    ) -> anyhow::Result<Measured> {
        let until = Instant::now() + self.lasting;
        let caller = |index: usize| {
            let (stream, version) = streams.0[index];
            OwnStream { log: Arc::clone(log), stream, version, payload: self.payload, until }
        };
        let (measured, left) = all(self.callers, caller).await?;
        streams.0 = left;
        Ok(measured)
    }

    /// All callers append to one stream; whatever was acknowledged must be there.
    pub(super) async fn run_hot<L: EventLog>(&self, log: &Arc<L>) -> anyhow::Result<Measured> {
        let (until, stream, lines) = (Instant::now() + self.lasting, new_id(), Lines::default());
        let caller = |_| HotStream {
            log: Arc::clone(log),
            lines: lines.clone(),
            stream,
            payload: self.payload,
            until,
        };
        let (measured, _) = all(self.callers, caller).await?;
        let next = log.read_stream(stream, measured.events, 1).await?;
        let last = log.read_stream(stream, measured.events - 1, 1).await?;
        if !next.is_empty() || last.len() != 1 {
            bail!("{} appends were acknowledged, but the case does not hold just as many", measured.events);
        }
        Ok(measured)
    }
}

/// Appends `events` events from many callers, a hundred at a time, to streams of a hundred.
pub(in crate::bench) async fn fill<L: EventLog>(
    log: &Arc<L>,
    from: u64,
    events: u64,
    payload: usize,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    const CALLERS: usize = 16;
    const AT_ONCE: u64 = 100;
    let mut callers = JoinSet::new();
    for index in 0..CALLERS {
        let log = Arc::clone(log);
        let share = events.div_ceil(AT_ONCE).div_ceil(CALLERS as u64);
        let bar = (index == 0).then(|| bar.clone());
        callers.spawn(async move {
            for done in 0..share {
                let batch = (0..AT_ONCE).map(|_| event(payload)).collect();
                log.append(append(new_id(), 0, batch)).await?;
                if let Some(bar) = bar.as_ref().filter(|_| done % 100 == 0) {
                    bar.set_message(format!("filling the log: {} % of {events} events", done * 100 / share));
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    if log.head().await? < from + events {
        bail!("the log does not hold what it was filled with");
    }
    Ok(())
}

/// A stream of so many events; its id.
pub(super) async fn one_stream(log: &dyn EventLog, events: usize, payload: usize) -> anyhow::Result<Uuid> {
    let stream = new_id();
    let mut version = 0;
    while version < events as u64 {
        let count = (events - usize::try_from(version)?).min(100);
        let batch = (0..count).map(|_| event(payload)).collect();
        version = log.append(append(stream, version, batch)).await?.last_version;
    }
    Ok(stream)
}

/// The median time to read a whole stream, in milliseconds.
pub(super) async fn read_median_ms(log: &dyn EventLog, stream: Uuid, events: usize) -> anyhow::Result<f64> {
    let mut latencies = Latencies::new()?;
    for _ in 0..50 {
        let asked = Instant::now();
        let (mut read, mut version) = (0, 0);
        loop {
            let page = log.read_stream(stream, version, 1_000).await?;
            read += page.len();
            let Some(last) = page.last().filter(|_| page.len() == 1_000) else { break };
            version = last.version;
        }
        latencies.add(asked.elapsed());
        if read != events {
            bail!("{read} events were read where there are {events}");
        }
    }
    Ok(latencies.percentiles().p50_ms)
}
