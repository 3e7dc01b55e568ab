//! Puts derived rows in the place of the live ones, in one transaction, as a replica would that wrote them
//! all: it moves the position on with them, and whoever serves from the rows goes on doing so.

use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Row};

use super::{Generation, Progress};
use crate::failure::Failure;
use crate::projection::generation_row;
use crate::store::Store;

/// What a switch did.
#[derive(Debug, Clone)]
pub struct Switched {
    /// Which generation is live now: 1 for the first that was switched to.
    pub generation: u64,
    /// Rows that were not what the log says, and were taken out.
    pub removed: u64,
    /// Rows that were put in, in their place or because they were missing.
    pub written: u64,
    /// How long the services could not move the rows on. What was stored before was served all the time.
    pub held: Duration,
}

impl Generation {
    /// Derives the rows to the end of the log and puts them in the place of the live ones: whoever reads sees
    /// all of the old ones, then all of the new ones. Only those that differ are touched.
    ///
    /// # Errors
    /// A database does not answer; nothing was switched then.
    pub async fn switch(&mut self, live: &Store, progress: Progress<'_>) -> Result<Switched, Failure> {
        // As far as possible before anybody has to wait.
        let heads = self.heads().await?;
        self.advance(&heads, progress).await?;
        let mut rows = live.begin().await?;
        let began = Instant::now();
        let positions = self.hold(&mut rows).await?;
        // To the end, not only to where the rows stand: a case's rows may be ahead, and must not fall back.
        let heads = self.heads().await?;
        let reached: Vec<u64> =
            heads.iter().zip(&positions).map(|(head, position)| *head.max(position)).collect();
        self.advance(&reached, progress).await?;
        let (mut removed, mut written) = (0, 0);
        for table in &self.tables {
            let exchanged = table.exchange(&mut rows, &self.scratch).await?;
            removed += exchanged.removed;
            written += exchanged.written;
        }
        let generation = self.goes_live(&mut rows, &reached).await?;
        rows.commit().await?;
        Ok(Switched { generation, removed, written, held: began.elapsed() })
    }

    /// Moves the positions on, and says that another generation is live.
    async fn goes_live(&self, rows: &mut AnyConnection, reached: &[u64]) -> Result<u64, Failure> {
        for (shard, reached) in self.shards.iter().zip(reached) {
            sqlx::query("UPDATE projection SET position = $2 WHERE name = $1")
                .bind(&shard.name)
                .bind(i64::try_from(*reached).unwrap_or(i64::MAX))
                .execute(&mut *rows)
                .await?;
        }
        let row = sqlx::query(
            "INSERT INTO projection (name, position) VALUES ($1, 1) \
             ON CONFLICT (name) DO UPDATE SET position = projection.position + 1 RETURNING position",
        )
        .bind(generation_row(self.model().name))
        .fetch_one(rows)
        .await?;
        Ok(u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0))
    }
}
