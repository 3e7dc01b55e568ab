//! The life of a player's key: made once, shared, cached for a while, destroyed for good.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, ManualClock, SystemIds};
use jiff::Timestamp;
use scratch::shared::Database;
use sealing::{
    AssociatedData, DataKey, Error, KeyStore, MasterKey, MemoryKeyStore, PostgresKeyStore, Sealer,
    SqliteKeyStore,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

const MASTER: [u8; 32] = [42; 32];

fn sealer(store: Arc<dyn KeyStore>, master: [u8; 32]) -> (Sealer, ManualClock) {
    let clock = ManualClock::new(Timestamp::from_second(1_800_000_000).unwrap());
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    (Sealer::new(store, MasterKey::from_bytes(master), shared, Arc::new(SystemIds)), clock)
}

async fn open(path: &Path) -> Arc<SqliteKeyStore> {
    Arc::new(SqliteKeyStore::open(path).await.unwrap())
}

fn place<'a>(key: &'a DataKey, field: &'a str) -> AssociatedData<'a> {
    AssociatedData { event_id: Uuid::from_u128(1), stream_id: Uuid::from_u128(2), field, key_id: key.id() }
}

/// What both stores must do alike.
async fn the_life_of_a_key(store: Arc<dyn KeyStore>) {
    let (sealer, _clock) = sealer(store, MASTER);
    let key = sealer.seal_key("NB", "player-1").await.unwrap();
    assert_eq!(Uuid::parse_str(key.id()).unwrap().get_version_num(), 7);
    assert_eq!(sealer.seal_key("NB", "player-1").await.unwrap().id(), key.id());
    assert_ne!(sealer.seal_key("NB", "player-2").await.unwrap().id(), key.id(), "a key per player");
    assert_ne!(sealer.seal_key("SB", "player-1").await.unwrap().id(), key.id(), "a key per brand");

    let ciphertext = key.seal(&SystemIds, &place(&key, "text"), "hej");
    let opener = sealer.open_key(key.id()).await.unwrap().unwrap();
    assert_eq!(opener.open(&place(&opener, "text"), &ciphertext).unwrap(), "hej");
    let unknown = sealer.open_key("0190-unknown").await;
    assert!(matches!(unknown, Err(Error::UnknownKey { .. })), "{unknown:?}");

    sealer.destroy("NB", "player-1").await.unwrap();
    sealer.destroy("NB", "player-1").await.unwrap();
    assert!(sealer.open_key(key.id()).await.unwrap().is_none());
    assert!(matches!(sealer.seal_key("NB", "player-1").await, Err(Error::Erased)));
    assert!(sealer.seal_key("NB", "player-2").await.is_ok(), "others keep theirs");

    sealer.destroy("NB", "never-seen").await.unwrap();
    assert!(matches!(sealer.seal_key("NB", "never-seen").await, Err(Error::Erased)));
}

#[tokio::test]
async fn a_key_lives_and_dies_in_memory() {
    the_life_of_a_key(Arc::new(MemoryKeyStore::new())).await;
}

#[tokio::test]
async fn a_key_lives_and_dies_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    the_life_of_a_key(open(&folder.path().join("keys.db")).await).await;
}

#[tokio::test]
async fn a_key_lives_and_dies_in_postgres() {
    let (database, url) = postgres().await;
    the_life_of_a_key(Arc::new(PostgresKeyStore::open(&url).await.unwrap())).await;
    database.drop().await.unwrap();
}

/// A database with the keys' schema, and its URL as a service's role.
async fn postgres() -> (Database, String) {
    let database = Database::create().await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    // Twice: repeating it changes nothing.
    sealing::postgres::migrate(&mut admin).await.unwrap();
    sealing::postgres::migrate(&mut admin).await.unwrap();
    let role = format!("keys_of_{}", database.name);
    let create = AssertSqlSafe(format!("CREATE ROLE {role} LOGIN"));
    sqlx::raw_sql(create).execute(&mut admin).await.unwrap();
    sealing::postgres::grant(&mut admin, &role).await.unwrap();
    let url = database.url.replacen("postgres@", &format!("{role}@"), 1);
    (database, url)
}

