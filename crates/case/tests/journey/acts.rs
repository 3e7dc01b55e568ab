//! Every command of every stage, as somebody who may would ask it of a case as it stands.

mod intake;
mod notifications;
mod payments_escalation;
mod routing;

pub(crate) use intake::{answered_case, opening, verification_case};
pub(crate) use notifications::{offer, reply_notice};
pub(crate) use routing::offered_to;

use case::Actor;
use jiff::SignedDuration;
use uuid::Uuid;

use crate::cast;
use crate::tale::{Act, Command, Tale};

/// Everything that might be asked of this case now; each command at least once.
pub(crate) fn acts(tale: &Tale) -> Vec<Act> {
    [intake::acts(tale), routing::acts(tale), payments_escalation::acts(tale), notifications::acts(tale)]
        .concat()
}

/// The act of this command on this case, the first one.
pub(crate) fn act(tale: &Tale, name: &str) -> Act {
    nth_act(tale, name, 0)
}

/// The act of this command on this case, where there are several of them.
pub(crate) fn nth_act(tale: &Tale, name: &str, index: usize) -> Act {
    let mut found = acts(tale).into_iter().filter(|act| act.command.name() == name);
    found.nth(index).unwrap_or_else(|| panic!("nobody asks {name}"))
}

/// Who owns the case, or would.
fn owner(tale: &Tale) -> Actor {
    match &tale.case.routing.owner {
        Some(owner) if owner.as_str() == "rikke" => cast::rikke(),
        _ => cast::mette(),
    }
}

/// A minute after the last act.
fn soon(tale: &Tale, actor: Actor, command: Command) -> Act {
    Act { actor, command, at: tale.now + SignedDuration::from_mins(1) }
}

/// An id that nothing on the case has yet: the same for the same version.
fn fresh_id(tale: &Tale, purpose: u128) -> Uuid {
    Uuid::from_u128((u128::from(tale.case.version) << 64) + (purpose << 32) + 1)
}
