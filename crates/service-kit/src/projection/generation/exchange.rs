//! A table's live rows beside the derived ones, both in the order of their keys: what is taken out and put in
//! so that they are the same. Each is read once, and few are held at a time.

use std::cmp::Ordering;

use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::rows::{Line, Table};
use crate::failure::Failure;
use crate::store::Store;

/// How many rows are read or written at a time.
const CHUNK: usize = 1_000;

/// Rows that were exchanged.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exchanged {
    pub(super) removed: u64,
    pub(super) written: u64,
}

impl Table {
    /// Makes the live rows the derived ones.
    pub(super) async fn exchange(
        &self,
        live: &mut AnyConnection,
        scratch: &Store,
    ) -> Result<Exchanged, Failure> {
        let mut exchange =
            Exchange { table: self, out: Vec::new(), into: Vec::new(), done: Exchanged::default() };
        if self.has_other_keys() {
            // One that is in the way of another has to be gone before.
            exchange.run(live, scratch, true, false).await?;
            exchange.run(live, scratch, false, true).await?;
        } else {
            exchange.run(live, scratch, true, true).await?;
        }
        Ok(exchange.done)
    }
}

struct Exchange<'a> {
    table: &'a Table,
    /// Keys of rows to be taken out.
    out: Vec<Line>,
    /// Rows to be put in.
    into: Vec<Line>,
    done: Exchanged,
}

impl Exchange<'_> {
    async fn run(
        &mut self,
        live: &mut AnyConnection,
        scratch: &Store,
        removes: bool,
        writes: bool,
    ) -> Result<(), Failure> {
        let table = self.table;
        let mut stored = Stored::begin(table, live).await?;
        let mut derived = Derived { rows: table.in_order(scratch), next: None };
        derived.go_on().await?;
        while let Some(lines) = stored.next(table, live).await? {
            for line in lines {
                let key = table.key(&line);
                // What comes before it is missing.
                while let Some(missing) = derived.take_before(table, &key).await? {
                    self.put_in(missing, writes, live).await?;
                }
                let right = derived.take_at(table, &key).await?;
                if right.as_ref() != Some(&line) {
                    if removes {
                        self.out.push(key);
                    }
                    if let Some(right) = right {
                        self.put_in(right, writes, live).await?;
                    }
                }
            }
            self.write(live).await?;
        }
        while let Some(missing) = derived.take().await? {
            self.put_in(missing, writes, live).await?;
        }
        self.write(live).await?;
        stored.end(live).await
    }

    async fn put_in(&mut self, line: Line, writes: bool, live: &mut AnyConnection) -> Result<(), Failure> {
        if writes {
            self.into.push(line);
        }
        if self.into.len() >= CHUNK { self.write(live).await } else { Ok(()) }
    }

    async fn write(&mut self, live: &mut AnyConnection) -> Result<(), Failure> {
        let count = |lines: &Vec<Line>| u64::try_from(lines.len()).unwrap_or(u64::MAX);
        self.done.removed += count(&self.out);
        self.done.written += count(&self.into);
        self.table.remove(self.table.name, live, &std::mem::take(&mut self.out)).await?;
        self.table.insert(self.table.name, live, &std::mem::take(&mut self.into)).await
    }
}

/// The live rows in order, as they were when this began.
enum Stored {
    /// Behind a key, which is found in the table's own index; rows that were written meanwhile are before it.
    Behind(Option<Line>, bool),
    /// By a cursor of this name: the order of texts in a Postgres may be another one than ours, and only once is
    /// the table sorted for it.
    Cursor(String),
}

impl Stored {
    async fn begin(table: &Table, live: &mut AnyConnection) -> Result<Self, Failure> {
        if live.backend_name() == "SQLite" {
            return Ok(Self::Behind(None, false));
        }
        let name = format!("live_{}", table.name);
        let declare = format!("DECLARE {name} NO SCROLL CURSOR FOR {}", table.by_bytes());
        sqlx::query(AssertSqlSafe(declare)).persistent(false).execute(live).await?;
        Ok(Self::Cursor(name))
    }

    /// The next ones; `None` behind the last.
    async fn next(&mut self, table: &Table, live: &mut AnyConnection) -> Result<Option<Vec<Line>>, Failure> {
        let lines = match self {
            Self::Behind(_, true) => return Ok(None),
            Self::Behind(last, over) => {
                let lines = table.page(live, last.as_ref(), CHUNK).await?;
                *last = lines.last().map(|line| table.key(line));
                *over = lines.len() < CHUNK;
                lines
            }
            Self::Cursor(name) => {
                let fetch = format!("FETCH {CHUNK} FROM {name}");
                let rows = sqlx::query(AssertSqlSafe(fetch)).persistent(false).fetch_all(live).await?;
                rows.iter().map(|row| table.line(row)).collect::<Result<_, _>>()?
            }
        };
        Ok(Some(lines).filter(|lines| !lines.is_empty()))
    }

    async fn end(self, live: &mut AnyConnection) -> Result<(), Failure> {
        if let Self::Cursor(name) = self {
            sqlx::query(AssertSqlSafe(format!("CLOSE {name}"))).persistent(false).execute(live).await?;
        }
        Ok(())
    }
}

/// The derived rows in order.
struct Derived<'a> {
    rows: BoxStream<'a, Result<Line, Failure>>,
    next: Option<Line>,
}

impl Derived<'_> {
    async fn go_on(&mut self) -> Result<(), Failure> {
        self.next = self.rows.try_next().await?;
        Ok(())
    }

    async fn take(&mut self) -> Result<Option<Line>, Failure> {
        let taken = self.next.take();
        if taken.is_some() {
            self.go_on().await?;
        }
        Ok(taken)
    }

    async fn take_if(&mut self, table: &Table, key: &Line, order: Ordering) -> Result<Option<Line>, Failure> {
        match &self.next {
            Some(next) if table.key(next).cmp(key) == order => self.take().await,
            _ => Ok(None),
        }
    }

    async fn take_before(&mut self, table: &Table, key: &Line) -> Result<Option<Line>, Failure> {
        self.take_if(table, key, Ordering::Less).await
    }

    async fn take_at(&mut self, table: &Table, key: &Line) -> Result<Option<Line>, Failure> {
        self.take_if(table, key, Ordering::Equal).await
    }
}

#[cfg(test)]
mod tests;
