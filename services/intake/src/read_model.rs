//! The list of cases: one row a case, derived from the case, the last opened first; and what patterns are
//! found by. It may lag the log by moments. No personal texts.

use async_trait::async_trait;
use case::{Brand, Case, CaseState, PlayerId, Team, Topic};
use jiff::Timestamp;
use service_kit::Failure;
use service_kit::projection::{Before, CaseRows, Lines, ReadModel};
use service_kit::store::Store;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use uuid::Uuid;

use crate::numbers;

/// The list. The numbers given out stand beside it and are not thrown away with it.
pub(crate) const CASES: ReadModel = ReadModel::of_tables("intake.cases", &["cases"]);

/// Writes the rows.
pub(crate) struct Cases;

/// A row, with its words as they are stored; empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) case_id: String,
    pub(crate) brand: String,
    pub(crate) number: String,
    pub(crate) version: u64,
    pub(crate) state: String,
    pub(crate) player_id: String,
    pub(crate) channel: String,
    pub(crate) topic: String,
    pub(crate) team: String,
    pub(crate) owner_agent_id: String,
    pub(crate) language: String,
    pub(crate) opened_at_us: i64,
    pub(crate) updated_at_us: i64,
}

/// Which cases are wanted: all that is set must fit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) player_id: Option<PlayerId>,
    pub(crate) state: Option<CaseState>,
    pub(crate) team: Option<Team>,
    pub(crate) topic: Option<Topic>,
    /// How the number begins, in capitals; empty for any.
    pub(crate) number: String,
    /// The digest of a contact of the player; empty for any.
    pub(crate) contact: String,
    /// Teams whose cases are left out: the caller does not reach them.
    pub(crate) hidden: Vec<Team>,
}

/// Where a page begins: behind this line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct After {
    pub(crate) opened_at_us: i64,
    pub(crate) case_id: String,
}

/// One of many cases about the same product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) case_id: Uuid,
    pub(crate) player_id: String,
    /// Whether it makes a pattern more likely: a case that was rejected or merged does not.
    pub(crate) counts: bool,
    /// The pattern it was flagged with.
    pub(crate) pattern_id: Option<Uuid>,
}

#[async_trait]
impl CaseRows for Cases {
    fn model(&self) -> ReadModel {
        CASES
    }

    fn unchanged(&self, _before: Option<&Case>, _after: &Case) -> bool {
        // Each fact changes the version, at the least.
        false
    }

    async fn put_all(&self, rows: &mut AnyConnection, cases: &[(&Before, &Case)]) -> Result<(), Failure> {
        let mut lines = Lines::of(
            "cases",
            "case_id, brand, number, version, state, player_id, channel, topic, team, owner_agent_id, language, \
             product, pattern_id, opened_at_us, updated_at_us",
            "ON CONFLICT (case_id) DO UPDATE SET number = excluded.number, version = excluded.version, \
             state = excluded.state, channel = excluded.channel, topic = excluded.topic, \
             team = excluded.team, owner_agent_id = excluded.owner_agent_id, \
             language = excluded.language, product = excluded.product, pattern_id = excluded.pattern_id, \
             opened_at_us = excluded.opened_at_us, updated_at_us = excluded.updated_at_us \
             WHERE cases.version < excluded.version",
        );
        for (_, case) in cases {
            let state = &case.intake;
            let (Some(brand), Some(player)) = (case.brand(), &state.player) else { continue };
            lines.push([
                case.id.to_string().into(),
                brand.as_str().into(),
                case.number().map(ToString::to_string).unwrap_or_default().into(),
                i64::try_from(case.version).unwrap_or(i64::MAX).into(),
                case.state.as_str().into(),
                player.player_id.as_str().into(),
                state.channel.map_or("", case::Channel::as_str).into(),
                state.topic.map_or("", Topic::as_str).into(),
                case.routing.team.map_or("", Team::as_str).into(),
                case.routing.owner.as_ref().map_or("", case::AgentId::as_str).into(),
                state.language.map_or("", case::Language::as_str).into(),
                state.product.as_deref().unwrap_or_default().into(),
                state.patterns.first().map(Uuid::to_string).unwrap_or_default().into(),
                microseconds(case.opened_at).into(),
                microseconds(case.updated_at).into(),
            ]);
        }
        lines.write(rows).await
    }

    /// The numbers that the log holds are not given out again.
    async fn note(&self, rows: &mut AnyConnection, before: &Before, case: &Case) -> Result<(), Failure> {
        if !case.exists() {
            return Ok(());
        }
        // A number, once it is there, never changes.
        let recorded = matches!(before, Before::Of(known) if known.number().is_some());
        match case.number().filter(|_| !recorded) {
            Some(number) => numbers::record(rows, case.id, number).await,
            None => Ok(()),
        }
    }
}

fn microseconds(moment: Option<Timestamp>) -> i64 {
    moment.unwrap_or(Timestamp::UNIX_EPOCH).as_microsecond()
}

