//! Whether the live rows are what the log says, while they are written.
//!
//! The live rows and their positions are read as they are at one moment, and the derived ones brought to the
//! same positions. A row that differs is no proof yet: the rows of a case may be ahead of the position, and
//! a timer may have been fired. So those that differ are looked at again after the services have taken in
//! everything that was recorded by then. A row that both sides left as it was, and that still differs, is
//! wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use ambient::Clock;
use futures_util::{StreamExt, TryStreamExt};

use super::rows::{Line, Side};
use super::{Generation, Progress};
use crate::failure::Failure;
use crate::store::Store;

/// So many rows that differ are looked at again; a check of more stops at these.
const LOOKED_AT: usize = 1_000;
/// How often rows that keep moving are looked at again.
const ROUNDS: usize = 10;
/// How long the services may take to move on before it is taken that none runs. They move a position on every
/// two seconds where no row changes.
const STILL: Duration = Duration::from_secs(6);
const POLL: Duration = Duration::from_millis(50);

/// What a check found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Events that the derived rows are of.
    pub events: u64,
    /// Rows that were compared.
    pub rows: u64,
    /// Rows that are not what the log says, at most 1,000.
    pub differences: Vec<Difference>,
}

/// A row that is not what the log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table it is in.
    pub table: &'static str,
    /// Its key, column by column.
    pub key: Vec<String>,
    /// What is stored: columns and values; `None` if the row is not there.
    pub stored: Option<Vec<(String, String)>>,
    /// What the log says, likewise.
    pub derived: Option<Vec<(String, String)>>,
}

/// Rows that differ, by their table's place and key: what is live, and what is derived.
type Suspects = BTreeMap<(usize, Line), (Option<Line>, Option<Line>)>;

impl Generation {
    /// Compares the live rows with those derived from the log, also while services write them.
    ///
    /// # Errors
    /// A database does not answer, the rows were thrown away meanwhile, or they move too fast to be compared.
    pub async fn check(
        &mut self,
        live: &Store,
        clock: &dyn Clock,
        progress: Progress<'_>,
    ) -> Result<Checked, Failure> {
        // So far without holding a moment of the live rows fast.
        let positions = self.live_positions(live).await?;
        self.advance(&positions, progress).await?;
        let mut suspects = self.first_look(live, clock, progress).await?;
        let mut rows = 0;
        for table in &self.tables {
            rows += table.count(&self.scratch).await?;
        }
        let mut wrong = Vec::new();
        for _ in 0..ROUNDS {
            if suspects.is_empty() {
                break;
            }
            let heads = self.heads().await?;
            let goes_on = self.services_reach(live, &heads).await?;
            let mut again = Suspects::new();
            for (place, pair) in self.look_again(live, &suspects, goes_on, progress).await? {
                let table = &self.tables[place.0];
                if table.agree(pair.0.as_ref(), pair.1.as_ref(), clock.now()) {
                    continue;
                }
                if suspects.get(&place) == Some(&pair) || !goes_on {
                    let spoken = |line: Option<Line>| line.map(|line| table.spoken(&line));
                    wrong.push(Difference {
                        table: table.name,
                        key: place.1.iter().map(ToString::to_string).collect(),
                        stored: spoken(pair.0),
                        derived: spoken(pair.1),
                    });
                } else {
                    again.insert(place, pair);
                }
            }
            suspects = again;
        }
        if !suspects.is_empty() {
            return Err(Failure::Unavailable(format!(
                "{} rows of {} changed each time they were compared; try again",
                suspects.len(),
                self.model().name
            )));
        }
        wrong.sort_by(|one, next| (one.table, &one.key).cmp(&(next.table, &next.key)));
        let events = self.shards.iter().map(|shard| shard.reached).sum();
        Ok(Checked { events, rows, differences: wrong })
    }

    /// Everything that differs at one moment of the live rows.
    async fn first_look(
        &mut self,
        live: &Store,
        clock: &dyn Clock,
        progress: Progress<'_>,
    ) -> Result<Suspects, Failure> {
        let mut moment = live.begin_moment().await?;
        let positions = self.positions_in(&mut moment).await?;
        for table in &self.tables {
            table.copy_all(&mut moment, &self.scratch).await?;
        }
        moment.rollback().await?;
        self.advance_exactly(&positions, progress).await?;
        let mut suspects = Suspects::new();
        for (place, table) in self.tables.iter().enumerate() {
            for side in [Side::Live, Side::Derived] {
                let differing = table.only(side, &self.scratch);
                let room = LOOKED_AT.saturating_sub(suspects.len());
                let keys = differing.map_ok(|line| table.key(&line));
                let keys: Vec<Line> = keys.take(room).try_collect().await?;
                for key in keys {
                    let pair = table.pair(&self.scratch, &key).await?;
                    if !table.agree(pair.0.as_ref(), pair.1.as_ref(), clock.now()) {
                        suspects.insert((place, key), pair);
                    }
                }
            }
        }
        Ok(suspects)
    }

    /// The same rows at a later moment. Where no service runs, the live ones stay as they are, and those that
    /// are ahead of their position are compared with what the log ends with.
    async fn look_again(
        &mut self,
        live: &Store,
        suspects: &Suspects,
        goes_on: bool,
        progress: Progress<'_>,
    ) -> Result<Suspects, Failure> {
        let mut moment = live.begin_moment().await?;
        let positions = self.positions_in(&mut moment).await?;
        for (place, key) in suspects.keys() {
            self.tables[*place].copy_one(&mut moment, &self.scratch, key).await?;
        }
        moment.rollback().await?;
        if goes_on {
            self.advance_exactly(&positions, progress).await?;
        } else {
            let heads = self.heads().await?;
            self.advance(&heads, progress).await?;
        }
        let mut again = Suspects::new();
        for place in suspects.keys() {
            again.insert(place.clone(), self.tables[place.0].pair(&self.scratch, &place.1).await?);
        }
        Ok(again)
    }

    /// Waits until the live rows are as far as this; false if nobody moves them on.
    async fn services_reach(&self, live: &Store, heads: &[u64]) -> Result<bool, Failure> {
        let mut seen = self.live_positions(live).await?;
        let mut moved = tokio::time::Instant::now();
        let mut looks = tokio::time::interval(POLL);
        while seen.iter().zip(heads).any(|(reached, head)| reached < head) {
            if moved.elapsed() > STILL {
                return Ok(false);
            }
            looks.tick().await;
            let now = self.live_positions(live).await?;
            if now != seen {
                (seen, moved) = (now, tokio::time::Instant::now());
            }
        }
        Ok(true)
    }
}
