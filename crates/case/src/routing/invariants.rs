//! What must hold of routing's part of a case: the same predicates serve tests, the checker and, where
//! cheap, a counter in production.

use super::event::ClockKind;
use super::promises::{waits_for_player, waits_for_third_party};
use super::state::{Clock, ClockStanding};
use crate::journey::Case;
use crate::vocabulary::Topic;

/// What is wrong after any fact at all; nothing, if all is well.
pub fn violations(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut require = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("case {} at version {}: {what}", case.id, case.version));
        }
    };
    let routing = &case.routing;
    let (owned, queued, over) = (routing.owner.is_some(), routing.queued.is_some(), case.state.is_over());
    let places = usize::from(owned) + usize::from(queued) + usize::from(over);
    require(places <= 1, "it is in more than one of: an agent's hands, a queue, over");
    require(routing.offer.is_none() || queued, "it is offered without standing in a queue");
    require(owned == (routing.owner_weight > 0), "its weight does not go with its owner");
    require(!queued || routing.team.is_some(), "it waits for no team");
    require(
        routing.priority.is_some() == routing.priority_inputs.is_some(),
        "its priority does not say what it was computed from",
    );
    for (kind, clock) in &routing.clocks {
        if let Some(what) = wrong_with(case, *kind, clock) {
            require(false, &format!("clock {kind:?}: {what}"));
        }
    }
    wrong
}

/// What routing has yet to answer once every fact has been reacted to; nothing, if it has settled.
pub fn unsettled(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    let held = case.routing.owner.is_some() || case.routing.queued.is_some() || case.state.is_over();
    if case.routing.team.is_some() && !held {
        wrong.push(format!("case {} is with no agent, in no queue and not over", case.id));
    }
    if case.routing.team.is_some() && case.routing.priority.is_none() {
        wrong.push(format!("case {} has a team and no priority", case.id));
    }
    let open = |kind| case.routing.clocks.get(&kind).filter(|clock: &&Clock| clock.is_open());
    let any_open = case.routing.clocks.values().any(Clock::is_open);
    if case.state.is_over() && any_open {
        wrong.push(format!("case {} is over and a clock still runs", case.id));
    }
    let waits = waits_for_player(case) || waits_for_third_party(case);
    if let Some(clock) = open(ClockKind::Resolution)
        && (clock.standing == ClockStanding::Paused) != waits
    {
        wrong.push(format!("case {}: the resolution clock does not follow who is waited for", case.id));
    }
    if open(ClockKind::NextUpdate).is_some()
        && (waits_for_player(case) || case.intake.unanswered_since.is_none())
    {
        wrong.push(format!("case {}: an update is owed though the player has been answered", case.id));
    }
    let has_deadline =
        case.intake.complaint_jurisdiction.is_some() || case.intake.topic == Some(Topic::Privacy);
    let has_deadline = has_deadline && case.routing.team.is_some();
    if has_deadline && !case.state.is_over() && open(ClockKind::Jurisdiction).is_none() {
        wrong.push(format!("case {}: no clock runs for the law's deadline", case.id));
    }
    wrong
}

fn wrong_with(case: &Case, kind: ClockKind, clock: &Clock) -> Option<&'static str> {
    let since_opened = case
        .opened_at
        .zip(case.updated_at)
        .map_or(0, |(opened, updated)| updated.duration_since(opened).as_secs().unsigned_abs());
    if clock.generation == 0 {
        Some("it never started")
    } else if clock.target_seconds > clock.breach_seconds || clock.target_at > clock.breach_at {
        Some("its target lies behind its breach")
    } else if clock.used_seconds > since_opened {
        Some("it used more time than has passed")
    } else if (clock.standing == ClockStanding::Paused) != clock.paused_at.is_some() && clock.is_open() {
        Some("it stands still without saying since when")
    } else if clock.standing == ClockStanding::Paused && kind != ClockKind::Resolution {
        Some("only the resolution clock may pause")
    } else if clock.is_open() == clock.ended_at.is_some() {
        Some("it has ended without saying when")
    } else {
        None
    }
}