#[tokio::test]
async fn what_was_sealed_before_a_restart_opens_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let store = open(&path).await;
    let (before, _) = sealer(store.clone(), MASTER);
    let key = before.seal_key("NB", "p").await.unwrap();
    let ciphertext = key.seal(&SystemIds, &place(&key, "text"), "før");
    store.close().await;

    let (after, _) = sealer(open(&path).await, MASTER);
    let key = after.open_key(key.id()).await.unwrap().unwrap();
    assert_eq!(key.open(&place(&key, "text"), &ciphertext).unwrap(), "før");
}

#[tokio::test]
async fn destroyed_stays_destroyed_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let store = open(&path).await;
    let (before, _) = sealer(store.clone(), MASTER);
    let key = before.seal_key("NB", "p").await.unwrap();
    before.destroy("NB", "p").await.unwrap();
    store.close().await;

    let (after, _) = sealer(open(&path).await, MASTER);
    assert!(matches!(after.seal_key("NB", "p").await, Err(Error::Erased)));
    assert!(after.open_key(key.id()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_destroyed_key_is_in_no_file_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("keys.db")).await;
    let (sealer, _) = sealer(store.clone(), MASTER);
    sealer.seal_key("NB", "p").await.unwrap();
    let wrapped = store.find("NB", "p").await.unwrap().unwrap().wrapped.unwrap().bytes;
    let files_with_it = || {
        std::fs::read_dir(folder.path())
            .unwrap()
            .filter(|file| {
                let bytes = std::fs::read(file.as_ref().unwrap().path()).unwrap();
                bytes.windows(wrapped.len()).any(|window| window == wrapped)
            })
            .count()
    };
    assert!(files_with_it() > 0, "the test can see a key that is there");
    sealer.destroy("NB", "p").await.unwrap();
    assert_eq!(files_with_it(), 0);
}

#[tokio::test]
async fn the_database_itself_refuses_to_undo_a_tombstone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let (sealer, _) = sealer(open(&path).await, MASTER);
    sealer.destroy("NB", "p").await.unwrap();
    let url = format!("sqlite://{}", path.display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    for undo in [
        "DELETE FROM data_key",
        "UPDATE data_key SET destroyed_at_us = NULL, wrapped = x'00', wrapped_by = 'm'",
        "UPDATE data_key SET player = 'q'",
    ] {
        assert!(sqlx::query(undo).execute(&pool).await.is_err(), "{undo}");
    }
}

#[tokio::test]
async fn two_services_that_make_the_key_at_once_agree() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    let (one, _) = sealer(open(&path).await, MASTER);
    let (two, _) = sealer(open(&path).await, MASTER);
    for player in 0..20 {
        let player = format!("player-{player}");
        let (key_one, key_two) = tokio::join!(one.seal_key("NB", &player), two.seal_key("NB", &player));
        let (key_one, key_two) = (key_one.unwrap(), key_two.unwrap());
        let ciphertext = key_one.seal(&SystemIds, &place(&key_one, "text"), "enig");
        assert_eq!(key_two.open(&place(&key_two, "text"), &ciphertext).unwrap(), "enig");
    }
}

#[tokio::test]
async fn two_services_that_make_the_key_at_once_in_postgres_agree() {
    let (database, url) = postgres().await;
    let open = async || Arc::new(PostgresKeyStore::open(&url).await.unwrap());
    let ((one, _), (two, _)) = (sealer(open().await, MASTER), sealer(open().await, MASTER));
    for player in 0..20 {
        let player = format!("player-{player}");
        let (key_one, key_two) = tokio::join!(one.seal_key("NB", &player), two.seal_key("NB", &player));
        assert_eq!(key_one.unwrap().id(), key_two.unwrap().id());
    }
    database.drop().await.unwrap();
}

