//! Another master key takes over while keys live on; and what stands beside the keys.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

use std::path::Path;
use std::sync::{Arc, Mutex};

use ambient::{Clock, ManualClock, SystemIds};
use jiff::Timestamp;
use scratch::shared::Database;
use sealing::{
    AssociatedData, DataKey, Error, Forgets, KeyStore, MasterKey, MemoryKeyStore, PostgresKeyStore, Rotated,
    Sealer, SqliteKeyStore, Wrappers,
};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

fn sealer(store: &Arc<dyn KeyStore>, wrappers: impl Into<Wrappers>) -> Sealer {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::from_second(1_800_000_000).unwrap()));
    Sealer::new(Arc::clone(store), wrappers, clock, Arc::new(SystemIds))
}

fn master(byte: u8) -> MasterKey {
    MasterKey::from_bytes([byte; 32])
}

fn place(key: &DataKey) -> AssociatedData<'_> {
    AssociatedData {
        event_id: Uuid::from_u128(1),
        stream_id: Uuid::from_u128(2),
        field: "text",
        key_id: key.id(),
    }
}

/// What every store must do alike.
async fn a_new_master_key_takes_over(store: Arc<dyn KeyStore>) {
    let old = sealer(&store, master(1));
    let mut sealed = Vec::new();
    for player in 0..300 {
        let key = old.seal_key("NB", &format!("p-{player}")).await.unwrap();
        sealed.push((key.id().to_owned(), key.seal(&SystemIds, &place(&key), "hej")));
    }
    old.destroy("NB", "p-7").await.unwrap();

    let new = Wrappers::from(master(2));
    let without_the_old = sealer(&store, new.clone());
    assert!(matches!(without_the_old.rotate().await, Err(Error::WrongMasterKey { .. })));
    let both = sealer(&store, new.clone().and_earlier(Arc::new(master(1))));
    both.seal_key("NB", "came-between").await.unwrap();
    assert_eq!(both.rotate().await.unwrap(), Rotated { wrapped_anew: 299, already: 1 });
    assert_eq!(both.rotate().await.unwrap(), Rotated { wrapped_anew: 0, already: 300 }, "a repeat");

    let after = sealer(&store, new);
    for (player, (key_id, text)) in sealed.iter().enumerate() {
        let key = after.open_key(key_id).await.unwrap();
        let opened = key.map(|key| key.open(&place(&key), text).unwrap());
        assert_eq!(opened.as_deref(), if player == 7 { None } else { Some("hej") }, "p-{player}");
    }
    assert!(matches!(after.seal_key("NB", "p-7").await, Err(Error::Erased)));
    let old = sealer(&store, master(1)).seal_key("NB", "p-1").await;
    assert!(matches!(old, Err(Error::WrongMasterKey { .. })), "{old:?}");
}

async fn positions_are_kept(store: &dyn KeyStore) {
    assert_eq!(store.erased_up_to(0).await.unwrap(), 0);
    store.set_erased_up_to(0, 42).await.unwrap();
    store.set_erased_up_to(1, 7).await.unwrap();
    store.set_erased_up_to(0, 41).await.unwrap();
    assert_eq!((store.erased_up_to(0).await.unwrap(), store.erased_up_to(1).await.unwrap()), (41, 7));
}

#[tokio::test]
async fn a_new_master_key_takes_over_in_memory() {
    let store = Arc::new(MemoryKeyStore::new());
    positions_are_kept(store.as_ref()).await;
    a_new_master_key_takes_over(store).await;
}

#[tokio::test]
async fn a_new_master_key_takes_over_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteKeyStore::open(&folder.path().join("keys.db")).await.unwrap());
    positions_are_kept(store.as_ref()).await;
    a_new_master_key_takes_over(store).await;
}

#[tokio::test]
async fn a_new_master_key_takes_over_in_postgres_under_a_services_role() {
    let database = Database::create().await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    sealing::postgres::migrate(&mut admin).await.unwrap();
    let role = format!("keys_of_{}", database.name);
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE ROLE {role} LOGIN")))
        .execute(&mut admin)
        .await
        .unwrap();
    sealing::postgres::grant(&mut admin, &role).await.unwrap();
    let url = database.url.replacen("postgres@", &format!("{role}@"), 1);
    let store = Arc::new(PostgresKeyStore::open(&url).await.unwrap());
    positions_are_kept(store.as_ref()).await;
    a_new_master_key_takes_over(store).await;
    database.drop().await.unwrap();
}

