//! What falls due on a case by itself, and when: derived from its state, so that it can be thrown away
//! and derived again. A due timer becomes a command, which decides nothing if it comes late or twice.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::command::{Command, ExpireOffer, FireTimer, Mark, RelaxSkill, Reprioritise};
use super::event::ClockKind;
use super::placement::may_relax;
use super::priority::next_ageing;
use super::rules::Rules;
use super::state::ClockStanding;
use crate::journey::Case;
use crate::vocabulary::Skill;

/// What falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimerKind {
    /// An offer runs out.
    OfferExpiry {
        /// Which offer.
        offer_id: Uuid,
    },
    /// A mark of a clock is reached.
    Sla {
        /// Which clock.
        clock: ClockKind,
        /// Which start of it.
        generation: u32,
        /// Which mark.
        mark: Mark,
    },
    /// A skill is no longer asked for.
    SkillWait {
        /// Which skill.
        skill: Skill,
    },
    /// Waiting lifts the case a step.
    Ageing,
    /// The preferred agent no longer has the case to themselves. No fact: the queue is looked at again.
    PreferenceEnds,
}

/// Something that falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    /// When.
    pub due_at: Timestamp,
    /// What.
    pub kind: TimerKind,
}

impl TimerKind {
    /// The command it becomes once due; `None` when only the queue is to be looked at again.
    pub fn command(self, rules: &Arc<Rules>, due_at: Timestamp) -> Option<Command> {
        let rules = Arc::clone(rules);
        Some(match self {
            Self::OfferExpiry { offer_id } => {
                Command::ExpireOffer(ExpireOffer { offer_id, agent_is_gone: false })
            }
            Self::Sla { clock, generation, mark } => {
                Command::FireTimer(FireTimer { rules, clock, generation, mark })
            }
            Self::SkillWait { skill } => Command::RelaxSkill(RelaxSkill { rules, skill }),
            Self::Ageing => Command::Reprioritise(Reprioritise { rules, at: due_at }),
            Self::PreferenceEnds => return None,
        })
    }
}

/// Everything that is to fall due on a case, soonest first. Nothing does once it is over.
pub fn timers(case: &Case, rules: &Rules) -> Vec<Timer> {
    if case.state.is_over() {
        return Vec::new();
    }
    let mut timers: Vec<Timer> = Vec::new();
    let mut add = |due_at, kind| timers.push(Timer { due_at, kind });
    for (clock, state) in &case.routing.clocks {
        if state.standing == ClockStanding::Running && !state.breached {
            let kind = |mark| TimerKind::Sla { clock: *clock, generation: state.generation, mark };
            add(state.breach_at, kind(Mark::Breach));
            if !state.warned {
                add(state.target_at, kind(Mark::Warning));
            }
        }
    }
    if let Some(offer) = &case.routing.offer {
        add(offer.expires_at, TimerKind::OfferExpiry { offer_id: offer.offer_id });
    }
    if let Some(queued) = &case.routing.queued {
        if let Some(until) = queued.preferred_until {
            add(until, TimerKind::PreferenceEnds);
        }
        if let Some((skill, due_at)) = next_relaxation(case, rules) {
            add(due_at, TimerKind::SkillWait { skill });
        }
        if let Some(due_at) = next_ageing(case, rules) {
            add(due_at, TimerKind::Ageing);
        }
    }
    timers.sort_unstable();
    timers
}

/// The next skill to be relaxed and when: the last of those that may be, each after one more wait.
pub(super) fn next_relaxation(case: &Case, rules: &Rules) -> Option<(Skill, Timestamp)> {
    let queued = case.routing.queued.as_ref()?;
    let skill = queued.skills.iter().rev().copied().find(|skill| may_relax(*skill))?;
    let waits = i32::try_from(queued.relaxed.len() + 1).ok()?;
    let wait: SignedDuration = rules.skill_wait.checked_mul(waits)?;
    Some((skill, queued.queued_at.checked_add(wait).ok()?))
}
