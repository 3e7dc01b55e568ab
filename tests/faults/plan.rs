//! What is done to the set, and when: a deck of faults, shuffled by the seed, dealt again when it is empty.

use std::fmt;
use std::time::Duration;

use crate::chance::Chance;

/// The processes that are killed and paused.
pub(crate) const PROCESSES: [&str; 5] =
    ["intake", "routing", "payments-escalation", "notifications", "relay"];

/// What a fault is done to: two at a time are done to different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Victim {
    Process(&'static str),
    Postgres,
    Nats,
    Callers,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `kill -9`.
    Killed,
    /// SIGSTOP, and SIGCONT later.
    Paused,
    /// `pg_ctl stop -m immediate`, and started again later.
    Crashed,
    /// `pg_terminate_backend` on whoever appends, again and again.
    BackendsTerminated,
    /// Requests arrive; each connection loses an answer, and ends.
    AnswersLost,
    /// All connections are cut, and new ones refused for a while.
    Cut,
    /// Nothing passes for a while, in neither direction; nothing is lost.
    Silent,
    /// Everything takes longer.
    Slow,
    /// Killed, its folder emptied, and started again later.
    Wiped,
    /// Killed, and started again later with the folder that it had when it was last killed.
    Older,
}

/// A fault: what, to what, for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) victim: Victim,
    pub(crate) kind: Kind,
    pub(crate) lasts: Duration,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} ms", self.name(), self.lasts.as_millis())
    }
}

impl Fault {
    /// What it is called in reports, without how long it lasts.
    pub(crate) fn name(&self) -> String {
        let victim = match self.victim {
            Victim::Process(name) => name,
            Victim::Postgres => "postgres",
            Victim::Nats => "nats",
            Victim::Callers => "callers",
        };
        let kind = match self.kind {
            Kind::Killed => "killed",
            Kind::Paused => "paused",
            Kind::Crashed => "crashed",
            Kind::BackendsTerminated => "backends terminated",
            Kind::AnswersLost => "answers lost",
            Kind::Cut => "cut",
            Kind::Silent => "silent",
            Kind::Slow => "slow",
            Kind::Wiped => "wiped",
            Kind::Older => "set back to an older disk",
        };
        format!("{victim} {kind}")
    }
}

/// One fault, sometimes two at a time, after a while of calm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) calm: Duration,
    pub(crate) faults: Vec<Fault>,
}

/// The steps of a seed, without end.
pub(crate) struct Plan {
    chance: Chance,
    deck: Vec<(Victim, Kind)>,
}

impl Plan {
    pub(crate) fn of(seed: u64) -> Self {
        Self { chance: Chance::of(seed), deck: Vec::new() }
    }

    fn draw(&mut self) -> Fault {
        if self.deck.is_empty() {
            self.deck = whole_deck();
            self.chance.shuffle(&mut self.deck);
        }
        let (victim, kind) = self.deck.pop().unwrap();
        let lasts = match kind {
            Kind::Killed if matches!(victim, Victim::Process(_)) => Duration::ZERO,
            Kind::Killed | Kind::Crashed | Kind::Wiped | Kind::Older => self.chance.between_ms(0, 3_000),
            Kind::Cut => self.chance.between_ms(0, 1_500),
            // Longer than NATS waits for a word about what it delivered, and longer than most deadlines.
            Kind::Paused | Kind::Silent if self.chance.percent(15) => self.chance.between_ms(11_000, 14_000),
            _ => self.chance.between_ms(800, 4_000),
        };
        Fault { victim, kind, lasts }
    }
}

impl Iterator for Plan {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let calm = self.chance.between_ms(300, 2_000);
        let mut faults = vec![self.draw()];
        if self.chance.percent(30) {
            let other = self.draw();
            if other.victim == faults[0].victim {
                self.deck.push((other.victim, other.kind));
            } else {
                faults.push(other);
            }
        }
        Some(Step { calm, faults })
    }
}

/// Every fault there is, those that matter most more than once.
pub(crate) fn whole_deck() -> Vec<(Victim, Kind)> {
    let mut deck: Vec<_> = PROCESSES.map(|name| (Victim::Process(name), Kind::Killed)).to_vec();
    deck.extend(PROCESSES.map(|name| (Victim::Process(name), Kind::Paused)));
    let of_postgres = [
        Kind::Crashed,
        Kind::BackendsTerminated,
        Kind::BackendsTerminated,
        Kind::AnswersLost,
        Kind::AnswersLost,
        Kind::Cut,
        Kind::Silent,
        Kind::Slow,
    ];
    deck.extend(of_postgres.map(|kind| (Victim::Postgres, kind)));
    let of_nats = [Kind::Killed, Kind::Wiped, Kind::Older, Kind::Cut, Kind::Silent];
    deck.extend(of_nats.map(|kind| (Victim::Nats, kind)));
    deck.extend([Kind::AnswersLost, Kind::Cut, Kind::Slow].map(|kind| (Victim::Callers, kind)));
    deck
}

#[test]
fn a_seed_gives_one_plan_in_which_every_fault_comes() {
    let names = |seed: u64| -> Vec<String> {
        Plan::of(seed).take(60).flat_map(|step| step.faults).map(|fault| fault.to_string()).collect()
    };
    assert_eq!(names(3), names(3));
    assert_ne!(names(3), names(4));
    let all: Vec<String> = names(3);
    for (victim, kind) in whole_deck() {
        let name = Fault { victim, kind, lasts: Duration::ZERO }.name();
        assert!(all.iter().any(|one| one.starts_with(&name)), "{name}");
    }
}

#[test]
fn two_at_a_time_are_done_to_different_things() {
    for step in Plan::of(5).take(200) {
        if let [one, other] = step.faults.as_slice() {
            assert_ne!(one.victim, other.victim);
        }
    }
}
