//! Which case a request to claim the next one was given. Written before the case is claimed, so that a
//! repeat after a crash goes on with the same one.

use service_kit::Failure;
use sqlx::Row;
use uuid::Uuid;

use super::{ReadModel, word};

impl ReadModel {
    /// The case that a request was given.
    ///
    /// # Errors
    /// `RequestIdReused` when the request had another body.
    pub(crate) async fn claimed(
        &self,
        request_id: Uuid,
        fingerprint: [u8; 32],
    ) -> Result<Option<Uuid>, Failure> {
        let row = sqlx::query("SELECT fingerprint, case_id FROM claim WHERE request_id = $1")
            .bind(request_id.to_string())
            .fetch_optional(self.store.pool())
            .await?;
        let Some(row) = row else { return Ok(None) };
        if row.try_get::<String, _>(0)? != hex::encode(fingerprint) {
            return Err(Failure::RequestIdReused);
        }
        word(&row.try_get::<String, _>(1)?).map(Some)
    }

    /// Gives a case to a request; a later one replaces it, when the first was taken by somebody else.
    pub(crate) async fn give(
        &self,
        request_id: Uuid,
        fingerprint: [u8; 32],
        case_id: Uuid,
    ) -> Result<(), Failure> {
        let mut transaction = self.store.begin().await?;
        sqlx::query(
            "INSERT INTO claim (request_id, fingerprint, case_id) VALUES ($1, $2, $3) \
             ON CONFLICT (request_id) DO UPDATE SET case_id = excluded.case_id",
        )
        .bind(request_id.to_string())
        .bind(hex::encode(fingerprint))
        .bind(case_id.to_string())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}
