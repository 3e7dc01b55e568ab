//! Notifications: the fourth stage. It says to players, teams and agents what the other stages did.
//!
//! The facts of a notification tell its whole life: queued, then sent; or put off over the quiet hours,
//! failed and tried again, given up, redriven; or suppressed, with the reason. The rules here decide
//! whether something may be said at all (R42, invariant I11), when, and over which channel; texts and
//! transports are the service's.
//!
//! Must never be here: wording, rendering, SMTP, HTTP, read models. What the rules need to know from
//! outside the case comes in [`Circumstances`].
//!
//! To add something to say: a [`NotificationKind`], its texts in every language, and a reaction in
//! `services/notifications/src/reactions` that builds a [`QueueNotification`].

mod address;
mod circumstances;
mod command;
mod delivery;
mod event;
pub mod invariants;
mod marketing;
mod preferences;
mod queue;
mod quiet_hours;
mod refusal;
mod state;

#[cfg(test)]
mod tests;

pub use circumstances::Circumstances;
pub use command::{
    Command, QueueNotification, Recheck, RecordFailure, RecordSent, Redrive, SetPreferences, SuppressOffers,
    notification_id,
};
pub use delivery::{MAX_ATTEMPTS, SendVerdict, may_send};
pub use event::*;
pub use quiet_hours::{InvalidQuietHours, QuietHours, time_zone};
pub use refusal::Refusal;
pub use state::*;

use crate::actor::{Actor, ActorKind};
use crate::journey::Case;
use crate::stage::{Context, Stage};

/// The stage `notifications`.
#[derive(Debug, Clone, Copy)]
pub struct Notifications;

impl Stage for Notifications {
    const NAME: &'static str = "notifications";
    type Aggregate = Case;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(case: &Case, context: Context<'_>, command: &Command) -> Result<Vec<Event>, Refusal> {
        check_right(case, context.actor, command)?;
        match command {
            Command::QueueNotification(command) => queue::queue(case, context.now, command),
            Command::SuppressOffers(SuppressOffers {}) => Ok(marketing::suppress_offers(case)),
            Command::Recheck(command) => delivery::recheck(case, context.now, command),
            Command::RecordSent(command) => delivery::record_sent(case, command),
            Command::RecordFailure(command) => delivery::record_failure(case, command),
            Command::Redrive(command) => delivery::redrive(case, command),
            Command::SetPreferences(command) => preferences::set(case, *command),
        }
    }
}

/// Players and bots neither queue offers nor redrive; of preferences, players change their own.
fn check_right(case: &Case, actor: &Actor, command: &Command) -> Result<(), Refusal> {
    let needs_staff = match command {
        Command::QueueNotification(command) => command.kind.is_marketing(),
        Command::Redrive(_) => true,
        Command::SetPreferences(_) => !is_own_player(case, actor),
        Command::SuppressOffers(_)
        | Command::Recheck(_)
        | Command::RecordSent(_)
        | Command::RecordFailure(_) => false,
    };
    let is_staff = matches!(actor.kind, ActorKind::Agent | ActorKind::Service);
    if needs_staff && !is_staff { Err(Refusal::ActorNotAllowed) } else { Ok(()) }
}

fn is_own_player(case: &Case, actor: &Actor) -> bool {
    let own = case.intake.player.as_ref().is_some_and(|player| player.player_id.as_str() == actor.id);
    actor.kind == ActorKind::Player && own
}
