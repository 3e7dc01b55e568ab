//! Clocks and the promise.

use jiff::SignedDuration;

use super::{Decision, agent_or_service, not_over};
use crate::journey::Case;
use crate::routing::command::{ExtendHorizon, Extension, FireTimer, KeepClocks};
use crate::routing::draft::Draft;
use crate::routing::event::{Event, HorizonExtended};
use crate::routing::priority;
use crate::routing::refusal::Refusal;
use crate::stage::Context;

/// No promise reaches further ahead.
const FURTHEST: SignedDuration = SignedDuration::from_hours(180 * 24);

pub(super) fn keep_clocks(case: &Case, context: Context<'_>, command: &KeepClocks) -> Vec<Event> {
    let mut draft = Draft::new(case, &command.rules, context.now, command.at);
    draft.keep(command.spoken);
    draft.into_events()
}

pub(super) fn fire_timer(case: &Case, context: Context<'_>, command: &FireTimer) -> Vec<Event> {
    if case.state.is_over() {
        return Vec::new();
    }
    let mut draft = Draft::new(case, &command.rules, context.now, context.now);
    draft.fire(command.clock, command.generation, command.mark);
    let version = draft.case.version;
    if let (true, true, Some(before)) =
        (version > case.version, case.routing.queued.is_some(), &case.routing.priority_inputs)
    {
        // A waiting case whose clock runs out moves ahead in its queue.
        let inputs = priority::inputs(&draft.case, &command.rules, context.now, before.waiting_since);
        if inputs != *before {
            draft.record_priority(inputs);
        }
    }
    draft.into_events()
}

pub(super) fn extend_horizon(case: &Case, context: Context<'_>, command: &ExtendHorizon) -> Decision {
    if case.routing.horizon_causes.contains(&command.cause) {
        return Ok(Vec::new());
    }
    agent_or_service(context.actor)?;
    not_over(case)?;
    let from = case.routing.horizon.ok_or(Refusal::NoHorizon)?;
    if command.extension == Extension::Until(from) {
        return Ok(Vec::new());
    }
    let limit = context.now.checked_add(FURTHEST).unwrap_or(jiff::Timestamp::MAX);
    let to = match command.extension {
        Extension::Until(moment) => moment,
        Extension::By(length) => {
            from.max(context.now).checked_add(length).map_err(|_| Refusal::HorizonTooFar { limit })?
        }
    };
    if to <= from || to <= context.now {
        return Err(Refusal::HorizonNotLater { horizon: from });
    }
    if to > limit {
        return Err(Refusal::HorizonTooFar { limit });
    }
    Ok(vec![HorizonExtended { from, to, reason: command.reason, cause: command.cause }.into()])
}
