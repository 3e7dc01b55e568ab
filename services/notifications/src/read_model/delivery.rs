//! What became of a notification, as a row; read from a case's fold or from the table, it is the same.

use case::Case;
use case::notifications::{Notification, NotificationStanding};
use jiff::Timestamp;
use service_kit::Failure;
use service_kit::projection::{Before, Lines};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};
use uuid::Uuid;

use super::read_id;
use crate::carriers::spoken;

/// The case a row belongs to, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaseHead {
    /// Its id.
    pub(crate) case_id: Uuid,
    /// Its number.
    pub(crate) number: String,
    /// Its version.
    pub(crate) version: u64,
    /// Where it stands.
    pub(crate) state: String,
    /// Whose it is: for the audit, and not shown.
    pub(crate) player_id: String,
}

/// A notification and what became of it. Words as they are stored; empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeliveryRow {
    /// Its id.
    pub(crate) notification_id: Uuid,
    /// What is said.
    pub(crate) kind: String,
    /// `player`, `team:<name>` or `agent:<id>`.
    pub(crate) audience: String,
    /// How.
    pub(crate) channel: String,
    /// In which language.
    pub(crate) language: String,
    /// What became of it.
    pub(crate) standing: String,
    /// Why it was not sent.
    pub(crate) suppression_reason: String,
    /// Tries so far.
    pub(crate) attempts: u32,
    /// What went wrong last.
    pub(crate) last_error_code: String,
    /// Not before.
    pub(crate) due_at: Option<Timestamp>,
    /// When it was queued, or suppressed.
    pub(crate) queued_at: Timestamp,
    /// When it was sent.
    pub(crate) sent_at: Option<Timestamp>,
}

/// Where a page begins and how long it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// The last row of the page before: when it was queued, and its id.
    pub(crate) after: Option<(Timestamp, Uuid)>,
    /// At most this many rows.
    pub(crate) limit: u32,
}

impl CaseHead {
    /// Of a case.
    pub(crate) fn of(case: &Case) -> Self {
        Self {
            case_id: case.id.0,
            number: case.number().map(ToString::to_string).unwrap_or_default(),
            version: case.version,
            state: case.state.as_str().to_owned(),
            player_id: case
                .intake
                .player
                .as_ref()
                .map(|player| player.player_id.to_string())
                .unwrap_or_default(),
        }
    }
}

impl DeliveryRow {
    /// All notifications of a case, the last queued first.
    pub(crate) fn of_case(case: &Case) -> Vec<Self> {
        let notifications = case.notifications.notifications.iter();
        let mut rows: Vec<Self> = notifications.map(|(id, one)| Self::of(*id, one)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.place()));
        rows
    }

    fn of(notification_id: Uuid, one: &Notification) -> Self {
        let queued = one.queued.as_ref();
        let suppression_reason = match one.standing {
            NotificationStanding::Suppressed(reason) => reason.as_str(),
            NotificationStanding::Queued
            | NotificationStanding::Sent
            | NotificationStanding::DeadLettered => "",
        };
        Self {
            notification_id,
            kind: one.kind.as_str().to_owned(),
            audience: queued.map(|queued| spoken(&queued.audience)).unwrap_or_default(),
            channel: queued.map(|queued| queued.channel.as_str()).unwrap_or_default().to_owned(),
            language: queued.map(|queued| queued.language.as_str()).unwrap_or_default().to_owned(),
            standing: one.standing.as_str().to_owned(),
            suppression_reason: suppression_reason.to_owned(),
            attempts: one.attempts,
            last_error_code: one.last_error_code.clone().unwrap_or_default(),
            due_at: one.due_at,
            queued_at: one.queued_at,
            sent_at: one.sent_at,
        }
    }

    /// Its place in the order of lists.
    pub(crate) fn place(&self) -> (Timestamp, Uuid) {
        (self.queued_at, self.notification_id)
    }

    fn read(row: &AnyRow, first: usize) -> Result<Self, Failure> {
        let text = |index: usize| row.get::<String, _>(first + index);
        let moment = |us: i64| {
            Timestamp::from_microsecond(us)
                .map_err(|error| Failure::Internal(format!("a moment in a read model: {error}")))
        };
        let optional = |index: usize| row.get::<Option<i64>, _>(first + index).map(moment).transpose();
        Ok(Self {
            notification_id: read_id(&text(0))?,
            kind: text(1),
            audience: text(2),
            channel: text(3),
            language: text(4),
            standing: text(5),
            suppression_reason: text(6),
            attempts: u32::try_from(row.get::<i64, _>(first + 7)).unwrap_or(u32::MAX),
            last_error_code: text(8),
            due_at: optional(9)?,
            queued_at: moment(row.get(first + 10))?,
            sent_at: optional(11)?,
        })
    }
}

