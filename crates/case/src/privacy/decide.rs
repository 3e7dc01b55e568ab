//! What may be asked about a player's data, and the only place that says no.

use jiff::{SignedDuration, Timestamp};

use super::event::{
    ErasureGround, ErasureRefused, Event, HoldGround, LegalHoldLifted, LegalHoldSet, PlayerErased,
    PlayerExported,
};
use super::refusal::Refusal;
use super::state::DataSubject;
use crate::actor::ActorKind;
use crate::ids::{Brand, PlayerId};
use crate::personal::Personal;
use crate::stage::{Context, Stage};
use crate::vocabulary::Team;

/// How old the proof of a second factor may be (reliability rule, as for payments).
pub const SECOND_FACTOR_WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// Twice what anti-money-laundering law asks for.
const LONGEST_HOLD: SignedDuration = SignedDuration::from_hours(24 * 3_653);

/// Team privacy's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrivacyDesk;

/// What may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// See [`SetLegalHold`].
    SetLegalHold(SetLegalHold),
    /// See [`ErasePlayer`].
    ErasePlayer(ErasePlayer),
    /// See [`ExportPlayer`].
    ExportPlayer(ExportPlayer),
}

/// Keep a player's data until a moment, or no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetLegalHold {
    /// The brand.
    pub brand: Brand,
    /// Whose data.
    pub player_id: PlayerId,
    /// Until when and why; `None` lifts the hold that runs.
    pub hold: Option<(Timestamp, HoldGround)>,
    /// What else is to be said.
    pub note: Option<String>,
}

/// Make everything that tells something about a player unreadable, for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasePlayer {
    /// The brand.
    pub brand: Brand,
    /// Who.
    pub player_id: PlayerId,
    /// Why.
    pub ground: ErasureGround,
}

/// Hand out everything that is held on a player.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportPlayer {
    /// The brand.
    pub brand: Brand,
    /// Whose data.
    pub player_id: PlayerId,
}

impl Stage for PrivacyDesk {
    const NAME: &'static str = "privacy";
    type Aggregate = DataSubject;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(subject: &DataSubject, context: Context<'_>, command: &Command) -> Result<Vec<Event>, Refusal> {
        officer(context)?;
        match command {
            Command::SetLegalHold(command) => set_hold(subject, context.now, command),
            Command::ErasePlayer(command) => {
                proven(context)?;
                Ok(erase(subject, context.now, command))
            }
            Command::ExportPlayer(command) => {
                proven(context)?;
                export(subject, command)
            }
        }
    }
}

fn officer(context: Context<'_>) -> Result<(), Refusal> {
    let actor = context.actor;
    let is_officer = actor.kind == ActorKind::Agent && actor.teams.contains(&Team::Privacy);
    if is_officer { Ok(()) } else { Err(Refusal::NotPrivacyOfficer) }
}

/// Whether somebody who reads masked may see a case's texts (R44). That they said what for, and that it is written
/// down, is asked where it is read.
///
/// # Errors
/// `SecondFactorRequired` without a fresh second factor.
pub fn may_unmask(context: Context<'_>) -> Result<(), Refusal> {
    proven(context)
}

fn proven(context: Context<'_>) -> Result<(), Refusal> {
    let is_fresh = context.actor.has_fresh_second_factor(context.now, SECOND_FACTOR_WINDOW);
    if is_fresh { Ok(()) } else { Err(Refusal::SecondFactorRequired) }
}

fn set_hold(subject: &DataSubject, now: Timestamp, command: &SetLegalHold) -> Result<Vec<Event>, Refusal> {
    if subject.erased_at.is_some() {
        return Err(Refusal::PlayerErased);
    }
    let note = command.note.clone().map(Personal::new);
    let Some((until, ground)) = command.hold else {
        let lifted = subject.hold_at(now).map(|hold| LegalHoldLifted { until: hold.until, note });
        return Ok(lifted.map(Event::from).into_iter().collect());
    };
    if until <= now {
        return Err(Refusal::HoldUntilPast);
    }
    if until.duration_since(now) > LONGEST_HOLD {
        return Err(Refusal::HoldTooLong);
    }
    let is_same = subject
        .hold
        .as_ref()
        .is_some_and(|hold| (hold.until, hold.ground, &hold.note) == (until, ground, &note));
    let (brand, player_id) = (command.brand.clone(), command.player_id.clone());
    Ok(if is_same { Vec::new() } else { vec![LegalHoldSet { brand, player_id, until, ground, note }.into()] })
}

/// A hold that runs makes a refusal, which is a fact: the player has to be told of it.
fn erase(subject: &DataSubject, now: Timestamp, command: &ErasePlayer) -> Vec<Event> {
    let ground = command.ground;
    if subject.erased_at.is_some() {
        return Vec::new();
    }
    let (brand, player_id) = (command.brand.clone(), command.player_id.clone());
    let event = match subject.hold_at(now).map(|hold| (hold.ground, hold.until)) {
        Some((hold_ground, held_until)) => {
            ErasureRefused { player_id, ground, hold_ground, held_until }.into()
        }
        None => PlayerErased { brand, player_id, ground }.into(),
    };
    vec![event]
}

fn export(subject: &DataSubject, command: &ExportPlayer) -> Result<Vec<Event>, Refusal> {
    if subject.erased_at.is_some() {
        return Err(Refusal::PlayerErased);
    }
    let (brand, player_id) = (command.brand.clone(), command.player_id.clone());
    Ok(vec![PlayerExported { brand, player_id }.into()])
}
