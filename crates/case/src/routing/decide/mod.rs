//! Routing's decisions: the only place that says no. One file a group of commands.

mod claims;
mod offers;
mod placing;
mod promising;

pub(super) use claims::may_claim;

use super::command::Command;
use super::event::Event;
use super::refusal::Refusal;
use crate::actor::{Actor, ActorKind};
use crate::ids::AgentId;
use crate::journey::Case;
use crate::stage::Context;

/// What a decision comes to.
type Decision = Result<Vec<Event>, Refusal>;

pub(super) fn decide(case: &Case, context: Context<'_>, command: &Command) -> Decision {
    match command {
        Command::Triage(command) => Ok(placing::triage(case, context, command)),
        Command::Requeue(command) => Ok(placing::requeue(case, context, command)),
        Command::Reprioritise(command) => Ok(placing::reprioritise(case, context, command)),
        Command::ReleaseCase(command) => claims::release(case, context, command),
        Command::TransferCase(command) => claims::transfer(case, context, command),
        Command::ClaimCase(command) => claims::claim(case, context, command),
        Command::OfferCase(command) => offers::offer(case, command),
        Command::AcceptOffer(command) => offers::accept(case, context, command),
        Command::DeclineOffer(command) => offers::decline(case, context, command),
        Command::ExpireOffer(command) => Ok(offers::expire(case, context, command)),
        Command::RelaxSkill(command) => Ok(offers::relax(case, context, command)),
        Command::KeepClocks(command) => Ok(promising::keep_clocks(case, context, command)),
        Command::FireTimer(command) => Ok(promising::fire_timer(case, context, command)),
        Command::ExtendHorizon(command) => promising::extend_horizon(case, context, command),
    }
}

/// The agent who asks.
fn asking_agent(actor: &Actor) -> Result<AgentId, Refusal> {
    match actor.kind {
        ActorKind::Agent => actor.id.parse().map_err(|_| Refusal::ActorNotAllowed),
        ActorKind::Player | ActorKind::Bot | ActorKind::Service => Err(Refusal::ActorNotAllowed),
    }
}

/// Agents and services move cases about.
fn agent_or_service(actor: &Actor) -> Result<(), Refusal> {
    match actor.kind {
        ActorKind::Agent | ActorKind::Service => Ok(()),
        ActorKind::Player | ActorKind::Bot => Err(Refusal::ActorNotAllowed),
    }
}

/// Nothing is routed once the case is over.
fn not_over(case: &Case) -> Result<(), Refusal> {
    if case.state.is_over() { Err(Refusal::CaseOver { state: case.state }) } else { Ok(()) }
}
