//! The list of erasures that were asked for, and what became of them: one row a fact.

use async_trait::async_trait;
use case::StoredEvent;
use case::privacy::{Event, PlayerEvent};
use case::{ActorKind, Brand, CaseEvent, PlayerId};
use event_bus::Subscription;
use event_log::Committed;
use service_kit::projection::{FactRows, ReadModel};
use service_kit::store::Store;
use service_kit::{EventMeta, Failure};
use sqlx::{AnyConnection, Row};

/// The list.
pub(crate) const ERASURES: ReadModel = ReadModel::of_tables("intake.erasures", &["erasure"]);

/// Writes the rows.
pub(crate) struct Erasures;

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) event_id: String,
    pub(crate) player_id: String,
    pub(crate) ground: String,
    pub(crate) asked_by: String,
    pub(crate) recorded_at_us: i64,
    pub(crate) refused_until_us: i64,
}

/// Where a page begins: behind this line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct After {
    pub(crate) recorded_at_us: i64,
    pub(crate) event_id: String,
}

/// The fact in a player's stream.
pub(crate) fn read(committed: &Committed) -> Result<PlayerEvent, Failure> {
    Ok(PlayerEvent::decode(&committed.event_type, committed.schema_version, &committed.payload)?)
}

fn asked_by(committed: &Committed) -> Result<String, Failure> {
    let meta =
        EventMeta::decode(&committed.meta).map_err(|error| Failure::Internal(format!("a meta: {error}")))?;
    let kind = match meta.actor.kind {
        ActorKind::Player => "player",
        ActorKind::Agent => "agent",
        ActorKind::Bot => "bot",
        ActorKind::Service => "service",
    };
    Ok(format!("{kind}:{}", meta.actor.id))
}

#[async_trait]
impl FactRows for Erasures {
    fn model(&self) -> ReadModel {
        ERASURES
    }

    fn facts(&self) -> &'static [&'static str] {
        &["privacy.player_erased", "privacy.erasure_refused"]
    }

    async fn put(
        &self,
        rows: &mut AnyConnection,
        committed: &Committed,
        _event: &CaseEvent,
    ) -> Result<(), Failure> {
        let (player_id, ground, until) = match read(committed)? {
            PlayerEvent::Known(Event::PlayerErased(erased)) => (erased.player_id, erased.ground, 0),
            PlayerEvent::Known(Event::ErasureRefused(refused)) => {
                (refused.player_id, refused.ground, refused.held_until.as_microsecond())
            }
            _ => return Ok(()),
        };
        sqlx::query(
            "INSERT INTO erasure (event_id, brand, player_id, ground, asked_by, recorded_at_us, \
             refused_until_us) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (event_id) DO NOTHING",
        )
        .bind(committed.event_id.to_string())
        .bind(committed.tenant.as_str())
        .bind(player_id.as_str())
        .bind(ground.as_str())
        .bind(asked_by(committed)?)
        .bind(committed.recorded_at.as_microsecond())
        .bind(until)
        .execute(rows)
        .await?;
        Ok(())
    }
}

/// A page of a brand's erasures, and whether more follow.
pub(crate) async fn list(
    store: &Store,
    brand: &Brand,
    player_id: Option<&PlayerId>,
    after: Option<&After>,
    size: u32,
) -> Result<(Vec<Line>, bool), Failure> {
    let rows = sqlx::query(
        "SELECT event_id, player_id, ground, asked_by, recorded_at_us, refused_until_us FROM erasure \
         WHERE brand = $1 AND ($2 = '' OR player_id = $2) \
         AND (recorded_at_us < $3 OR (recorded_at_us = $3 AND event_id < $4)) \
         ORDER BY recorded_at_us DESC, event_id DESC LIMIT $5",
    )
    .bind(brand.as_str())
    .bind(player_id.map_or("", PlayerId::as_str))
    .bind(after.map_or(i64::MAX, |after| after.recorded_at_us))
    .bind(after.map_or("", |after| after.event_id.as_str()))
    .bind(i64::from(size) + 1)
    .fetch_all(store.pool())
    .await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    let line = |row: &sqlx::any::AnyRow| -> Result<Line, sqlx::Error> {
        Ok(Line {
            event_id: row.try_get(0)?,
            player_id: row.try_get(1)?,
            ground: row.try_get(2)?,
            asked_by: row.try_get(3)?,
            recorded_at_us: row.try_get(4)?,
            refused_until_us: row.try_get(5)?,
        })
    };
    Ok((rows.iter().take(size).map(line).collect::<Result<_, _>>()?, more))
}

/// What follows the log for players' data: waits for both when a list must show what was just recorded.
pub(crate) struct PrivacyRows {
    pub(crate) erasures: Subscription,
    pub(crate) contacts: Subscription,
}

impl PrivacyRows {
    /// Waits until both are as far as this position.
    pub(crate) async fn reach(&self, position: u64) -> Result<(), Failure> {
        for rows in [&self.erasures, &self.contacts] {
            rows.wait_until(position).await.map_err(|stopped| Failure::Unavailable(stopped.to_string()))?;
        }
        Ok(())
    }
}
