//! The rows of the audit.

use jiff::Timestamp;
use service_kit::store::{Store, Stores};
use service_kit::{Failure, Parts, StartError};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use crate::directory::MIGRATIONS;

/// The file that the services of one process share.
const FILE: &str = "reads.db";
/// Where a service writes.
const OWN: &str = "personal_read";
/// What `casetrail migrate` makes: the rows of all services' schemas, to be read.
const OF_ALL: &str = "reads.personal_read";

/// The fields of a read that showed a case masked.
pub(super) const MASKED: &str = "masked";
/// The fields of a read that showed a case in a list.
pub(super) const LISTED: &str = "listed";

/// A read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) id: String,
    pub(crate) at_us: i64,
    pub(crate) reader: String,
    pub(crate) brand: String,
    pub(crate) case_id: String,
    pub(crate) player_id: String,
    pub(crate) method: String,
    pub(crate) fields: String,
    pub(crate) purpose: String,
}

/// Which reads are wanted: all that is set must fit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) brand: String,
    /// Empty for any.
    pub(crate) case_id: String,
    /// Empty for any.
    pub(crate) reader: String,
}

/// Where a page begins: behind this read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct After {
    pub(crate) at_us: i64,
    pub(crate) read_id: String,
}

/// The rows. Each service adds its own, and reads those of all.
pub(crate) struct Rows {
    store: Store,
    /// The table or view that has those of all services.
    all: &'static str,
}

impl Rows {
    /// In one process: a file of all its services. In Postgres: a table in the service's own schema, and a view of all.
    pub(super) async fn open(parts: &Parts, own: &Store) -> Result<Self, StartError> {
        Ok(match &parts.stores {
            Stores::Folder(folder) => {
                Self { store: Store::open_file(&folder.join(FILE), &MIGRATIONS).await?, all: OWN }
            }
            Stores::Postgres { .. } => Self { store: own.clone(), all: OF_ALL },
        })
    }

    pub(super) async fn insert(&self, reads: &[Read]) -> Result<(), Failure> {
        let mut transaction = self.store.begin().await?;
        for read in reads {
            sqlx::query(
                "INSERT INTO personal_read (read_id, at_us, reader, brand, case_id, player_id, method, fields, \
                 purpose) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (read_id) DO NOTHING",
            )
            .bind(&read.id)
            .bind(read.at_us)
            .bind(&read.reader)
            .bind(&read.brand)
            .bind(&read.case_id)
            .bind(&read.player_id)
            .bind(&read.method)
            .bind(&read.fields)
            .bind(&read.purpose)
            .execute(&mut *transaction)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Which agents opened which cases since a moment, each with the last time. Those of which no texts were shown
    /// are not among them.
    pub(super) async fn opened_since(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(String, Uuid, Timestamp)>, Failure> {
        let rows = sqlx::query(AssertSqlSafe(format!(
            "SELECT reader, case_id, MAX(at_us) FROM {} \
             WHERE at_us >= $1 AND reader LIKE 'agent:%' AND fields <> $2 AND fields <> $3 \
             GROUP BY reader, case_id",
            self.all
        )))
        .bind(since.as_microsecond())
        .bind(MASKED)
        .bind(LISTED)
        .fetch_all(self.store.pool())
        .await?;
        let damaged =
            |problem: String| Failure::Internal(format!("the audit of reads is damaged: {problem}"));
        rows.iter()
            .map(|row| {
                let (reader, case_id): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                let at = Timestamp::from_microsecond(row.try_get(2)?);
                let case = Uuid::parse_str(&case_id).map_err(|error| damaged(error.to_string()))?;
                Ok((reader, case, at.map_err(|error| damaged(error.to_string()))?))
            })
            .collect()
    }

    /// A page of reads, the last one first, and whether more follow.
    pub(crate) async fn list(
        &self,
        wanted: &Wanted,
        after: Option<&After>,
        size: u32,
    ) -> Result<(Vec<Read>, bool), Failure> {
        let rows = sqlx::query(AssertSqlSafe(format!(
            "SELECT read_id, at_us, reader, brand, case_id, player_id, method, fields, purpose FROM {} \
             WHERE brand = $1 AND ($2 = '' OR case_id = $2) AND ($3 = '' OR reader = $3) \
             AND (at_us < $4 OR (at_us = $4 AND read_id < $5)) ORDER BY at_us DESC, read_id DESC LIMIT $6",
            self.all
        )))
        .bind(&wanted.brand)
        .bind(&wanted.case_id)
        .bind(&wanted.reader)
        .bind(after.map_or(i64::MAX, |after| after.at_us))
        .bind(after.map_or("", |after| after.read_id.as_str()))
        .bind(i64::from(size) + 1)
        .fetch_all(self.store.pool())
        .await?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        Ok((rows.iter().take(size).map(read).collect::<Result<_, _>>()?, more))
    }
}

fn read(row: &AnyRow) -> Result<Read, sqlx::Error> {
    Ok(Read {
        id: row.try_get(0)?,
        at_us: row.try_get(1)?,
        reader: row.try_get(2)?,
        brand: row.try_get(3)?,
        case_id: row.try_get(4)?,
        player_id: row.try_get(5)?,
        method: row.try_get(6)?,
        fields: row.try_get(7)?,
        purpose: row.try_get(8)?,
    })
}