/// A key file as version 1 of the schema left it.
async fn of_version_one(path: &Path) {
    let store: Arc<dyn KeyStore> = Arc::new(SqliteKeyStore::open(path).await.unwrap());
    sealer(&store, master(1)).seal_key("NB", "p").await.unwrap();
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::raw_sql(
        "DROP TABLE erased_up_to; DROP TRIGGER data_key_tombstone_stays;
         CREATE TRIGGER data_key_tombstone_stays BEFORE UPDATE ON data_key
         WHEN OLD.destroyed_at_us IS NOT NULL OR NEW.destroyed_at_us IS NULL
         BEGIN SELECT RAISE(ABORT, 'a key is only ever destroyed, once'); END;
         PRAGMA user_version = 1;",
    )
    .execute(&pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_key_file_of_the_first_version_is_brought_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    of_version_one(&path).await;
    let store: Arc<dyn KeyStore> = Arc::new(SqliteKeyStore::open(&path).await.unwrap());
    let both = sealer(&store, Wrappers::from(master(2)).and_earlier(Arc::new(master(1))));
    assert_eq!(both.rotate().await.unwrap(), Rotated { wrapped_anew: 1, already: 0 });
    assert_eq!(store.erased_up_to(0).await.unwrap(), 0);
}

#[derive(Default)]
struct Holder(Mutex<Vec<String>>);

impl Forgets for Holder {
    fn forget(&self, brand: &str, player: &str) {
        self.0.lock().unwrap().push(format!("{brand}/{player}"));
    }
}

#[tokio::test]
async fn whoever_holds_opened_texts_is_told_of_an_erasure() {
    let store: Arc<dyn KeyStore> = Arc::new(MemoryKeyStore::new());
    let sealer = sealer(&store, master(1));
    let (holder, gone) = (Arc::new(Holder::default()), Arc::new(Holder::default()));
    for one in [&holder, &gone] {
        let weak: std::sync::Weak<dyn Forgets> = Arc::downgrade(&(Arc::clone(one) as Arc<dyn Forgets>));
        sealer.tell(weak);
    }
    drop(gone);
    let before = sealer.erasures();
    sealer.destroy("NB", "p").await.unwrap();
    assert!(sealer.erasures() > before);
    assert_eq!(*holder.0.lock().unwrap(), ["NB/p"]);
}

#[tokio::test]
async fn look_ups_of_a_brand_have_a_key_that_outlives_a_new_master_key() {
    let store: Arc<dyn KeyStore> = Arc::new(MemoryKeyStore::new());
    let both = Wrappers::from(master(2)).and_earlier(Arc::new(master(1)));
    let digest = async |wrappers: Wrappers, brand: &str| {
        sealer(&store, wrappers).index_key(brand).await.unwrap().digest("email", "zoe@example.org")
    };
    let before = digest(master(1).into(), "NB").await;
    sealer(&store, both).rotate().await.unwrap();
    assert_eq!(digest(master(2).into(), "NB").await, before);
    assert_ne!(digest(master(2).into(), "SB").await, before, "each brand has its own");
}

#[tokio::test]
async fn a_schema_of_the_first_version_is_refused_until_it_is_migrated() {
    let database = Database::create().await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    sealing::postgres::migrate(&mut admin).await.unwrap();
    let first = "DROP TABLE keys.erased_up_to; UPDATE keys.schema_version SET version = 1";
    sqlx::raw_sql(first).execute(&mut admin).await.unwrap();
    let refused = PostgresKeyStore::open(&database.url).await;
    assert!(matches!(refused, Err(Error::NotMigrated)), "{refused:?}");
    sealing::postgres::migrate(&mut admin).await.unwrap();
    let store = PostgresKeyStore::open(&database.url).await.unwrap();
    assert_eq!(store.erased_up_to(0).await.unwrap(), 0);
    database.drop().await.unwrap();
}
