//! Rows derived from cases: one of the case itself, and one for each of its notifications.

use async_trait::async_trait;
use case::Case;
use jiff::Timestamp;
use service_kit::Failure;
use service_kit::projection::{Before, CaseRows, Lines, ReadModel};
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

    async fn put_all(&self, rows: &mut AnyConnection, cases: &[(&Before, &Case)]) -> Result<(), Failure> {
        let mut lines = Lines::of(
            "player_case",
            "case_id, number, brand, player_id, state, version, excluded, consent, consent_us, consent_stated",
            "ON CONFLICT (case_id) DO UPDATE SET number = excluded.number, state = excluded.state, \
             version = excluded.version, excluded = excluded.excluded, consent = excluded.consent, \
             consent_us = excluded.consent_us, consent_stated = excluded.consent_stated",
        );
        let mut deliveries = delivery::lines();
        for (before, case) in cases {
            let (Some(brand), Some(player)) = (case.brand(), &case.intake.player) else { continue };
            let state = &case.notifications;
            let consent =
                state.preferences.as_ref().map_or(player.marketing_consent, |said| said.marketing_consent);
            let said_at = state.preferences_at.or(case.opened_at).map_or(0, Timestamp::as_microsecond);
            lines.push([
                case.id.to_string().into(),
                case.number().map(ToString::to_string).unwrap_or_default().into(),
                brand.as_str().into(),
                player.player_id.as_str().into(),
                case.state.as_str().into(),
                i64::try_from(case.version).unwrap_or(i64::MAX).into(),
                i64::from(case.intake.self_exclusion_requested).into(),
                i64::from(consent).into(),
                said_at.into(),
                i64::from(state.preferences_at.is_some()).into(),
            ]);
            delivery::put(&mut deliveries, brand.as_str(), before, case);
        }
        lines.write(rows).await?;
        deliveries.write(rows).await
    }
}
