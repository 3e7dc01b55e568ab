//! The figures: medians over the rounds, and what they are in relation to each other.

use std::fmt::Write;

use serde::Serialize;

use super::load::Measured;
use super::place::Written;
use crate::bench::latency::{Latencies, Percentiles};

/// Everything that was measured.
pub(super) struct Taken {
    pub(super) callers: u16,
    pub(super) payload: usize,
    pub(super) naive: Vec<Measured>,
    pub(super) append: Vec<Measured>,
    pub(super) limit: Vec<Measured>,
    pub(super) written: Written,
    pub(super) alone_plain: Measured,
    pub(super) alone_append: Measured,
    pub(super) hot_stream: HotStream,
    pub(super) writers: Writers,
    pub(super) reads: Reads,
    pub(super) bytes_per_event: f64,
    pub(super) filled: Option<(u64, Measured)>,
    pub(super) sqlite: Measured,
}

/// What is printed. Names and units are part of the interface.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    callers: u16,
    payload_bytes: usize,
    naive_per_second: f64,
    append_per_second: f64,
    limit_per_second: f64,
    append_to_naive: f64,
    append_to_limit: f64,
    append_p50_ms: f64,
    append_p99_ms: f64,
    wal_bytes_per_event: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fsyncs_per_event: Option<f64>,
    disk_bytes_per_event: f64,
    one_caller: OneCaller,
    one_case: HotStream,
    several_writers: Writers,
    reads: Reads,
    #[serde(skip_serializing_if = "Option::is_none")]
    filled: Option<Filled>,
    sqlite_per_second: f64,
    sqlite_p99_ms: f64,
}

/// One caller alone, against one plain insert at a time.
#[derive(Debug, Serialize)]
struct OneCaller {
    plain_insert_p50_ms: f64,
    append_p50_ms: f64,
    append_to_plain_insert: f64,
}

/// All callers on one case.
#[derive(Debug, Serialize)]
pub(super) struct HotStream {
    per_second: f64,
    p99_ms: f64,
    conflicts_per_append: f64,
    most_tries: u32,
}

/// Several processes' worth of writers on one shard.
#[derive(Debug, Serialize)]
pub(super) struct Writers {
    count: u16,
    per_second: f64,
    p99_ms: f64,
}

/// Reading whole cases.
#[derive(Debug, Serialize)]
pub(super) struct Reads {
    pub(super) case_of_50_events_p50_ms: f64,
    pub(super) case_of_5000_events_p50_ms: f64,
}

