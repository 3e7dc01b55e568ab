//! Intake: where a case begins and ends. A player's request becomes a case, gets its number, its
//! language and its topic; messages, replies, evidence and the identity check follow; and here the case
//! is resolved, closed, reopened.
//!
//! First of the four stages: `intake` -> `routing` -> `payments_escalation` -> `notifications`. Intake
//! knows of the others only what their facts say (who owns the case, whether a payment is under way).
//!
//! Read in this order: [`Command`], the events ([`CaseOpened`] ...), [`State`], `decide`, [`Refusal`].
//! `masking` takes card data out of every text before it becomes part of a fact; `classification` finds
//! topics and wishes for self-exclusion.
//!
//! Must never be here: who gets the case (routing), what happens to money (`payments_escalation`), what
//! the player is sent (notifications).
//!
//! To add a command: its struct and its line in `command.rs`, its decision in the file of `decide` it
//! belongs to, its given / when / then rows in `tests`.

mod classification;
mod command;
mod decide;
mod event;
pub mod invariants;
pub mod limits;
mod masking;
mod redacted;
mod refusal;
mod state;
mod terms;
#[cfg(test)]
mod tests;
mod texts;

pub use classification::{Classification, VERSION as CLASSIFICATION_VERSION, classify};
pub use command::*;
pub use decide::{check_file, may_see, may_see_original, may_upload};
pub use event::*;
pub use masking::{Masked, let_through, mask, mask_after};
pub use refusal::Refusal;
pub use state::*;
pub(crate) use texts::masked;

use crate::journey::Case;
use crate::stage::{Context, Stage};

/// The first stage: see the module.
#[derive(Debug)]
pub struct Intake;

impl Stage for Intake {
    const NAME: &'static str = "intake";
    type Aggregate = Case;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(case: &Case, context: Context<'_>, command: &Command) -> Result<Vec<Event>, Refusal> {
        decide::decide(case, context, command)
    }
}
