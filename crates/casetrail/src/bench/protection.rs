//! `casetrail bench journey --protection`: what sealing, masking and tokens cost. Five systems side by side, one that
//! protects personal data as every system does, one without each of the three, and one without any, take the same
//! load in turns: all meet the machine in the same mood, and only their ratios are told.

use std::time::Duration;

use serde::Serialize;

use super::child::System;
use super::journey::{Args, Throughput};
use super::overhead::{Loaded, middle};
use super::system::LeftOut;

/// What a system leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Without {
    Nothing,
    Sealing,
    Masking,
    /// Callers are believed, and then held to what their roles, brands and teams let them reach, as with tokens.
    Tokens,
    AllThree,
}

impl Without {
    const ALL: [Self; 5] = [Self::Nothing, Self::Sealing, Self::Masking, Self::Tokens, Self::AllThree];

    fn left_out(self) -> &'static [LeftOut] {
        match self {
            Self::Nothing | Self::Tokens => &[],
            Self::Sealing => &[LeftOut::Sealing],
            Self::Masking => &[LeftOut::Masking],
            Self::AllThree => &[LeftOut::Sealing, LeftOut::Masking],
        }
    }

    fn has_tokens(self) -> bool {
        !matches!(self, Self::Tokens | Self::AllThree)
    }

    fn words(self) -> &'static str {
        match self {
            Self::Nothing => "with all three",
            Self::Sealing => "without sealing",
            Self::Masking => "without masking",
            Self::Tokens => "without tokens",
            Self::AllThree => "without any",
        }
    }
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    callers: usize,
    cases_a_round: usize,
    systems: Vec<Measured>,
}

/// One system's figures.
#[derive(Debug, Serialize)]
struct Measured {
    without: Without,
    rounds: Vec<Round>,
    /// Commands a second with all three, of those of this system in the same round: the middle one of all rounds.
    open_ratio: f64,
    message_ratio: f64,
}

/// One system's load in a round.
#[derive(Debug, Serialize)]
struct Round {
    open: Throughput,
    message: Throughput,
}

pub(super) async fn run(args: &Args, json: bool) -> anyhow::Result<()> {
    let mut systems = Vec::new();
    for without in Without::ALL {
        let tokens = without.has_tokens();
        let system = System::start_without(without.left_out(), tokens).await?;
        systems.push((Loaded::on(system, args.callers, tokens).await?, Vec::new()));
    }
    let cases = (args.cases / usize::from(args.rounds)).max(1);
    let lasting = Duration::from_secs(args.seconds);
    for (system, _) in &systems {
        // The first cases pay for caches and connections: nobody's figures.
        system.round(args.callers, lasting).await?;
    }
    for round in 0..usize::from(args.rounds) {
        // Whoever comes later meets another machine: each comes at every place.
        for place in 0..systems.len() {
            let turn = (round + place) % systems.len();
            let (system, rounds) = &mut systems[turn];
            let (open, message) = system.round(cases, lasting).await?;
            rounds.push(Round { open: open.throughput, message: message.throughput });
        }
    }
    let mut measured = Vec::new();
    for (system, rounds) in systems {
        system.system.stop().await?;
        measured.push(rounds);
    }
    let report = Report { callers: args.callers, cases_a_round: cases, systems: compared(measured) };
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        report.systems.iter().for_each(Measured::print);
    }
    Ok(())
}

/// Each system's rounds beside those of the first, which leaves out nothing.
fn compared(measured: Vec<Vec<Round>>) -> Vec<Measured> {
    let ratio = |rounds: &[Round], of: fn(&Round) -> &Throughput| {
        let all = measured.first().into_iter().flatten();
        middle(all.zip(rounds).map(|(all, one)| of(all).per_second / of(one).per_second).collect())
    };
    let ratios: Vec<(f64, f64)> = measured
        .iter()
        .map(|rounds| (ratio(rounds, |round| &round.open), ratio(rounds, |round| &round.message)))
        .collect();
    Without::ALL
        .into_iter()
        .zip(measured)
        .zip(ratios)
        .map(|((without, rounds), (open_ratio, message_ratio))| Measured {
            without,
            rounds,
            open_ratio,
            message_ratio,
        })
        .collect()
}

impl Measured {
    fn print(&self) {
        let Self { without, rounds, open_ratio, message_ratio } = self;
        let typical =
            |of: fn(&Round) -> &Throughput| middle(rounds.iter().map(|round| of(round).per_second).collect());
        print!(
            "{:<18} OpenCase {:>6.0} /s   ReceiveMessage {:>6.0} /s",
            without.words(),
            typical(|round| &round.open),
            typical(|round| &round.message),
        );
        match without {
            Without::Nothing => println!("   ({} rounds in turns)", rounds.len()),
            _ => println!(
                "   with all three: {open_ratio:.3} and {message_ratio:.3} of that, which costs {:.1} % and {:.1} %",
                cost(*open_ratio),
                cost(*message_ratio)
            ),
        }
    }
}

/// What is lost of the commands a second, in percent.
fn cost(ratio: f64) -> f64 {
    (1.0 - ratio) * 100.0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::journey::throughput;
    use super::super::latency::Latencies;
    use super::*;

    fn round(open: u64, message: u64) -> Round {
        let of = |count| {
            let mut latencies = Latencies::new().unwrap();
            (0..count).for_each(|_| latencies.add(Duration::from_millis(1)));
            throughput(&latencies, Duration::from_secs(1))
        };
        Round { open: of(open), message: of(message) }
    }

    #[test]
    fn each_system_is_told_by_its_ratio_to_the_one_with_everything_in_the_same_round() {
        let with = vec![round(80, 90), round(40, 45), round(8, 90)];
        let without = vec![round(100, 100), round(50, 50), round(100, 100)];
        let same = || vec![round(80, 90), round(40, 45), round(8, 90)];
        let told = compared(vec![with, same(), same(), same(), without]);
        let close = |left: f64, right: f64| (left - right).abs() < 1e-9;
        assert!(close(told[1].open_ratio, 1.0) && close(told[1].message_ratio, 1.0), "{told:?}");
        assert_eq!(told[4].without, Without::AllThree);
        assert!(close(told[4].open_ratio, 0.8) && close(told[4].message_ratio, 0.9), "{told:?}");
        assert!(close(cost(told[4].open_ratio), 20.0));
    }

    #[test]
    fn what_is_compared_is_all_each_and_none() {
        let shape: Vec<_> = Without::ALL.iter().map(|one| (one.left_out().len(), one.has_tokens())).collect();
        assert_eq!(shape, [(0, true), (1, true), (1, true), (0, false), (2, false)]);
    }
}
