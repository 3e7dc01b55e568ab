//! Rows of any table: what they are called, what is in them, and where two sets of them differ.

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row};

use crate::failure::Failure;
use crate::projection::ReadModel;
use crate::projection::lines::{Value, delete, in_statements};
use crate::store::Store;

/// How many live rows are read at a time.
const ROWS: usize = 1_000;

/// A table of a read model; its live rows are copied beside the derived ones to be compared.
pub(super) struct Table {
    pub(super) name: &'static str,
    columns: Vec<Column>,
    /// In the timers' table, whose rows are meant.
    of: Option<&'static str>,
    /// Something else than the key is there once only.
    has_other_keys: bool,
}

struct Column {
    name: String,
    is_text: bool,
    is_key: bool,
}

/// Where a row is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    Live,
    Derived,
}

/// A row, column by column.
pub(super) type Line = Vec<Value>;

fn bound<'q>(statement: String, values: impl IntoIterator<Item = &'q Value>) -> Query<'q, Any, AnyArguments> {
    let query = sqlx::query(AssertSqlSafe(statement));
    values.into_iter().fold(query, |query, value| value.clone().bind(query))
}

fn numbered(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

impl Table {
    /// What the table is made of, by the scratch file; makes the table for copies there.
    pub(super) async fn read(
        scratch: &Store,
        name: &'static str,
        model: &ReadModel,
    ) -> Result<Self, Failure> {
        let found = sqlx::query("SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid")
            .bind(name)
            .fetch_all(scratch.pool())
            .await?;
        let column = |row: &AnyRow| -> Result<Column, sqlx::Error> {
            let declared: String = row.try_get(1)?;
            Ok(Column {
                name: row.try_get(0)?,
                is_text: declared.eq_ignore_ascii_case("TEXT"),
                is_key: row.try_get::<i64, _>(2)? > 0,
            })
        };
        let columns = found.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        if !columns.iter().any(|column| column.is_key) {
            return Err(Failure::Internal(format!("the table {name} has no key")));
        }
        let others =
            sqlx::query("SELECT COUNT(*) FROM pragma_index_list($1) WHERE \"unique\" = 1 AND origin <> 'pk'")
                .bind(name)
                .fetch_one(scratch.pool())
                .await?;
        let has_other_keys = others.try_get::<i64, _>(0)? > 0;
        let table = Self { name, columns, of: model.is_timers().then_some(model.name), has_other_keys };
        let declared = table
            .columns
            .iter()
            .map(|column| format!("{} {}", column.name, if column.is_text { "TEXT" } else { "BIGINT" }));
        let declared: Vec<String> = declared.collect();
        let make = format!(
            "CREATE TABLE {} ({}, PRIMARY KEY ({}))",
            table.copy(),
            declared.join(", "),
            table.keys().join(", ")
        );
        sqlx::raw_sql(AssertSqlSafe(make)).execute(scratch.pool()).await?;
        Ok(table)
    }

    /// Where the live rows are copied to.
    fn copy(&self) -> String {
        format!("live_{}", self.name)
    }

    pub(super) fn has_other_keys(&self) -> bool {
        self.has_other_keys
    }

    fn keys(&self) -> Vec<&str> {
        self.columns.iter().filter(|column| column.is_key).map(|column| column.name.as_str()).collect()
    }

    fn columns(&self) -> String {
        self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The key in a row.
    pub(super) fn key(&self, line: &[Value]) -> Line {
        let keyed = self.columns.iter().zip(line).filter(|(column, _)| column.is_key);
        keyed.map(|(_, value)| value.clone()).collect()
    }

    /// A row in words, by its columns.
    pub(super) fn spoken(&self, line: &[Value]) -> Vec<(String, String)> {
        self.columns
            .iter()
            .zip(line)
            .map(|(column, value)| (column.name.clone(), value.to_string()))
            .collect()
    }

    pub(super) fn line(&self, row: &AnyRow) -> Result<Line, sqlx::Error> {
        let value = |(index, column): (usize, &Column)| {
            if column.is_text {
                row.try_get(index).map(Value::Text)
            } else {
                row.try_get(index).map(Value::Number)
            }
        };
        self.columns.iter().enumerate().map(value).collect()
    }

    /// Which rows of the table are the read model's.
    fn own(&self) -> String {
        self.of.map_or_else(|| "1 = 1".to_owned(), |name| format!("name = '{name}'"))
    }

    /// The live rows behind a key, in the order that the table's database has.
    pub(super) async fn page(
        &self,
        live: &mut AnyConnection,
        last: Option<&Line>,
        size: usize,
    ) -> Result<Vec<Line>, Failure> {
        let (columns, own, order) = (self.columns(), self.own(), self.keys().join(", "));
        let behind =
            last.map_or_else(String::new, |last| format!(" AND ({order}) > ({})", numbered(1, last.len())));
        let statement =
            format!("SELECT {columns} FROM {} WHERE {own}{behind} ORDER BY {order} LIMIT {size}", self.name);
        let rows = bound(statement, last.into_iter().flatten()).fetch_all(live).await?;
        Ok(rows.iter().map(|row| self.line(row)).collect::<Result<_, _>>()?)
    }

    /// What reads all rows in the order of the keys' bytes, from Postgres.
    pub(super) fn by_bytes(&self) -> String {
        let collated = |column: &Column| {
            format!("{}{}", column.name, if column.is_text { " COLLATE \"C\"" } else { "" })
        };
        let order: Vec<String> = self.columns.iter().filter(|column| column.is_key).map(collated).collect();
        let (columns, own) = (self.columns(), self.own());
        format!("SELECT {columns} FROM {} WHERE {own} ORDER BY {}", self.name, order.join(", "))
    }

    /// The derived rows in the order of the keys' bytes.
    pub(super) fn in_order<'a>(&'a self, scratch: &'a Store) -> BoxStream<'a, Result<Line, Failure>> {
        let (columns, own, order) = (self.columns(), self.own(), self.keys().join(", "));
        let statement = format!("SELECT {columns} FROM {} WHERE {own} ORDER BY {order}", self.name);
        let rows = sqlx::query(AssertSqlSafe(statement)).fetch(scratch.pool());
        rows.map(move |row| Ok(self.line(&row?)?)).boxed()
    }

    /// Copies the live rows, all of them, to be compared.
    pub(super) async fn copy_all(&self, live: &mut AnyConnection, scratch: &Store) -> Result<(), Failure> {
        let mut into = scratch.begin().await?;
        sqlx::raw_sql(AssertSqlSafe(format!("DELETE FROM {}", self.copy()))).execute(&mut *into).await?;
        let mut last: Option<Line> = None;
        loop {
            let lines = self.page(live, last.as_ref(), ROWS).await?;
            self.insert(&self.copy(), &mut into, &lines).await?;
            last = lines.last().map(|line| self.key(line));
            if lines.len() < ROWS {
                break;
            }
        }
        into.commit().await?;
        Ok(())
    }

    /// Copies one live row anew.
    pub(super) async fn copy_one(
        &self,
        live: &mut AnyConnection,
        scratch: &Store,
        key: &Line,
    ) -> Result<(), Failure> {
        let line = self.find(self.name, live, key).await?;
        let mut into = scratch.begin().await?;
        self.remove(&self.copy(), &mut into, std::slice::from_ref(key)).await?;
        self.insert(&self.copy(), &mut into, line.as_slice()).await?;
        into.commit().await?;
        Ok(())
    }

    /// The live row and the derived one of a key, as they are in the scratch file.
    pub(super) async fn pair(
        &self,
        scratch: &Store,
        key: &Line,
    ) -> Result<(Option<Line>, Option<Line>), Failure> {
        let mut rows = scratch.pool().acquire().await?;
        Ok((self.find(&self.copy(), &mut rows, key).await?, self.find(self.name, &mut rows, key).await?))
    }

    async fn find(&self, table: &str, rows: &mut AnyConnection, key: &Line) -> Result<Option<Line>, Failure> {
        let statement = format!(
            "SELECT {} FROM {table} WHERE ({}) = ({})",
            self.columns(),
            self.keys().join(", "),
            numbered(1, key.len())
        );
        let row = bound(statement, key).fetch_optional(rows).await?;
        Ok(row.as_ref().map(|row| self.line(row)).transpose()?)
    }

    /// Puts rows into a table; none of their keys is there.
    pub(super) async fn insert(
        &self,
        table: &str,
        rows: &mut AnyConnection,
        lines: &[Line],
    ) -> Result<(), Failure> {
        let columns = self.columns();
        let insert = |places: &str| format!("INSERT INTO {table} ({columns}) VALUES {places}");
        let values = lines.iter().flatten().cloned().collect();
        in_statements(rows, self.columns.len(), values, insert).await
    }

    /// Takes rows out of a table.
    pub(super) async fn remove(
        &self,
        table: &str,
        rows: &mut AnyConnection,
        keys: &[Line],
    ) -> Result<(), Failure> {
        delete(rows, table, &self.keys(), keys.iter().flatten().cloned().collect()).await
    }

    /// Rows on one side that are not on the other, by all their columns.
    pub(super) fn only<'a>(&'a self, side: Side, scratch: &'a Store) -> BoxStream<'a, Result<Line, Failure>> {
        let (columns, own) = (self.columns(), self.own());
        let derived = format!("SELECT {columns} FROM {} WHERE {own}", self.name);
        let live = format!("SELECT {columns} FROM {}", self.copy());
        let statement = match side {
            Side::Derived => format!("{derived} EXCEPT {live}"),
            Side::Live => format!("{live} EXCEPT {derived}"),
        };
        let rows = sqlx::query(AssertSqlSafe(statement)).fetch(scratch.pool());
        rows.map(move |row| Ok(self.line(&row?)?)).boxed()
    }

    /// How many derived rows there are.
    pub(super) async fn count(&self, scratch: &Store) -> Result<u64, Failure> {
        let statement = format!("SELECT COUNT(*) FROM {} WHERE {}", self.name, self.own());
        let row = sqlx::query(AssertSqlSafe(statement)).fetch_one(scratch.pool()).await?;
        Ok(u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0))
    }

    /// Whether a live row and a derived one may stand for the same. A timer that was due by now may have been
    /// fired, and its row is gone then or put off.
    pub(super) fn agree(&self, live: Option<&Line>, derived: Option<&Line>, now: Timestamp) -> bool {
        if live == derived {
            return true;
        }
        let was_due = |line: &Line| {
            let due = self.columns.iter().zip(line).find(|(column, _)| column.name == "due_us");
            matches!(due, Some((_, Value::Number(Some(due)))) if *due <= now.as_microsecond())
        };
        self.of.is_some() && derived.is_some_and(was_due)
    }
}
