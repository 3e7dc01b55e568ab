//! Gives out case numbers: running within brand and year, one a case, never one twice.
//!
//! The log holds the truth; the tables here only know what to give out next. They are written before the
//! case is (a number may be left unused when the case is refused), and again from the log by the read
//! model, so that throwing the database away gives no number a second time.

use std::sync::Arc;

use ambient::Clock;
use case::{Brand, CaseId, CaseNumber};
use jiff::tz::TimeZone;
use service_kit::store::Store;
use service_kit::{Failure, Shutdown};
use sqlx::{AnyConnection, Row};

/// Gives out numbers.
pub(crate) struct Numbers {
    store: Store,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
}

impl Numbers {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>, shutdown: Shutdown) -> Self {
        Self { store, clock, shutdown }
    }

    /// The number of this case: the one it has, or the brand's next one of this year (UTC).
    pub(crate) async fn allocate(&self, brand: &Brand, case: CaseId) -> Result<CaseNumber, Failure> {
        let year = u16::try_from(self.clock.now().to_zoned(TimeZone::UTC).year())
            .map_err(|_| Failure::Internal("the clock stands before our era".to_owned()))?;
        let (store, brand) = (self.store.clone(), brand.clone());
        // A task of its own: a caller that goes away cannot leave the transaction half done.
        let task = self.shutdown.spawn(async move { allocate(&store, brand, year, case).await });
        task.await
            .unwrap_or_else(|error| Err(Failure::Internal(format!("a number's allocation ended: {error}"))))
    }
}

async fn allocate(store: &Store, brand: Brand, year: u16, case: CaseId) -> Result<CaseNumber, Failure> {
    // On disk before anybody knows it: a case that is being opened outlives a crash of the database, and would be
    // appended afterwards with a number that was given to another one meanwhile.
    let mut transaction = store.begin().await?;
    let row = sqlx::query(
        "INSERT INTO number_counter (brand, year, last_sequence) VALUES ($1, $2, 1) \
         ON CONFLICT (brand, year) DO UPDATE SET last_sequence = number_counter.last_sequence + 1 \
         RETURNING last_sequence",
    )
    .bind(brand.as_str())
    .bind(i64::from(year))
    .fetch_one(&mut *transaction)
    .await?;
    let number = number(brand, i64::from(year), row.try_get(0)?)?;
    if insert(&mut transaction, case, &number).await? {
        transaction.commit().await?;
        return Ok(number);
    }
    // Whoever came first with this case has settled its number; then this one stays free.
    transaction.rollback().await?;
    let settled = find(&mut *store.pool().acquire().await?, case).await?;
    settled.ok_or_else(|| Failure::Internal("a number was allocated and is not there".to_owned()))
}

/// Writes down a number that the log holds: it is taken, and the next one is higher.
pub(crate) async fn record(
    rows: &mut AnyConnection,
    case: CaseId,
    number: &CaseNumber,
) -> Result<(), Failure> {
    if find(rows, case).await?.as_ref() == Some(number) {
        // Almost always: and whoever opens a case meanwhile does not wait for the counter.
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO number_counter (brand, year, last_sequence) VALUES ($1, $2, $3) \
         ON CONFLICT (brand, year) DO UPDATE SET last_sequence = excluded.last_sequence \
         WHERE number_counter.last_sequence < excluded.last_sequence",
    )
    .bind(number.brand().as_str())
    .bind(i64::from(number.year()))
    .bind(i64::from(number.sequence()))
    .execute(&mut *rows)
    .await?;
    insert(rows, case, number).await?;
    Ok(())
}

