//! Medians over the rounds, ratios to the fastest peer, and what each guarantees.

use std::fmt;

use serde_json::{Value, json};

use crate::contender::Kind;
use crate::load::{Load, Measured};

/// Every figure of a run.
pub(crate) struct Report {
    lines: Vec<Line>,
    load: Load,
    server: String,
}

struct Line {
    kind: Kind,
    rounds: Vec<Measured>,
}

/// One line's medians.
struct Medians {
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    retries_per_command: f64,
    bytes_per_event: f64,
}

impl Report {
    pub(crate) fn new(kinds: &[Kind], load: &Load, server: String) -> Self {
        let lines = kinds.iter().map(|kind| Line { kind: *kind, rounds: Vec::new() }).collect();
        Self { lines, load: load.clone(), server }
    }

    pub(crate) fn add(&mut self, kind: Kind, measured: Measured) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.kind == kind) {
            line.rounds.push(measured);
        }
    }

    /// The fastest peer's commands a second; NaN where no peer was measured, and so is every ratio.
    fn fastest_peer(&self) -> f64 {
        let peers = self.lines.iter().filter(|line| !line.kind.is_ours());
        peers.map(|line| line.medians().per_second).fold(f64::NAN, f64::max)
    }

    pub(crate) fn to_json(&self) -> Value {
        let fastest = self.fastest_peer();
        let lines = self.lines.iter().map(|line| {
            let (medians, guarantees) = (line.medians(), line.kind.guarantees());
            json!({
                "name": line.kind.name(),
                "commands_per_second": medians.per_second,
                "ratio_to_fastest_peer": medians.per_second / fastest,
                "p50_ms": medians.p50_ms,
                "p99_ms": medians.p99_ms,
                "retries_per_command": medians.retries_per_command,
                "stored_bytes_per_event": medians.bytes_per_event,
                "rounds_commands_per_second": line.rounds.iter().map(Measured::per_second).collect::<Vec<_>>(),
                "guarantees": {
                    "order": guarantees.order,
                    "repeated_command": guarantees.repeat,
                    "hash_chain": guarantees.chain,
                    "immutable": guarantees.immutable,
                },
            })
        });
        json!({
            "server": self.server,
            "callers": self.load.callers,
            "seconds": self.load.time.as_secs(),
            "commands_per_stream": self.load.length,
            "hot": self.load.hot,
            "contenders": lines.collect::<Vec<_>>(),
        })
    }
}

impl Line {
    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are exact in a float")]
    fn medians(&self) -> Medians {
        let median_of = |figure: &dyn Fn(&Measured) -> f64| median(self.rounds.iter().map(figure).collect());
        Medians {
            per_second: median_of(&Measured::per_second),
            p50_ms: median_of(&|round| round.percentile_ms(50.0)),
            p99_ms: median_of(&|round| round.percentile_ms(99.0)),
            retries_per_command: median_of(&|round| round.retries as f64 / round.commands().max(1) as f64),
            bytes_per_event: median_of(&|round| round.stored_bytes_per_event as f64),
        }
    }
}

/// The middle one; of an even number the upper one of the two. NaN of nothing.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (load, fastest) = (&self.load, self.fastest_peer());
        let streams = if load.hot { "one stream for all callers" } else { "a stream for each caller" };
        writeln!(
            f,
            "Postgres {}, {} callers, {streams}, a new one after {} commands, {} s, medians of {} rounds\n",
            self.server,
            load.callers,
            load.length,
            load.time.as_secs(),
            self.lines.first().map_or(0, |line| line.rounds.len()),
        )?;
        writeln!(
            f,
            "| | commands/s | to the fastest peer | p50 ms | p99 ms | decided again, a command | bytes an event |\n\
             |---|---|---|---|---|---|---|"
        )?;
        for line in &self.lines {
            let Medians { per_second, p50_ms, p99_ms, retries_per_command, bytes_per_event } = line.medians();
            writeln!(
                f,
                "| {} | {per_second:.0} | {:.2} | {p50_ms:.2} | {p99_ms:.2} | {retries_per_command:.2} | \
                 {bytes_per_event:.0} |",
                line.kind.name(),
                per_second / fastest,
            )?;
        }
        writeln!(f, "\n| | order | a command sent twice | hash chain | immutable |\n|---|---|---|---|---|")?;
        for line in &self.lines {
            let guarantees = line.kind.guarantees();
            writeln!(
                f,
                "| {} | {} | {} | {} | {} |",
                line.kind.name(),
                guarantees.order,
                guarantees.repeat,
                guarantees.chain,
                guarantees.immutable,
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_figure() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median(Vec::new()).is_nan());
    }
}