/// A page of a brand's cases, and whether more follow.
pub(crate) async fn list(
    store: &Store,
    brand: &Brand,
    wanted: &Wanted,
    after: Option<&After>,
    size: u32,
) -> Result<(Vec<Line>, bool), Failure> {
    // Words of ours, which stand in the statement as they are: how many they are differs.
    let hidden: Vec<String> = wanted.hidden.iter().map(|team| format!(" AND team <> '{team}'")).collect();
    let statement = format!(
        "SELECT case_id, brand, number, version, state, player_id, channel, topic, team, owner_agent_id, \
         language, opened_at_us, updated_at_us FROM cases \
         WHERE brand = $1 AND ($2 = '' OR player_id = $2) AND ($3 = '' OR state = $3) \
         AND ($4 = '' OR team = $4) AND ($5 = '' OR topic = $5) \
         AND ($6 = '' OR substr(number, 1, length($6)) = $6) \
         AND (opened_at_us < $7 OR (opened_at_us = $7 AND case_id < $8)){} \
         AND ($9 = '' OR case_id IN (SELECT case_id FROM contact WHERE brand = $1 AND digest = $9)) \
         ORDER BY opened_at_us DESC, case_id DESC LIMIT $10",
        hidden.concat()
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(brand.as_str())
        .bind(wanted.player_id.as_ref().map_or("", PlayerId::as_str))
        .bind(wanted.state.map_or("", CaseState::as_str))
        .bind(wanted.team.map_or("", Team::as_str))
        .bind(wanted.topic.map_or("", Topic::as_str))
        .bind(wanted.number.as_str())
        .bind(after.map_or(i64::MAX, |after| after.opened_at_us))
        .bind(after.map_or("", |after| after.case_id.as_str()))
        .bind(wanted.contact.as_str())
        .bind(i64::from(size) + 1)
        .fetch_all(store.pool())
        .await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    Ok((rows.iter().take(size).map(line).collect::<Result<_, _>>()?, more))
}

/// How many cases are in each state in which there is something left to do; a state without any is left out.
pub(crate) async fn count_open(store: &Store) -> Result<Vec<(String, u32)>, Failure> {
    let open = CaseState::ALL.iter().filter(|state| !state.is_over()).map(|state| format!("'{state}'"));
    let statement = format!(
        "SELECT state, COUNT(*) FROM cases WHERE state IN ({}) GROUP BY state",
        open.collect::<Vec<_>>().join(", ")
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(statement)).fetch_all(store.pool()).await?;
    let count =
        |row: &AnyRow| Ok((row.try_get(0)?, u32::try_from(row.try_get::<i64, _>(1)?).unwrap_or(u32::MAX)));
    rows.iter().map(count).collect()
}

/// The cases about this product that were opened in this time (both ends included), the first first.
pub(crate) async fn reports(
    store: &Store,
    brand: &Brand,
    topic: Topic,
    product: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Report>, Failure> {
    let rows = sqlx::query(
        "SELECT case_id, pattern_id, player_id, state FROM cases WHERE brand = $1 AND topic = $2 AND product = $3 \
         AND opened_at_us >= $4 AND opened_at_us <= $5 ORDER BY opened_at_us, case_id",
    )
    .bind(brand.as_str())
    .bind(topic.as_str())
    .bind(product)
    .bind(from.as_microsecond())
    .bind(to.as_microsecond())
    .fetch_all(store.pool())
    .await?;
    rows.iter().map(report).collect()
}

fn report(row: &AnyRow) -> Result<Report, Failure> {
    let id = |text: &str| {
        Uuid::parse_str(text)
            .map_err(|error| Failure::Internal(format!("an id in the list of cases: {error}")))
    };
    let pattern_id: &str = row.try_get(1)?;
    let state: &str = row.try_get(3)?;
    Ok(Report {
        case_id: id(row.try_get(0)?)?,
        player_id: row.try_get(2)?,
        counts: ![CaseState::Rejected, CaseState::Merged].map(CaseState::as_str).contains(&state),
        pattern_id: if pattern_id.is_empty() { None } else { Some(id(pattern_id)?) },
    })
}

fn line(row: &AnyRow) -> Result<Line, sqlx::Error> {
    Ok(Line {
        case_id: row.try_get(0)?,
        brand: row.try_get(1)?,
        number: row.try_get(2)?,
        version: u64::try_from(row.try_get::<i64, _>(3)?).unwrap_or(0),
        state: row.try_get(4)?,
        player_id: row.try_get(5)?,
        channel: row.try_get(6)?,
        topic: row.try_get(7)?,
        team: row.try_get(8)?,
        owner_agent_id: row.try_get(9)?,
        language: row.try_get(10)?,
        opened_at_us: row.try_get(11)?,
        updated_at_us: row.try_get(12)?,
    })
}

#[cfg(test)]
mod tests;
