//! The callers: each sends one command, waits for its answer, and sends the next.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ambient::{Ids, SystemIds};
use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::contender::Contender;
use crate::now;

/// Longest time that is told apart, in microseconds.
const LONGEST_US: u64 = 60_000_000;

/// What is asked of everybody alike.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// Callers that wait for an answer at any time.
    pub(crate) callers: usize,
    /// For how long.
    pub(crate) time: Duration,
    /// Commands on a stream before a new one is taken.
    pub(crate) length: u32,
    /// One stream for all callers, instead of one for each.
    pub(crate) hot: bool,
}

/// What became of it.
pub(crate) struct Measured {
    elapsed: Duration,
    times_us: Histogram<u64>,
    /// Decisions that had to be made again, because somebody else had been quicker.
    pub(crate) retries: u64,
    /// What an event takes on disk with all indexes, in bytes.
    pub(crate) stored_bytes_per_event: u64,
}

/// Which stream the next command is about.
struct Turns {
    stream: Uuid,
    taken: u32,
    length: u32,
}

impl Turns {
    fn new(length: u32) -> Self {
        Self { stream: new_stream(), taken: 0, length }
    }

    /// The stream, and how many commands were sent to it before.
    fn next(&mut self) -> (Uuid, u32) {
        if self.taken == self.length {
            *self = Self::new(self.length);
        }
        self.taken += 1;
        (self.stream, self.taken - 1)
    }
}

fn new_stream() -> Uuid {
    SystemIds.new_id(now())
}

impl Load {
    /// The same for another time.
    pub(crate) fn for_time(&self, time: Duration) -> Self {
        Self { time, ..self.clone() }
    }

    pub(crate) async fn run(&self, contender: &Arc<dyn Contender>) -> anyhow::Result<Measured> {
        let shared = Arc::new(Mutex::new(Turns::new(self.length)));
        let started = Instant::now();
        let mut callers = JoinSet::new();
        for _ in 0..self.callers {
            let turns =
                if self.hot { Arc::clone(&shared) } else { Arc::new(Mutex::new(Turns::new(self.length))) };
            callers.spawn(call(Arc::clone(contender), turns, started + self.time));
        }
        let mut all = Measured::none()?;
        while let Some(called) = callers.join_next().await {
            let called = called??;
            all.times_us.add(&called.times_us)?;
            all.retries += called.retries;
        }
        all.elapsed = started.elapsed();
        Ok(all)
    }
}

async fn call(
    contender: Arc<dyn Contender>,
    turns: Arc<Mutex<Turns>>,
    until: Instant,
) -> anyhow::Result<Measured> {
    let mut called = Measured::none()?;
    let mut asked = Instant::now();
    while asked < until {
        let (stream, nth) = turns.lock().unwrap_or_else(PoisonError::into_inner).next();
        called.retries += contender.add_one(stream, nth).await?;
        let answered = Instant::now();
        let took_us = u64::try_from((answered - asked).as_micros())?;
        called.times_us.record(took_us.clamp(1, LONGEST_US))?;
        asked = answered;
    }
    Ok(called)
}

impl Measured {
    fn none() -> anyhow::Result<Self> {
        let times_us = Histogram::new_with_bounds(1, LONGEST_US, 3)?;
        Ok(Self { elapsed: Duration::ZERO, times_us, retries: 0, stored_bytes_per_event: 0 })
    }

    /// Commands that were answered.
    pub(crate) fn commands(&self) -> u64 {
        self.times_us.len()
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are exact in a float")]
    pub(crate) fn per_second(&self) -> f64 {
        self.commands() as f64 / self.elapsed.as_secs_f64()
    }

    /// How long the quickest so many percent took at most, in milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "microseconds below a minute are exact in a float")]
    pub(crate) fn percentile_ms(&self, percent: f64) -> f64 {
        self.times_us.value_at_percentile(percent) as f64 / 1_000.0
    }
}
