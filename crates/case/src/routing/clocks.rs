//! The mechanics of one clock: start, pause, resume, meet, stop, and what its marks mean. Which of these
//! is due, and when, is said in `promises.rs`.

use jiff::{SignedDuration, Timestamp};

use super::command::Mark;
use super::draft::Draft;
use super::event::{
    ClockKind, EscalationRaised, SlaBreached, SlaMet, SlaPaused, SlaResumed, SlaStarted, SlaStopped,
    SlaWarned, WaitingFor,
};
use super::rules::Rules;
use super::state::{Clock, ClockStanding};
use crate::calendar::Calendar;
use crate::sla::Span;
use crate::vocabulary::Team;

impl Clock {
    /// Working seconds used by a moment, on the calendar of the clock (or of the team that owns the case,
    /// should that calendar be gone).
    pub fn used_seconds_by(&self, rules: &Rules, team: Team, moment: Timestamp) -> u64 {
        let running = match self.standing {
            ClockStanding::Running => rules
                .clock_calendar(&self.calendar, team)
                .working_time(self.running_since, moment)
                .as_secs()
                .unsigned_abs(),
            ClockStanding::Paused | ClockStanding::Met | ClockStanding::Stopped => 0,
        };
        self.used_seconds.saturating_add(running)
    }
}

impl Draft<'_> {
    /// A clock that is running or paused.
    pub(super) fn open_clock(&self, kind: ClockKind) -> Option<Clock> {
        self.case.routing.clocks.get(&kind).filter(|clock| clock.is_open()).cloned()
    }

    fn running_clock(&self, kind: ClockKind) -> Option<Clock> {
        self.open_clock(kind).filter(|clock| clock.standing == ClockStanding::Running)
    }

    fn calendar_of(&self, clock: &Clock) -> &Calendar {
        self.rules.clock_calendar(&clock.calendar, self.team())
    }

    /// The team that owns the case.
    pub(super) fn team(&self) -> Team {
        self.case.routing.team.unwrap_or(Team::General)
    }

    /// A moment, but not before `earliest` and not in the future.
    pub(super) fn not_before(&self, earliest: Timestamp, moment: Timestamp) -> Timestamp {
        moment.max(earliest).min(self.now)
    }

    /// Starts a clock (again) at a moment, with working seconds that an earlier start has used already.
    pub(super) fn start(
        &mut self,
        kind: ClockKind,
        span: Span,
        calendar: &Calendar,
        started_at: Timestamp,
        used_seconds: u64,
    ) {
        let generation = self.case.routing.clocks.get(&kind).map_or(0, |clock| clock.generation) + 1;
        let left = |allowed: u64| {
            calendar.add_working_time(started_at, seconds(allowed.saturating_sub(used_seconds)))
        };
        self.record(SlaStarted {
            clock: kind,
            generation,
            started_at,
            used_seconds,
            policy_version: self.rules.sla.version,
            calendar: calendar.name().to_owned(),
            target_seconds: span.target_seconds,
            breach_seconds: span.breach_seconds,
            target_at: left(span.target_seconds),
            breach_at: left(span.breach_seconds),
        });
    }

    /// Working seconds that a clock has used by a moment.
    pub(super) fn used_by(&self, clock: &Clock, moment: Timestamp) -> u64 {
        clock.used_seconds_by(self.rules, self.team(), moment)
    }

    /// Lets a running clock stand still from a moment on.
    pub(super) fn pause(&mut self, kind: ClockKind, waiting_for: WaitingFor, moment: Timestamp) {
        let Some(clock) = self.running_clock(kind) else { return };
        let paused_at = self.not_before(clock.running_since, moment);
        self.own_up(kind, &clock, paused_at);
        let used_seconds = self.used_by(&clock, paused_at);
        let generation = clock.generation;
        self.record(SlaPaused { clock: kind, generation, paused_at, waiting_for, used_seconds });
    }

    /// Lets a paused clock count again from a moment on.
    pub(super) fn resume(&mut self, kind: ClockKind, moment: Timestamp) {
        let Some(clock) = self.open_clock(kind) else { return };
        let Some(paused_at) = clock.paused_at else { return };
        let resumed_at = self.not_before(paused_at, moment);
        let calendar = self.calendar_of(&clock);
        let left = |allowed: u64| {
            calendar.add_working_time(resumed_at, seconds(allowed.saturating_sub(clock.used_seconds)))
        };
        let (target_at, breach_at) = (left(clock.target_seconds), left(clock.breach_seconds));
        self.record(SlaResumed {
            clock: kind,
            generation: clock.generation,
            resumed_at,
            target_at,
            breach_at,
        });
    }

    /// What an open clock measured was done at a moment.
    pub(super) fn meet(&mut self, kind: ClockKind, moment: Timestamp) {
        let Some(clock) = self.open_clock(kind) else { return };
        let met_at = self.not_before(clock.running_since, moment);
        self.own_up(kind, &clock, met_at);
        let within_target = match clock.standing {
            ClockStanding::Running => met_at <= clock.target_at,
            ClockStanding::Paused | ClockStanding::Met | ClockStanding::Stopped => {
                clock.used_seconds <= clock.target_seconds
            }
        };
        self.record(SlaMet { clock: kind, generation: clock.generation, met_at, within_target });
    }

    /// An open clock has nothing left to measure from a moment on.
    pub(super) fn stop(&mut self, kind: ClockKind, moment: Timestamp) {
        let Some(clock) = self.open_clock(kind) else { return };
        let stopped_at = self.not_before(clock.running_since, moment);
        self.own_up(kind, &clock, stopped_at);
        self.record(SlaStopped { clock: kind, generation: clock.generation, stopped_at });
    }

    /// A mark of a running clock is reached: a late or repeated timer, or an early one, changes nothing.
    pub(super) fn fire(&mut self, kind: ClockKind, generation: u32, mark: Mark) {
        let Some(clock) = self.running_clock(kind).filter(|clock| clock.generation == generation) else {
            return;
        };
        match mark {
            Mark::Warning if !clock.warned && !clock.breached && self.now >= clock.target_at => {
                self.record(SlaWarned { clock: kind, generation });
            }
            Mark::Breach if self.now >= clock.breach_at => self.breach(kind, &clock),
            Mark::Warning | Mark::Breach => {}
        }
    }

    /// A timer that comes late must not hide a broken promise: it is recorded before the clock moves on.
    fn own_up(&mut self, kind: ClockKind, clock: &Clock, moment: Timestamp) {
        if clock.standing == ClockStanding::Running && moment > clock.breach_at {
            self.breach(kind, clock);
        }
    }

    fn breach(&mut self, kind: ClockKind, clock: &Clock) {
        if !clock.breached {
            self.record(SlaBreached { clock: kind, generation: clock.generation });
            self.record(EscalationRaised { clock: kind });
        }
    }
}

fn seconds(amount: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(amount).unwrap_or(i64::MAX))
}
