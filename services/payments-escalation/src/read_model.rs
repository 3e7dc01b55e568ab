//! The list of escalations: one row per escalated case, derived from the case, the longest escalated
//! first. It may lag the log by moments.

use async_trait::async_trait;
use case::Case;
use case::payments_escalation::Progress;
use jiff::Timestamp;
use service_kit::Failure;
use service_kit::projection::{Before, CaseRows, Lines, ReadModel};
use service_kit::store::Store;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// The list.
pub(crate) const ESCALATIONS: ReadModel =
    ReadModel::of_tables("payments_escalation.escalations", &["escalation"]);

/// Writes the rows.
pub(crate) struct Escalations;

/// A row, with its words as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) case_id: String,
    pub(crate) brand: String,
    pub(crate) number: String,
    pub(crate) version: u64,
    pub(crate) state: String,
    pub(crate) progress: String,
    pub(crate) kind: String,
    pub(crate) method: String,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) escalated_at_us: i64,
    pub(crate) updated_at_us: i64,
}

/// Where a page begins: behind this line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct After {
    pub(crate) escalated_at_us: i64,
    pub(crate) case_id: String,
}

/// A word as it is stored in facts.
fn stored_word(word: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_value(word)
        .ok()
        .and_then(|value| value.as_str().map(ToOwned::to_owned))
        .ok_or_else(|| Failure::Internal("a word of the domain is not stored as a word".to_owned()))
}

#[async_trait]
impl CaseRows for Escalations {
    fn model(&self) -> ReadModel {
        ESCALATIONS
    }

    fn unchanged(&self, _before: Option<&Case>, after: &Case) -> bool {
        // A case that was escalated stays in the list.
        after.payments_escalation.escalation.is_none()
    }

    async fn put_all(&self, rows: &mut AnyConnection, cases: &[(&Before, &Case)]) -> Result<(), Failure> {
        let mut lines = Lines::of(
            "escalation",
            "case_id, brand, number, version, state, progress, kind, method, amount_minor, currency, \
             escalated_at_us, updated_at_us",
            "ON CONFLICT (case_id) DO UPDATE SET number = excluded.number, version = excluded.version, \
             state = excluded.state, progress = excluded.progress, kind = excluded.kind, \
             method = excluded.method, amount_minor = excluded.amount_minor, currency = excluded.currency, \
             escalated_at_us = excluded.escalated_at_us, updated_at_us = excluded.updated_at_us \
             WHERE escalation.version < excluded.version",
        );
        for (_, case) in cases {
            let state = &case.payments_escalation;
            let (Some(escalation), Some(progress)) = (&state.escalation, state.progress) else { continue };
            lines.push([
                case.id.to_string().into(),
                case.brand().map(ToString::to_string).unwrap_or_default().into(),
                case.number().map(ToString::to_string).unwrap_or_default().into(),
                i64::try_from(case.version).unwrap_or(i64::MAX).into(),
                case.state.as_str().into(),
                progress.as_str().into(),
                stored_word(&escalation.kind)?.into(),
                stored_word(&escalation.method)?.into(),
                escalation.amount.minor.into(),
                escalation.amount.currency.code().into(),
                escalation.escalated_at.as_microsecond().into(),
                case.updated_at.unwrap_or(Timestamp::UNIX_EPOCH).as_microsecond().into(),
            ]);
        }
        lines.write(rows).await
    }
}

/// A page of a brand's escalations, and whether more follow.
pub(crate) async fn list(
    store: &Store,
    brand: &str,
    progress: Option<Progress>,
    after: Option<&After>,
    size: u32,
) -> Result<(Vec<Line>, bool), Failure> {
    let rows = sqlx::query(
        "SELECT case_id, brand, number, version, state, progress, kind, method, amount_minor, currency, \
         escalated_at_us, updated_at_us FROM escalation \
         WHERE brand = $1 AND (progress = $2 OR $2 = '') \
         AND (escalated_at_us > $3 OR (escalated_at_us = $3 AND case_id > $4)) \
         ORDER BY escalated_at_us, case_id LIMIT $5",
    )
    .bind(brand)
    .bind(progress.map_or("", Progress::as_str))
    .bind(after.map_or(i64::MIN, |after| after.escalated_at_us))
    .bind(after.map_or("", |after| after.case_id.as_str()))
    .bind(i64::from(size) + 1)
    .fetch_all(store.pool())
    .await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    Ok((rows.iter().take(size).map(line).collect::<Result<_, _>>()?, more))
}

fn line(row: &AnyRow) -> Result<Line, sqlx::Error> {
    Ok(Line {
        case_id: row.try_get(0)?,
        brand: row.try_get(1)?,
        number: row.try_get(2)?,
        version: u64::try_from(row.try_get::<i64, _>(3)?).unwrap_or(0),
        state: row.try_get(4)?,
        progress: row.try_get(5)?,
        kind: row.try_get(6)?,
        method: row.try_get(7)?,
        amount_minor: row.try_get(8)?,
        currency: row.try_get(9)?,
        escalated_at_us: row.try_get(10)?,
        updated_at_us: row.try_get(11)?,
    })
}