/// After the log was filled.
#[derive(Debug, Serialize)]
struct Filled {
    events: u64,
    append_p50_ms: f64,
    append_to_before: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are exact in a float")]
fn float(count: u64) -> f64 {
    count as f64
}

fn median(rounds: &[Measured]) -> f64 {
    let mut rates: Vec<f64> = rounds.iter().map(Measured::per_second).collect();
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or(0.0)
}

fn together(rounds: &[Measured]) -> Option<Percentiles> {
    let mut latencies = Latencies::new().ok()?;
    rounds.iter().try_for_each(|round| latencies.merge(&round.latencies)).ok()?;
    Some(latencies.percentiles())
}

impl HotStream {
    pub(super) fn of(measured: Measured) -> Self {
        Self {
            per_second: measured.per_second(),
            p99_ms: measured.latencies.percentiles().p99_ms,
            conflicts_per_append: float(measured.conflicts) / float(measured.events.max(1)),
            most_tries: measured.most_tries,
        }
    }
}

impl Writers {
    pub(super) fn of(writers: u16, measured: &[Measured]) -> anyhow::Result<Self> {
        let mut all = Measured::new()?;
        measured.iter().try_for_each(|one| all.merge(one))?;
        Ok(Self { count: writers, per_second: all.per_second(), p99_ms: all.latencies.percentiles().p99_ms })
    }
}

impl Report {
    pub(super) fn of(taken: Taken) -> Self {
        let (naive, append, limit) = (median(&taken.naive), median(&taken.append), median(&taken.limit));
        let latency = together(&taken.append);
        let events = float(taken.append.iter().map(|round| round.events).sum::<u64>().max(1));
        let bytes = u64::try_from(taken.written.wal_bytes).unwrap_or(0);
        let syncs = taken.written.wal_syncs.and_then(|syncs| u64::try_from(syncs).ok());
        let plain = taken.alone_plain.latencies.percentiles().p50_ms;
        let alone = taken.alone_append.latencies.percentiles().p50_ms;
        let sqlite = &taken.sqlite;
        Self {
            callers: taken.callers,
            payload_bytes: taken.payload,
            naive_per_second: naive,
            append_per_second: append,
            limit_per_second: limit,
            append_to_naive: append / naive,
            append_to_limit: append / limit,
            append_p50_ms: latency.map_or(0.0, |latency| latency.p50_ms),
            append_p99_ms: latency.map_or(0.0, |latency| latency.p99_ms),
            wal_bytes_per_event: float(bytes) / events,
            fsyncs_per_event: syncs.map(|syncs| float(syncs) / events),
            disk_bytes_per_event: taken.bytes_per_event,
            one_caller: OneCaller {
                plain_insert_p50_ms: plain,
                append_p50_ms: alone,
                append_to_plain_insert: alone / plain,
            },
            one_case: taken.hot_stream,
            several_writers: taken.writers,
            reads: taken.reads,
            filled: taken.filled.map(|(events, measured)| {
                let p50 = measured.latencies.percentiles().p50_ms;
                Filled { events, append_p50_ms: p50, append_to_before: p50 / alone }
            }),
            sqlite_per_second: sqlite.per_second(),
            sqlite_p99_ms: sqlite.latencies.percentiles().p99_ms,
        }
    }

    pub(super) fn for_people(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, figures: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<28} {figures}");
        };
        let ms = |value: f64| format!("{value:.2} ms");
        line(
            "one transaction an append",
            format!("{:.0} /s   {} callers", self.naive_per_second, self.callers),
        );
        line(
            "the log",
            format!(
                "{:.0} /s   p50 {}   p99 {}",
                self.append_per_second,
                ms(self.append_p50_ms),
                ms(self.append_p99_ms)
            ),
        );
        line("the limit", format!("{:.0} /s   256 rows at a time, nothing checked", self.limit_per_second));
        line(
            "",
            format!("{:.2} x the naive way, {:.2} of the limit", self.append_to_naive, self.append_to_limit),
        );
        let syncs = self.fsyncs_per_event.map_or(String::new(), |syncs| format!(", {syncs:.4} flushes"));
        line(
            "an event",
            format!(
                "{:.0} bytes of WAL{syncs}, {:.0} bytes on disk",
                self.wal_bytes_per_event, self.disk_bytes_per_event
            ),
        );
        let alone = &self.one_caller;
        line(
            "one caller alone",
            format!(
                "p50 {}, {:.2} x a plain insert ({})",
                ms(alone.append_p50_ms),
                alone.append_to_plain_insert,
                ms(alone.plain_insert_p50_ms)
            ),
        );
        let hot = &self.one_case;
        line(
            "one case for all callers",
            format!(
                "{:.0} /s   p99 {}   {:.1} conflicts an append, at most {} tries",
                hot.per_second,
                ms(hot.p99_ms),
                hot.conflicts_per_append,
                hot.most_tries
            ),
        );
        let several = &self.several_writers;
        line(
            &format!("{} writers on one shard", several.count),
            format!("{:.0} /s   p99 {}", several.per_second, ms(several.p99_ms)),
        );
        line(
            "reading a case",
            format!(
                "of 50 events {}, of 5,000 {}",
                ms(self.reads.case_of_50_events_p50_ms),
                ms(self.reads.case_of_5000_events_p50_ms)
            ),
        );
        if let Some(filled) = &self.filled {
            line(
                &format!("with {} events", filled.events),
                format!("one append p50 {}, {:.2} x", ms(filled.append_p50_ms), filled.append_to_before),
            );
        }
        line(
            "SQLite, every commit flushed",
            format!("{:.0} /s   p99 {}", self.sqlite_per_second, ms(self.sqlite_p99_ms)),
        );
        text
    }
}