/// Settles a case's number; false if the case, or another one by this number, was faster.
async fn insert(rows: &mut AnyConnection, case: CaseId, number: &CaseNumber) -> Result<bool, Failure> {
    let done = sqlx::query(
        "INSERT INTO allocated_number (case_id, brand, year, sequence) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING",
    )
    .bind(case.to_string())
    .bind(number.brand().as_str())
    .bind(i64::from(number.year()))
    .bind(i64::from(number.sequence()))
    .execute(rows)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn find(rows: &mut AnyConnection, case: CaseId) -> Result<Option<CaseNumber>, Failure> {
    let row = sqlx::query("SELECT brand, year, sequence FROM allocated_number WHERE case_id = $1")
        .bind(case.to_string())
        .fetch_optional(rows)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let brand: String = row.try_get(0)?;
    let brand = brand.parse().map_err(|error: case::InvalidId| Failure::Internal(error.to_string()))?;
    number(brand, row.try_get(1)?, row.try_get(2)?).map(Some)
}

fn number(brand: Brand, year: i64, sequence: i64) -> Result<CaseNumber, Failure> {
    match (u16::try_from(year), u32::try_from(sequence)) {
        (Ok(year), Ok(sequence)) => Ok(CaseNumber::new(brand, year, sequence)),
        _ => Err(Failure::Internal(format!("{brand} has no more numbers in {year}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::time::Duration;

    use ambient::ManualClock;
    use sqlx::Connection;
    use uuid::Uuid;

    use super::*;

    async fn open(folder: &Path) -> Store {
        Store::open_file(&folder.join("intake.db"), &crate::MIGRATIONS).await.unwrap()
    }

    fn clock() -> ManualClock {
        ManualClock::new("2026-12-31T23:00:00Z".parse().unwrap())
    }

    fn numbers(store: &Store, clock: &ManualClock) -> Numbers {
        Numbers::new(store.clone(), Arc::new(clock.clone()), Shutdown::new())
    }

    fn brand(letters: &str) -> Brand {
        letters.parse().unwrap()
    }

    fn case(id: u128) -> CaseId {
        CaseId(Uuid::from_u128(id))
    }

    #[tokio::test]
    async fn many_at_once_get_every_number_once_without_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let numbers = numbers(&open(folder.path()).await, &clock());
        let brand = brand("NB");
        let calls = (1..=40).map(|id| numbers.allocate(&brand, case(id)));
        let given = futures_util::future::try_join_all(calls).await.unwrap();
        let sequences: BTreeSet<u32> = given.iter().map(CaseNumber::sequence).collect();
        assert_eq!(sequences, (1..=40).collect());
    }

    #[tokio::test]
    async fn a_case_keeps_its_number_however_often_it_asks_even_at_once_or_next_year() {
        let folder = tempfile::tempdir().unwrap();
        let (store, clock) = (open(folder.path()).await, clock());
        let numbers = numbers(&store, &clock);
        let brand = brand("NB");
        let calls = (0..8).map(|_| numbers.allocate(&brand, case(7)));
        let given = futures_util::future::try_join_all(calls).await.unwrap();
        clock.advance(Duration::from_hours(2));
        let later = numbers.allocate(&brand, case(7)).await.unwrap();
        assert!(given.iter().all(|number| *number == later), "{given:?}");
        assert_eq!((later.year(), later.sequence()), (2026, 1));
        assert_eq!(numbers.allocate(&brand, case(8)).await.unwrap().to_string()[..14], *"NB-2027-000001");
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_leaves_a_whole_number_and_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let shutdown = Shutdown::new();
        let numbers = Numbers::new(store.clone(), Arc::new(clock()), shutdown.clone());
        let brand = brand("NB");
        // Polled once: the transaction is under way when its caller leaves.
        let mut call = Box::pin(numbers.allocate(&brand, case(1)));
        assert!(futures_util::poll!(call.as_mut()).is_pending());
        drop(call);
        assert!(shutdown.stop(Duration::from_secs(5)).await, "the allocation ends by itself");
        let kept = find(&mut store.begin().await.unwrap(), case(1)).await.unwrap();
        assert_eq!(kept.unwrap().sequence(), 1);
    }

    #[tokio::test]
    async fn every_brand_counts_for_itself() {
        let folder = tempfile::tempdir().unwrap();
        let numbers = numbers(&open(folder.path()).await, &clock());
        for (id, letters, sequence) in [(1, "NB", 1), (2, "DK", 1), (3, "NB", 2)] {
            let given = numbers.allocate(&brand(letters), case(id)).await.unwrap();
            assert_eq!((given.brand().as_str(), given.sequence()), (letters, sequence));
        }
    }

    #[tokio::test]
    async fn a_number_that_the_log_holds_is_not_given_again_after_the_store_was_deleted() {
        let before = tempfile::tempdir().unwrap();
        let first = numbers(&open(before.path()).await, &clock());
        let mut in_the_log = Vec::new();
        for id in 1..=3 {
            in_the_log.push((case(id), first.allocate(&brand("NB"), case(id)).await.unwrap()));
        }
        let after = tempfile::tempdir().unwrap();
        let store = open(after.path()).await;
        let mut transaction = store.begin().await.unwrap();
        // The read model may come across the same case many times.
        for (case, number) in in_the_log.iter().rev().chain(&in_the_log) {
            record(&mut transaction, *case, number).await.unwrap();
        }
        transaction.commit().await.unwrap();
        let second = numbers(&store, &clock());
        assert_eq!(second.allocate(&brand("NB"), case(4)).await.unwrap().sequence(), 4);
        assert_eq!(second.allocate(&brand("NB"), case(2)).await.unwrap(), in_the_log[1].1);
    }

    #[tokio::test]
    async fn replicas_on_postgres_get_every_number_once_without_a_gap_and_a_case_the_same_from_both() {
        let database = scratch::shared::Database::create().await.unwrap();
        let mut admin = sqlx::PgConnection::connect(&database.url).await.unwrap();
        service_kit::store::migrate_postgres(&mut admin, "intake", &crate::MIGRATIONS).await.unwrap();
        let open =
            async || Store::open_postgres(&database.url, "intake", &crate::MIGRATIONS, 8).await.unwrap();
        let replicas = [numbers(&open().await, &clock()), numbers(&open().await, &clock())];
        let brand = brand("NB");
        // Every case asks twice at once, mostly in different replicas.
        let calls = (0..60).map(|id| replicas[usize::from(id % 2 == 0)].allocate(&brand, case(id % 30 + 1)));
        let given = futures_util::future::try_join_all(calls).await.unwrap();
        let sequences: BTreeSet<u32> = given.iter().map(CaseNumber::sequence).collect();
        assert_eq!(sequences, (1..=30).collect());
        assert_eq!(given[..30], given[30..]);
        database.drop().await.unwrap();
    }

    /// A case that is being opened outlives a crash of the database, and is appended afterwards with its number.
    #[tokio::test]
    async fn a_number_that_was_given_is_not_given_again_after_a_crash_of_the_database() {
        let mut server = scratch::Postgres::start().await.unwrap();
        let url = server.url("postgres");
        let mut admin = sqlx::PgConnection::connect(&url).await.unwrap();
        service_kit::store::migrate_postgres(&mut admin, "intake", &crate::MIGRATIONS).await.unwrap();
        for late in ["ALTER SYSTEM SET wal_writer_delay = '10s'", "SELECT pg_reload_conf()"] {
            sqlx::raw_sql(late).execute(&mut admin).await.unwrap();
        }
        let open = async || Store::open_postgres(&url, "intake", &crate::MIGRATIONS, 2).await.unwrap();
        let before = numbers(&open().await, &clock());
        let mut given = BTreeSet::new();
        for id in 1..=20 {
            given.insert(before.allocate(&brand("NB"), case(id)).await.unwrap());
        }
        server.crash().await.unwrap();
        server.start_again().await.unwrap();
        let after = numbers(&open().await, &clock());
        let next = after.allocate(&brand("NB"), case(21)).await.unwrap();
        assert!(!given.contains(&next), "{next} belongs to a case already");
    }
}
