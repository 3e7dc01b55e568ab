//! A read model's rows derived a second time, in a file of their own beside the live ones: to compare them
//! with those ([`Generation::check`]), or to take their place ([`Generation::switch`]).
//!
//! The file is a SQLite file whatever the live rows are in: the same migrations make its tables, and the
//! same code derives its rows. Nobody serves from it, and nobody fires the timers in it.

mod check;
mod exchange;
mod facts;
mod folds;
mod live;
mod pages;
mod rows;
mod switch;

use std::path::Path;
use std::sync::Arc;

use event_bus::name_on_shard;
use event_log::{Committed, EventLog};
use sqlx::migrate::Migrator;

use super::derivation::{By, Derivation};
use super::{ReadModel, position};
use crate::failure::Failure;
use crate::store::Store;
use case::{CaseEvent, StoredEvent};
use folds::Folds;
use pages::Pages;
use rows::Table;

pub use check::{Checked, Difference};
pub use switch::Switched;

/// How many events are read at a time.
const PAGE: usize = 1_000;
/// How many cases or facts are taken into the rows at a time.
const TOGETHER: usize = 1_024;

/// Rows of one read model, derived from the log as far as one wants.
pub struct Generation {
    derivation: Derivation,
    scratch: Store,
    tables: Vec<Table>,
    shards: Vec<Following>,
}

/// One shard, as far as it is in the rows.
struct Following {
    log: Arc<dyn EventLog>,
    /// What the live position on this shard is kept under.
    name: String,
    reached: u64,
    /// `None` once it could not be brought on.
    folds: Option<Folds>,
}

/// Hears how many events more were read.
pub type Progress<'a> = &'a mut (dyn FnMut(u64) + Send);

impl Generation {
    /// An empty one, over all shards of the log in their order, in a new file, whose tables these migrations
    /// make.
    ///
    /// # Errors
    /// The file cannot be made.
    pub async fn begin(
        derivation: Derivation,
        logs: &[Arc<dyn EventLog>],
        file: &Path,
        migrations: &[&Migrator],
    ) -> Result<Self, Failure> {
        let Some((first, others)) = migrations.split_first() else {
            return Err(Failure::Internal("a read model without tables".to_owned()));
        };
        let scratch = Store::open_scratch(file, first).await?;
        for migrations in others {
            scratch.require(migrations).await?;
        }
        // Rows are found by their keys here, and each index more is written for each row.
        scratch.drop_indexes().await?;
        let model = derivation.model();
        let mut tables = Vec::new();
        for name in model.tables() {
            tables.push(Table::read(&scratch, name, &model).await?);
        }
        let shards = (0..).zip(logs).map(|(number, log)| Following {
            log: Arc::clone(log),
            name: name_on_shard(model.name, number),
            reached: 0,
            folds: Some(Folds::default()),
        });
        let shards = shards.collect();
        Ok(Self { derivation, scratch, tables, shards })
    }

    /// Whose rows.
    pub fn model(&self) -> ReadModel {
        self.derivation.model()
    }

    /// How far the live rows are, shard by shard.
    ///
    /// # Errors
    /// Their database does not answer.
    pub async fn live_positions(&self, live: &Store) -> Result<Vec<u64>, Failure> {
        let mut positions = Vec::with_capacity(self.shards.len());
        for shard in &self.shards {
            positions.push(position(live, &shard.name).await?);
        }
        Ok(positions)
    }

    /// Where the log ends now, shard by shard.
    ///
    /// # Errors
    /// The log does not answer.
    pub async fn heads(&self) -> Result<Vec<u64>, Failure> {
        let mut heads = Vec::with_capacity(self.shards.len());
        for shard in &self.shards {
            heads.push(shard.log.head().await?);
        }
        Ok(heads)
    }

    /// Derives the rows up to these positions, one a shard; where they are further already, they stay.
    ///
    /// # Errors
    /// The log cannot be read, or a fact cannot be taken in.
    pub async fn advance(&mut self, to: &[u64], progress: Progress<'_>) -> Result<(), Failure> {
        for (shard, to) in self.shards.iter_mut().zip(to) {
            shard.advance(&self.derivation.by, &self.scratch, *to, progress).await?;
        }
        Ok(())
    }

    /// Ends it; its file is the caller's.
    pub async fn close(self) {
        self.scratch.close().await;
    }
}

impl Following {
    async fn advance(
        &mut self,
        by: &By,
        scratch: &Store,
        to: u64,
        progress: Progress<'_>,
    ) -> Result<(), Failure> {
        if self.reached >= to {
            return Ok(());
        }
        // What ends half way has taken in nobody knows what.
        let folds = self.folds.take().ok_or_else(|| {
            Failure::Internal(format!("the rows of {} could not be derived before; begin anew", self.name))
        })?;
        let pages = Pages::between(Arc::clone(&self.log), self.reached, to);
        let mut rows = scratch.begin().await?;
        let folds = match by {
            By::Facts(derived) => {
                facts::take_in(pages, &**derived, &mut rows, progress).await?;
                folds
            }
            By::Cases(derived) => folds.take_in(&self.log, pages, derived, &mut rows, progress).await?,
        };
        rows.commit().await?;
        (self.folds, self.reached) = (Some(folds), to);
        Ok(())
    }
}

/// A fact as it is stored: personal texts stay sealed, since no row holds any.
fn read(committed: &Committed) -> Result<CaseEvent, Failure> {
    Ok(CaseEvent::decode(&committed.event_type, committed.schema_version, &committed.payload)?)
}
