//! The live rows' positions, inside a transaction.

use sqlx::{AnyConnection, Row};

use super::{Generation, Progress};
use crate::failure::Failure;

impl Generation {
    /// How far the live rows are, as a transaction sees it.
    pub(super) async fn positions_in(&self, live: &mut AnyConnection) -> Result<Vec<u64>, Failure> {
        let mut positions = Vec::with_capacity(self.shards.len());
        for shard in &self.shards {
            let row = sqlx::query("SELECT position FROM projection WHERE name = $1")
                .bind(&shard.name)
                .fetch_optional(&mut *live)
                .await?;
            positions.push(row.map_or(0, |row| u64::try_from(row.get::<i64, _>(0)).unwrap_or(0)));
        }
        Ok(positions)
    }

    /// The same, and nobody else moves them on before the transaction ends.
    pub(super) async fn hold(&self, live: &mut AnyConnection) -> Result<Vec<u64>, Failure> {
        let mut positions = Vec::with_capacity(self.shards.len());
        for shard in &self.shards {
            let row = sqlx::query(
                "INSERT INTO projection (name, position) VALUES ($1, 0) \
                 ON CONFLICT (name) DO UPDATE SET position = projection.position RETURNING position",
            )
            .bind(&shard.name)
            .fetch_one(&mut *live)
            .await?;
            positions.push(u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0));
        }
        Ok(positions)
    }

    /// Brings the derived rows to exactly these positions.
    pub(super) async fn advance_exactly(
        &mut self,
        positions: &[u64],
        progress: Progress<'_>,
    ) -> Result<(), Failure> {
        if self.shards.iter().zip(positions).any(|(shard, position)| shard.reached > *position) {
            return Err(Failure::Unavailable(format!(
                "the rows of {} were thrown away meanwhile; try again",
                self.model().name
            )));
        }
        self.advance(positions, progress).await
    }
}
