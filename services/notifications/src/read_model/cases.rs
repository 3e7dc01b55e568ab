//! Rows derived from cases: one of the case itself, and one for each of its notifications.

use async_trait::async_trait;
use case::Case;
use jiff::Timestamp;
use service_kit::Failure;
use service_kit::projection::{Before, CaseRows, ReadModel};
use sqlx::AnyConnection;

use super::delivery;

/// What is written here.
pub(crate) const CASES: ReadModel = ReadModel::of_tables("notifications.cases", &["player_case", "delivery"]);

/// Writes a case's rows.
pub(super) struct Cases;

#[async_trait]
impl CaseRows for Cases {
    fn model(&self) -> ReadModel {
        CASES
    }

    fn unchanged(&self, _before: Option<&Case>, _after: &Case) -> bool {
        // Each fact changes the version, at the least.
        false
    }

    async fn put(&self, rows: &mut AnyConnection, _before: &Before, case: &Case) -> Result<(), Failure> {
        let (Some(brand), Some(player)) = (case.brand(), &case.intake.player) else { return Ok(()) };
        let state = &case.notifications;
        let consent =
            state.preferences.as_ref().map_or(player.marketing_consent, |said| said.marketing_consent);
        let said_at = state.preferences_at.or(case.opened_at).map_or(0, Timestamp::as_microsecond);
        sqlx::query(
            "INSERT INTO player_case \
             (case_id, number, brand, player_id, state, version, excluded, consent, consent_us, consent_stated) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             ON CONFLICT (case_id) DO UPDATE SET number = excluded.number, state = excluded.state, \
             version = excluded.version, excluded = excluded.excluded, consent = excluded.consent, \
             consent_us = excluded.consent_us, consent_stated = excluded.consent_stated",
        )
        .bind(case.id.to_string())
        .bind(case.number().map(ToString::to_string).unwrap_or_default())
        .bind(brand.as_str())
        .bind(player.player_id.as_str())
        .bind(case.state.as_str())
        .bind(i64::try_from(case.version).unwrap_or(i64::MAX))
        .bind(i64::from(case.intake.self_exclusion_requested))
        .bind(i64::from(consent))
        .bind(said_at)
        .bind(i64::from(state.preferences_at.is_some()))
        .execute(&mut *rows)
        .await?;
        delivery::put(rows, brand.as_str(), case).await
    }
}
