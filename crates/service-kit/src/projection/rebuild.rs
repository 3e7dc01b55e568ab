//! Which read models there are, and how one is thrown away so that running services write it anew.

use sqlx::{AnyConnection, AssertSqlSafe};

use crate::failure::Failure;
use crate::store::Store;

/// A read model: its durable name, and its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadModel {
    /// Its name, `<service>.<model>`, such as `intake.cases`; its position is kept under it.
    pub name: &'static str,
    rows: Rows,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    Tables(&'static [&'static str]),
    Timers,
}

impl ReadModel {
    /// A read model that alone writes these tables, and nothing else.
    pub const fn of_tables(name: &'static str, tables: &'static [&'static str]) -> Self {
        Self { name, rows: Rows::Tables(tables) }
    }

    /// The timers of the source of this name.
    pub const fn of_timers(name: &'static str) -> Self {
        Self { name, rows: Rows::Timers }
    }

    async fn clear(&self, rows: &mut AnyConnection) -> Result<(), sqlx::Error> {
        match self.rows {
            Rows::Tables(tables) => {
                for table in tables {
                    let statement = AssertSqlSafe(format!("DELETE FROM {table}"));
                    sqlx::query(statement).execute(&mut *rows).await?;
                }
            }
            Rows::Timers => {
                sqlx::query("DELETE FROM timer WHERE name = $1").bind(self.name).execute(rows).await?;
            }
        }
        Ok(())
    }
}

/// Empties a read model and puts it back to the beginning of the log, in one transaction; running services
/// notice and write it anew, and lists are short until they have.
///
/// # Errors
/// The database cannot be written; nothing has changed then.
pub async fn rebuild(store: &Store, model: &ReadModel) -> Result<(), Failure> {
    let mut transaction = store.begin().await?;
    // The position before the rows, as those do who write them: each waits for the other.
    sqlx::query(
        "INSERT INTO projection (name, position) VALUES ($1, 0) \
         ON CONFLICT (name) DO UPDATE SET position = excluded.position",
    )
    .bind(model.name)
    .execute(&mut *transaction)
    .await?;
    // The rows are those of all shards.
    sqlx::query("UPDATE projection SET position = 0 WHERE name LIKE $1")
        .bind(format!("{}.s%", model.name))
        .execute(&mut *transaction)
        .await?;
    model.clear(&mut transaction).await?;
    Ok(transaction.commit().await?)
}
