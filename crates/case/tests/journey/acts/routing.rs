//! What agents and timers ask of routing.

use std::sync::Arc;

use case::routing::matching::Choice;
use case::routing::timers::timers;
use case::routing::*;
use case::{Actor, Skill, Team};
use jiff::SignedDuration;
use uuid::Uuid;

use super::{fresh_id, owner, soon};
use crate::cast::{mette, service};
use crate::tale::{Act, Command as Any, Tale};

fn rules() -> Arc<Rules> {
    Arc::new(Rules::default())
}

/// The case is offered to this agent.
pub(crate) fn offered_to(tale: &Tale, agent_id: &str) -> Act {
    let choice = Choice {
        agent_id: agent_id.parse().unwrap(),
        weight: 2,
        reason: ChoiceReason::LeastLoaded,
        speaks_language: true,
        candidates: Vec::new(),
    };
    let expires_at = tale.now + SignedDuration::from_mins(5);
    let command = OfferCase { offer_id: fresh_id(tale, 1), choice, expires_at };
    soon(tale, service("routing"), Any::Routing(Command::OfferCase(command)))
}

pub(super) fn acts(tale: &Tale) -> Vec<Act> {
    let mut acts = vec![offered_to(tale, "mette")];
    acts.extend(asked(tale).into_iter().map(|(actor, command)| soon(tale, actor, Any::Routing(command))));
    acts.extend(due(tale));
    acts
}

/// What timers ask, at the moment they are due; of a case without timers, something that was never due.
fn due(tale: &Tale) -> Vec<Act> {
    let rules = rules();
    let fire = FireTimer {
        rules: Arc::clone(&rules),
        clock: ClockKind::FirstResponse,
        generation: 1,
        mark: Mark::Warning,
    };
    let relax = RelaxSkill { rules: Arc::clone(&rules), skill: Skill::Payments };
    let expire = ExpireOffer { offer_id: Uuid::nil(), agent_is_gone: false };
    let mut acts: Vec<Act> =
        [Command::FireTimer(fire), Command::RelaxSkill(relax), Command::ExpireOffer(expire)]
            .map(|command| soon(tale, service("routing"), Any::Routing(command)))
            .to_vec();
    for timer in timers(&tale.case, &rules) {
        if let Some(command) = timer.kind.command(&rules, timer.due_at) {
            let at = timer.due_at.max(tale.now);
            acts.push(Act { actor: service("routing"), command: Any::Routing(command), at });
        }
    }
    acts
}

fn asked(tale: &Tale) -> Vec<(Actor, Command)> {
    let routing = || service("routing");
    let at = tale.now;
    let offer_id = tale.case.routing.offer.as_ref().map_or(Uuid::nil(), |offer| offer.offer_id);
    let agent_id = tale.case.routing.owner.clone().unwrap_or_else(|| "mette".parse().unwrap());
    vec![
        (routing(), Command::Triage(Triage { rules: rules(), at, personal_contact: None })),
        (routing(), Command::Requeue(Requeue { rules: rules(), at })),
        (routing(), Command::Reprioritise(Reprioritise { rules: rules(), at })),
        (routing(), Command::KeepClocks(KeepClocks { rules: rules(), at, spoken: false })),
        (mette(), Command::AcceptOffer(AcceptOffer { offer_id })),
        (mette(), Command::DeclineOffer(DeclineOffer { offer_id })),
        (
            mette(),
            Command::ClaimCase(ClaimCase { presence: agent::Presence::Available, load: 0, capacity: 6 }),
        ),
        (
            owner(tale),
            Command::ReleaseCase(ReleaseCase { rules: rules(), agent_id, reason: ReleaseReason::Requested }),
        ),
        (owner(tale), Command::TransferCase(TransferCase { rules: rules(), to: Team::Technical })),
        (
            owner(tale),
            Command::ExtendHorizon(ExtendHorizon {
                extension: Extension::By(SignedDuration::from_hours(24)),
                reason: ExtensionReason::PeakTraffic,
                cause: fresh_id(tale, 2),
            }),
        ),
    ]
}
