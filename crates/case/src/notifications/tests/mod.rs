//! Notifications' rules, told as given / when / then.

mod delivery;
mod golden;
mod properties;
mod queue;
mod quiet_hours;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Circumstances, Command, DeliveryChannel, Event, NotificationKind, Notifications, QueueNotification,
    RecordFailure, RecordSent, Refusal, SetPreferences, invariants, notification_id,
};
use crate::actor::Actor;
use crate::intake;
use crate::journey::{Case, CaseEvent, Recorded};
use crate::personal::Personal;
use crate::stage::{Aggregate, Context, Stage};
use crate::vocabulary::{Channel, Language, Tier};

/// A Wednesday in Copenhagen, at two in the afternoon.
const AFTERNOON: &str = "2026-03-11T14:00:00+01:00";

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn cause(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// What a case is opened with.
#[derive(Clone, Copy)]
struct Opening {
    channel: Channel,
    email: Option<&'static str>,
    marketing_consent: bool,
}

impl Default for Opening {
    fn default() -> Self {
        Self { channel: Channel::Email, email: Some("freja@example.dk"), marketing_consent: true }
    }
}

/// A case and the present moment.
#[derive(Clone)]
struct Given {
    case: Case,
    now: Timestamp,
}

impl Given {
    fn opened(opening: Opening) -> Self {
        let opened = intake::CaseOpened {
            brand: "NB".parse().expect("a brand"),
            channel: opening.channel,
            player: intake::Player {
                player_id: "player-7".parse().expect("a player id"),
                username: Personal::new("freja"),
                email: opening.email.map(Personal::new),
                time_zone: Some("Europe/Copenhagen".to_owned()),
                tier: Tier::Standard,
                marketing_consent: opening.marketing_consent,
            },
            language: Language::Da,
            product: None,
            previous_case: None,
        };
        let given = Self { case: Case::empty(Uuid::from_u128(1)), now: at(AFTERNOON) };
        given.fact(intake::Event::CaseOpened(opened))
    }

    fn default_case() -> Self {
        Self::opened(Opening::default())
    }

    fn at(self, now: &str) -> Self {
        Self { now: at(now), ..self }
    }

    fn fact(mut self, event: impl Into<CaseEvent>) -> Self {
        self.take_in(event);
        self
    }

    fn take_in(&mut self, event: impl Into<CaseEvent>) {
        let recorded =
            Recorded { version: self.case.version + 1, recorded_at: self.now, event: event.into() };
        self.case.evolve(&recorded);
    }

    fn excluded(self) -> Self {
        self.fact(exclusion())
    }

    fn decide(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        self.decide_for(&Actor::service("notifications"), command)
    }

    fn decide_for(&self, actor: &Actor, command: &Command) -> Result<Vec<Event>, Refusal> {
        Notifications::decide(&self.case, Context { actor, now: self.now }, command)
    }

    /// Decides, takes the facts in, and checks what must hold after every command.
    fn run(&mut self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let events = self.decide(command)?;
        for event in events.clone() {
            self.take_in(event);
        }
        assert_eq!(self.decide(command), Ok(Vec::new()), "a repeat of {command:?} records something");
        assert_eq!(invariants::violations(&self.case), Vec::<String>::new());
        Ok(events)
    }

    /// The case after a command that is accepted.
    fn after(mut self, command: impl Into<Command>) -> Self {
        let command = command.into();
        self.run(&command).unwrap_or_else(|refusal| panic!("{command:?} is refused: {refusal}"));
        self
    }

    fn verdict(&self, id: Uuid) -> super::SendVerdict {
        super::may_send(&self.case, id, self.now, &Circumstances::default())
    }
}

macro_rules! into_command {
    ($($name:ident),+) => { $( impl From<super::$name> for Command {
        fn from(command: super::$name) -> Self { Self::$name(command) }
    } )+ };
}
into_command!(QueueNotification, SuppressOffers, Recheck, RecordSent, RecordFailure, Redrive, SetPreferences);

fn exclusion() -> intake::Event {
    let player_id = "player-7".parse().expect("a player id");
    intake::SelfExclusionRequested { message_id: cause(99), player_id }.into()
}

fn offer(given: &Given) -> QueueNotification {
    QueueNotification::to_player(&given.case, cause(40), NotificationKind::Offer, Circumstances::default())
        .argument("title", "Fredagsbonus")
        .text(Personal::new("20 gratis spins på fredag"))
}

fn offer_id() -> Uuid {
    notification_id(cause(40), NotificationKind::Offer, &super::Audience::Player)
}

fn tell(given: &Given, kind: NotificationKind) -> QueueNotification {
    QueueNotification::to_player(&given.case, cause(50), kind, Circumstances::default())
        .argument("case_number", "NB-2026-000412-K")
}

fn resolved_id() -> Uuid {
    notification_id(cause(50), NotificationKind::Resolved, &super::Audience::Player)
}

fn sent(notification_id: Uuid, given: &Given) -> RecordSent {
    RecordSent { notification_id, attempt: 1, decided_on_version: given.case.version }
}

fn failed(notification_id: Uuid, attempt: u32) -> RecordFailure {
    let retry_at = Some(at(AFTERNOON) + jiff::SignedDuration::from_mins(2));
    RecordFailure { notification_id, attempt, code: "connection_refused".to_owned(), retry_at }
}

fn preferences(marketing_consent: bool, quiet: Option<(u8, u8)>) -> SetPreferences {
    SetPreferences {
        channel: DeliveryChannel::Email,
        marketing_consent,
        quiet_from_hour: quiet.map(|(from, _)| from),
        quiet_until_hour: quiet.map(|(_, until)| until),
    }
}

/// The names of events, for tables.
fn names(events: &[Event]) -> Vec<&str> {
    use crate::stage::StoredEvent as _;
    events
        .iter()
        .map(|event| event.stored_name().strip_prefix("notifications.").expect("one of ours"))
        .collect()
}
