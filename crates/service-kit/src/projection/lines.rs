//! Rows that are written together, many in a statement: a driver's way to the database and back costs more
//! than a row does.

use std::fmt;
use std::sync::Arc;

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};

use crate::failure::Failure;

/// Rows of one statement at most. Fewer go in powers of two, so that a table knows eight statements and not
/// one for each number of rows.
const ROWS: usize = 128;

/// What stands in a column: all are texts or whole numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A `TEXT`.
    Text(Option<String>),
    /// A `BIGINT`.
    Number(Option<i64>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(Some(text)) => f.write_str(text),
            Self::Number(Some(number)) => write!(f, "{number}"),
            Self::Text(None) | Self::Number(None) => f.write_str("null"),
        }
    }
}

impl Value {
    pub(super) fn bind(self, query: Query<'_, Any, AnyArguments>) -> Query<'_, Any, AnyArguments> {
        match self {
            Self::Text(text) => query.bind(text),
            Self::Number(number) => query.bind(number),
        }
    }
}

/// Rows of one table, `WIDTH` columns each, to be written together.
#[derive(Debug)]
pub struct Lines<const WIDTH: usize> {
    table: &'static str,
    columns: &'static str,
    on_conflict: &'static str,
    values: Vec<Value>,
}

impl<const WIDTH: usize> Lines<WIDTH> {
    /// None yet, for these columns of a table; `on_conflict` says what becomes of a row whose key is there
    /// (`ON CONFLICT ...`), and is empty where none can be.
    pub fn of(table: &'static str, columns: &'static str, on_conflict: &'static str) -> Self {
        Self { table, columns, on_conflict, values: Vec::new() }
    }

    /// One row more. Postgres takes each key once in a statement that updates what is there.
    pub fn push(&mut self, line: [Value; WIDTH]) {
        self.values.extend(line);
    }

    /// Writes them.
    ///
    /// # Errors
    /// The database does not take them.
    pub async fn write(self, rows: &mut AnyConnection) -> Result<(), Failure> {
        let Self { table, columns, on_conflict, values } = self;
        let insert = |places: &str| format!("INSERT INTO {table} ({columns}) VALUES {places} {on_conflict}");
        in_statements(rows, WIDTH, values, insert).await
    }
}

/// Deletes the rows of a table in which `columns`, one or several with commas between, are among `values`,
/// which are as many for each.
///
/// # Errors
/// The database does not do it.
pub async fn delete(
    rows: &mut AnyConnection,
    table: &str,
    columns: &[&str],
    values: Vec<Value>,
) -> Result<(), Failure> {
    let names = columns.join(", ");
    let delete = |places: &str| match columns {
        // A list, which Postgres looks up one by one in an index.
        [column] => format!("DELETE FROM {table} WHERE {column} IN ({places})"),
        _ => format!("DELETE FROM {table} WHERE ({names}) IN (VALUES {places})"),
    };
    in_statements(rows, columns.len(), values, delete).await
}

/// Executes a statement made of places for values, such as `($1, $2), ($3, $4)`, as often as it takes for all
/// of them.
pub(crate) async fn in_statements(
    rows: &mut AnyConnection,
    width: usize,
    values: Vec<Value>,
    statement: impl Fn(&str) -> String,
) -> Result<(), Failure> {
    let numbered = rows.backend_name() != "SQLite";
    let (mut left, mut values) = (values.len() / width.max(1), values.into_iter());
    let mut made: Option<(usize, Arc<str>)> = None;
    while left > 0 {
        let count = ROWS.min(1 << left.ilog2());
        let text = match &made {
            Some((rows, text)) if *rows == count => Arc::clone(text),
            _ => statement(&places(count, width, numbered)).into(),
        };
        made = Some((count, Arc::clone(&text)));
        let query = sqlx::query(AssertSqlSafe(text));
        let query = values.by_ref().take(count * width).fold(query, |query, value| value.bind(query));
        query.execute(&mut *rows).await?;
        left -= count;
    }
    Ok(())
}

/// To SQLite `$1` is a name, which it looks for among all others: each row would cost more the more there are.
fn places(rows: usize, width: usize, numbered: bool) -> String {
    let place = |number: usize| if numbered { format!("${number}") } else { "?".to_owned() };
    let line = |row: usize| {
        let places: Vec<String> = (1 + row * width..=(row + 1) * width).map(place).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(line).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::places;

    #[test]
    fn places_are_numbered_for_postgres_alone() {
        assert_eq!(places(2, 3, true), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(places(2, 3, false), "(?, ?, ?), (?, ?, ?)");
    }
}
