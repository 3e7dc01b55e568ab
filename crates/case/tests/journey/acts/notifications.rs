//! What facts, the sender and players ask of notifications.

use std::collections::BTreeMap;

use case::notifications::*;
use case::{Actor, Language, Personal};
use jiff::SignedDuration;
use uuid::Uuid;

use super::{fresh_id, soon};
use crate::cast::{mette, player, service};
use crate::tale::{Act, Command as Any, Tale};

fn queue(tale: &Tale, kind: NotificationKind, cause: Uuid) -> Act {
    let command = QueueNotification {
        notification_id: notification_id(cause, kind, &Audience::Player),
        kind,
        audience: Audience::Player,
        channel: DeliveryChannel::Email,
        recipient: Some(Personal::new("lykke@example.com")),
        language: Language::Da,
        arguments: BTreeMap::from([("title".to_owned(), "Ti gratis spin".to_owned())]),
        text: Some(Personal::new("Hej")),
        send_after: None,
        circumstances: Circumstances::default(),
    };
    soon(tale, service("notifications"), Any::Notifications(Command::QueueNotification(command)))
}

/// The player is told that somebody answered.
pub(crate) fn reply_notice(tale: &Tale) -> Act {
    queue(tale, NotificationKind::Reply, fresh_id(tale, 1))
}

/// The player is offered something.
pub(crate) fn offer(tale: &Tale) -> Act {
    queue(tale, NotificationKind::Offer, fresh_id(tale, 2))
}

pub(super) fn acts(tale: &Tale) -> Vec<Act> {
    let mut acts = vec![reply_notice(tale), offer(tale)];
    acts.extend(
        asked(tale).into_iter().map(|(actor, command)| soon(tale, actor, Any::Notifications(command))),
    );
    acts
}

fn asked(tale: &Tale) -> Vec<(Actor, Command)> {
    let sender = || service("notifications");
    let with = |standing: NotificationStanding| {
        tale.case.notifications.notifications.iter().find(move |(_, one)| one.standing == standing)
    };
    let (queued, attempts) =
        with(NotificationStanding::Queued).map_or((Uuid::nil(), 0), |(id, one)| (*id, one.attempts));
    let dead = with(NotificationStanding::DeadLettered).map_or(Uuid::nil(), |(id, _)| *id);
    let failure = |retry_at| RecordFailure {
        notification_id: queued,
        attempt: attempts + 1,
        code: "connection".to_owned(),
        retry_at,
    };
    let sent =
        RecordSent { notification_id: queued, attempt: attempts + 1, decided_on_version: tale.case.version };
    let recheck = Recheck {
        notification_id: queued,
        circumstances: Circumstances { player_excluded: true, ..Circumstances::default() },
    };
    let preferences = SetPreferences {
        channel: DeliveryChannel::Email,
        marketing_consent: false,
        quiet_from_hour: Some(22),
        quiet_until_hour: Some(7),
    };
    vec![
        (sender(), Command::SuppressOffers(SuppressOffers {})),
        (sender(), Command::Recheck(recheck)),
        (sender(), Command::RecordSent(sent)),
        (sender(), Command::RecordFailure(failure(Some(tale.now + SignedDuration::from_mins(5))))),
        (sender(), Command::RecordFailure(failure(None))),
        (mette(), Command::Redrive(Redrive { notification_id: dead })),
        (player(), Command::SetPreferences(preferences)),
    ]
}