/// Notifications to be written.
pub(super) fn lines() -> Lines<14> {
    Lines::of(
        "delivery",
        "notification_id, case_id, brand, kind, audience, channel, language, standing, suppression_reason, \
         attempts, last_error_code, due_us, queued_us, sent_us",
        "ON CONFLICT (notification_id) DO UPDATE SET standing = excluded.standing, \
         suppression_reason = excluded.suppression_reason, attempts = excluded.attempts, \
         last_error_code = excluded.last_error_code, due_us = excluded.due_us, sent_us = excluded.sent_us",
    )
}

/// Adds those notifications of a case that changed, as far as it is known what they were before.
pub(super) fn put(lines: &mut Lines<14>, brand: &str, before: &Before, case: &Case) {
    let known = match before {
        Before::Of(known) => Some(&known.notifications.notifications),
        Before::None | Before::Unknown => None,
    };
    for (id, one) in &case.notifications.notifications {
        if known.and_then(|known| known.get(id)) == Some(one) {
            continue;
        }
        let row = DeliveryRow::of(*id, one);
        lines.push([
            row.notification_id.to_string().into(),
            case.id.to_string().into(),
            brand.into(),
            row.kind.into(),
            row.audience.into(),
            row.channel.into(),
            row.language.into(),
            row.standing.into(),
            row.suppression_reason.into(),
            i64::from(row.attempts).into(),
            row.last_error_code.into(),
            row.due_at.map(Timestamp::as_microsecond).into(),
            row.queued_at.as_microsecond().into(),
            row.sent_at.map(Timestamp::as_microsecond).into(),
        ]);
    }
}

/// Reads a page of a brand's notifications.
pub(super) async fn select(
    pool: &AnyPool,
    brand: &str,
    standing: Option<&str>,
    page: &Page,
) -> Result<Vec<(CaseHead, DeliveryRow)>, Failure> {
    let (before_us, before_id) = match &page.after {
        Some((queued_at, id)) => (queued_at.as_microsecond(), id.to_string()),
        None => (i64::MAX, String::new()),
    };
    let rows = sqlx::query(
        "SELECT c.case_id, c.number, c.version, c.state, d.notification_id, d.kind, d.audience, d.channel, \
         d.language, d.standing, d.suppression_reason, d.attempts, d.last_error_code, d.due_us, d.queued_us, \
         d.sent_us, c.player_id FROM delivery d JOIN player_case c ON c.case_id = d.case_id \
         WHERE d.brand = $1 AND ($2 = '' OR d.standing = $2) \
         AND (d.queued_us < $3 OR (d.queued_us = $3 AND d.notification_id < $4)) \
         ORDER BY d.queued_us DESC, d.notification_id DESC LIMIT $5",
    )
    .bind(brand)
    .bind(standing.unwrap_or_default())
    .bind(before_us)
    .bind(before_id)
    .bind(i64::from(page.limit))
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let head = CaseHead {
                case_id: read_id(row.get(0))?,
                number: row.get(1),
                version: u64::try_from(row.get::<i64, _>(2)).unwrap_or(0),
                state: row.get(3),
                player_id: row.get(16),
            };
            Ok((head, DeliveryRow::read(row, 4)?))
        })
        .collect()
}