#[tokio::test]
async fn postgres_itself_refuses_to_undo_a_tombstone_even_to_its_administrator() {
    let (database, url) = postgres().await;
    let (sealer, _) = sealer(Arc::new(PostgresKeyStore::open(&url).await.unwrap()), MASTER);
    sealer.seal_key("NB", "alive").await.unwrap();
    sealer.destroy("NB", "p").await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    for undo in [
        "DELETE FROM keys.data_key",
        "TRUNCATE keys.data_key",
        "UPDATE keys.data_key SET destroyed_at_us = NULL, wrapped = '\\x00', wrapped_by = 'm' WHERE player = 'p'",
        "UPDATE keys.data_key SET wrapped = '\\x00' WHERE player = 'alive'",
        "UPDATE keys.data_key SET player = 'q', wrapped = NULL, wrapped_by = NULL, destroyed_at_us = 1 \
         WHERE player = 'alive'",
    ] {
        let refused = sqlx::query(undo).execute(&mut admin).await.unwrap_err().to_string();
        assert!(refused.contains("a key"), "{undo}: {refused}");
    }
    let mut service = PgConnection::connect(&url).await.unwrap();
    for not_granted in ["DELETE FROM keys.data_key", "UPDATE keys.data_key SET player = 'q'"] {
        let refused = sqlx::query(not_granted).execute(&mut service).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied"), "{not_granted}: {refused}");
    }
    database.drop().await.unwrap();
}

#[tokio::test]
async fn a_postgres_without_the_tables_or_with_newer_ones_is_refused() {
    let database = Database::create().await.unwrap();
    let refused = PostgresKeyStore::open(&database.url).await.unwrap_err();
    assert!(matches!(refused, Error::NotMigrated) && refused.to_string().contains("casetrail migrate"));
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    sealing::postgres::migrate(&mut admin).await.unwrap();
    sqlx::query("UPDATE keys.schema_version SET version = 3").execute(&mut admin).await.unwrap();
    let refused = PostgresKeyStore::open(&database.url).await;
    assert!(matches!(refused, Err(Error::NewerSchema { found: 3, known: 2 })), "{refused:?}");
    let serves = "ALTER TABLE keys.schema_version ADD COLUMN compatible_from BIGINT NOT NULL DEFAULT 1";
    sqlx::query(serves).execute(&mut admin).await.unwrap();
    assert!(PostgresKeyStore::open(&database.url).await.is_ok(), "one that serves this program is used");
    database.drop().await.unwrap();
}

#[tokio::test]
async fn another_process_stops_using_a_destroyed_key_when_its_time_is_up() {
    let store: Arc<dyn KeyStore> = Arc::new(MemoryKeyStore::new());
    let (here, _) = sealer(store.clone(), MASTER);
    let (there, there_clock) = sealer(store, MASTER);
    there.seal_key("NB", "p").await.unwrap();
    here.destroy("NB", "p").await.unwrap();
    there_clock.advance(Duration::from_secs(61));
    assert!(matches!(there.seal_key("NB", "p").await, Err(Error::Erased)));
}

#[tokio::test]
async fn the_wrong_master_key_is_called_that() {
    let store: Arc<dyn KeyStore> = Arc::new(MemoryKeyStore::new());
    let (right, _) = sealer(store.clone(), MASTER);
    let key = right.seal_key("NB", "p").await.unwrap();
    let (wrong, _) = sealer(store, [43; 32]);
    for refused in [wrong.seal_key("NB", "p").await.map(Some), wrong.open_key(key.id()).await] {
        let error = refused.unwrap_err();
        assert!(matches!(error, Error::WrongMasterKey { .. }), "{error:?}");
        let given = MasterKey::from_bytes([43; 32]).fingerprint().to_owned();
        assert!(error.to_string().contains(&given), "{error}");
    }
}

#[tokio::test]
async fn a_key_moved_to_another_player_does_not_unwrap() {
    let store = MemoryKeyStore::new();
    let donor = Arc::new(MemoryKeyStore::new());
    let (maker, _) = sealer(donor.clone(), MASTER);
    maker.seal_key("NB", "p").await.unwrap();
    let mut stolen = donor.find("NB", "p").await.unwrap().unwrap();
    "q".clone_into(&mut stolen.player);
    store.insert_if_absent(stolen).await.unwrap();
    let (reader, _) = sealer(Arc::new(store), MASTER);
    assert!(matches!(reader.seal_key("NB", "q").await, Err(Error::Corrupt(_))));
}

#[tokio::test]
async fn a_key_database_of_a_newer_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.db");
    open(&path).await.close().await;
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::raw_sql("PRAGMA user_version = 3").execute(&pool).await.unwrap();
    let refused = SqliteKeyStore::open(&path).await;
    assert!(matches!(refused, Err(Error::NewerSchema { found: 3, known: 2 })), "{refused:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_database_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (sealer, _) = sealer(open(&folder.path().join("keys.db")).await, MASTER);
    sealer.seal_key("NB", "p").await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.path());
    }
}
