//! A log in a database that a test may tamper with as its superuser would, sealed and witnessed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Ids, ManualClock, SeededIds};
use event_log::postgres::Access;
use event_log::{
    Append, Committed, EventLog, Hash, Link, NewEvent, PostgresLog, PostgresLogOptions, SqliteLog,
    chain_hash, genesis_hash,
};
use jiff::Timestamp;
use scratch::shared::Database;
use seals::{
    History, Keyring, Limits, Parts, PostgresSealStore, Report, SealStore, Sealer, SigningKey,
    SqliteSealStore, Witness, check,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

/// Events of one seal.
pub(crate) const RUN: usize = 10;

/// Which database.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// The database as its superuser has it.
enum Superuser {
    Sqlite { log: PathBuf, seals: PathBuf },
    Postgres(Database),
}

pub(crate) struct World {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) store: Arc<dyn SealStore>,
    pub(crate) witnesses: Vec<Arc<dyn SealStore>>,
    pub(crate) keyring: Keyring,
    pub(crate) clock: ManualClock,
    pub(crate) folder: TempDir,
    pub(crate) ids: SeededIds,
    superuser: Superuser,
}

pub(crate) fn start() -> Timestamp {
    Timestamp::from_second(1_750_000_000).unwrap()
}

pub(crate) fn key(byte: u8) -> SigningKey {
    SigningKey::from_seed(&[byte; 32])
}

/// The streams take turns: position 1 is in the first, 2 in the second, 3 in the third, 4 in the first ...
pub(crate) fn stream(number: usize) -> Uuid {
    Uuid::from_u128(0xA0 + number as u128)
}

impl World {
    /// A log with `events` events of three streams; every whole run is sealed by key 1 and witnessed.
    pub(crate) async fn sealed(kind: Kind, events: usize) -> Self {
        let world = Self::empty(kind).await;
        world.append(events).await;
        world.seal(1).await;
        world
    }

    pub(crate) async fn empty(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(start());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let (log, store, superuser): (Arc<dyn EventLog>, Arc<dyn SealStore>, _) = match kind {
            Kind::Sqlite => {
                let (log, seals) = (folder.path().join("log.db"), folder.path().join("seals.db"));
                (
                    Arc::new(SqliteLog::open(&log, shared).await.unwrap()),
                    Arc::new(SqliteSealStore::open(&seals, 0).await.unwrap()),
                    Superuser::Sqlite { log, seals },
                )
            }
            Kind::Postgres => {
                let database = Database::create().await.unwrap();
                let url = migrated(&database).await;
                let log = PostgresLog::open(&url, PostgresLogOptions::default(), shared).await.unwrap();
                let store = PostgresSealStore::open(&url, 0).await.unwrap();
                (Arc::new(log), Arc::new(store), Superuser::Postgres(database))
            }
        };
        let witness = Witness::open(&folder.path().join("witness.jsonl")).await.unwrap();
        let keyring = [key(1).public()].into_iter().collect();
        let ids = SeededIds::new(1);
        Self { log, store, witnesses: vec![Arc::new(witness)], keyring, clock, folder, ids, superuser }
    }

    /// Appends so many events more, one a command.
    pub(crate) async fn append(&self, events: usize) {
        let head = usize::try_from(self.log.head().await.unwrap()).unwrap();
        for number in head..head + events {
            let event = NewEvent {
                event_id: self.ids.new_id(start()),
                event_type: "stage.happened".to_owned(),
                schema_version: 1,
                meta: br#"{"actor":"agent"}"#.to_vec(),
                payload: format!(r#"{{"number":{number}}}"#).into_bytes(),
            };
            let append = Append {
                stream: stream(number % 3),
                tenant: "brand".to_owned(),
                expected_version: (number / 3) as u64,
                command_id: self.ids.new_id(start()),
                fingerprint: [7; 32],
                events: vec![event],
            };
            self.log.append(append).await.unwrap();
            self.clock.advance(Duration::from_micros(1));
        }
    }

    pub(crate) fn sealer(&self, key_byte: u8) -> Sealer {
        let parts = Parts {
            log: self.log.clone(),
            shard: 0,
            store: self.store.clone(),
            witnesses: self.witnesses.clone(),
            key: key(key_byte),
            trusted: self.keyring.clone(),
            clock: Arc::new(self.clock.clone()),
        };
        Sealer::new(parts, Limits { max_events: RUN, ..Limits::default() })
    }

    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Seals every whole run.
    pub(crate) async fn seal(&self, key_byte: u8) {
        self.sealer(key_byte).seal_due().await.unwrap();
    }

    pub(crate) fn history(&self) -> History<'_> {
        History {
            log: &*self.log,
            shard: 0,
            store: &*self.store,
            witnesses: &self.witnesses,
            keyring: &self.keyring,
        }
    }

    pub(crate) async fn check(&self) -> Report {
        check(self.history(), None, &mut |_| ()).await.unwrap()
    }

    pub(crate) async fn events(&self) -> Vec<Committed> {
        self.log.read_all(0, 10_000).await.unwrap()
    }

    /// Takes the guards down and puts these events in the place of all others.
    pub(crate) async fn put(&self, events: &[Committed]) {
        match &self.superuser {
            Superuser::Sqlite { log, .. } => {
                let mut connection = unguarded(log).await;
                sqlx::raw_sql("DELETE FROM event").execute(&mut connection).await.unwrap();
                for event in events {
                    put_sqlite(&mut connection, event).await;
                }
                connection.close().await.unwrap();
            }
            Superuser::Postgres(database) => {
                let mut connection = PgConnection::connect(&database.url).await.unwrap();
                let down = "ALTER TABLE log.event_0 DISABLE TRIGGER USER; DELETE FROM log.event_0";
                sqlx::raw_sql(down).execute(&mut connection).await.unwrap();
                for event in events {
                    put_postgres(&mut connection, event).await;
                }
                let up = "ALTER TABLE log.event_0 ENABLE ALWAYS TRIGGER event_no_change;
                          ALTER TABLE log.event_0 ENABLE ALWAYS TRIGGER event_no_truncate";
                sqlx::raw_sql(up).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// Takes the guards down and runs this on the table of seals, which is called `SEAL` in it.
    pub(crate) async fn run_on_seals(&self, sql: &str) {
        match &self.superuser {
            Superuser::Sqlite { seals, .. } => {
                let mut connection = unguarded(seals).await;
                let sql = AssertSqlSafe(sql.replace("SEAL", "seal"));
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Superuser::Postgres(database) => {
                let mut connection = PgConnection::connect(&database.url).await.unwrap();
                let sql = format!(
                    "ALTER TABLE log.seal DISABLE TRIGGER USER; {};
                     ALTER TABLE log.seal ENABLE ALWAYS TRIGGER seal_no_change;
                     ALTER TABLE log.seal ENABLE ALWAYS TRIGGER seal_no_truncate",
                    sql.replace("SEAL", "log.seal")
                );
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// Throws a database away that others may not be shown.
    pub(crate) async fn end(self) {
        if let Superuser::Postgres(database) = self.superuser {
            database.drop().await.unwrap();
        }
    }
}

/// Makes log and seals in a database; gives the URL of a role that may append and seal.
async fn migrated(database: &Database) -> String {
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    event_log::postgres::migrate(&mut admin, 1).await.unwrap();
    // Twice: repeating it changes nothing.
    seals::postgres::migrate(&mut admin).await.unwrap();
    seals::postgres::migrate(&mut admin).await.unwrap();
    let role = format!("sealer_{}", database.name);
    let create = AssertSqlSafe(format!("CREATE ROLE {role} LOGIN"));
    sqlx::raw_sql(create).execute(&mut admin).await.unwrap();
    event_log::postgres::grant(&mut admin, &role, Access::Write).await.unwrap();
    seals::postgres::grant(&mut admin, &role).await.unwrap();
    admin.close().await.unwrap();
    database.url.replacen("postgres@", &format!("{role}@"), 1)
}

async fn unguarded(path: &std::path::Path) -> SqliteConnection {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    let triggers: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    for trigger in triggers {
        let drop = AssertSqlSafe(format!("DROP TRIGGER {trigger}"));
        sqlx::raw_sql(drop).execute(&mut connection).await.unwrap();
    }
    connection
}

async fn put_sqlite(connection: &mut SqliteConnection, event: &Committed) {
    sqlx::query(
        "INSERT INTO event (shard, position, stream_id, version, tenant, event_id, command_id, command_seq,
                            fingerprint, event_type, schema_version, recorded_at, meta, payload, hash)
         VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(i64::try_from(event.position).unwrap())
    .bind(event.stream.as_bytes().to_vec())
    .bind(i64::try_from(event.version).unwrap())
    .bind(event.tenant.clone())
    .bind(event.event_id.as_bytes().to_vec())
    .bind(event.command_id.as_bytes().to_vec())
    .bind(i64::from(event.command_seq))
    .bind(vec![7_u8; 32])
    .bind(event.event_type.clone())
    .bind(i64::from(event.schema_version))
    .bind(event.recorded_at.as_microsecond())
    .bind(event.meta.clone())
    .bind(event.payload.clone())
    .bind(event.hash.to_vec())
    .execute(connection)
    .await
    .unwrap();
}

async fn put_postgres(connection: &mut PgConnection, event: &Committed) {
    sqlx::query(
        "INSERT INTO log.event VALUES (0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(i64::try_from(event.position).unwrap())
    .bind(event.stream)
    .bind(i64::try_from(event.version).unwrap())
    .bind(event.tenant.clone())
    .bind(event.event_id)
    .bind(event.command_id)
    .bind(i16::try_from(event.command_seq).unwrap())
    .bind(vec![7_u8; 32])
    .bind(event.event_type.clone())
    .bind(i16::try_from(event.schema_version).unwrap())
    .bind(event.recorded_at.as_microsecond())
    .bind(event.meta.clone())
    .bind(event.payload.clone())
    .bind(event.hash.to_vec())
    .execute(connection)
    .await
    .unwrap();
}

/// Computes every hash of one stream anew, as somebody would who knows how.
pub(crate) fn rechain(events: &mut [Committed], stream: Uuid) {
    let mut previous: Hash = genesis_hash(stream);
    for event in events.iter_mut().filter(|event| event.stream == stream) {
        previous = chain_hash(&previous, &Link::from(&*event));
        event.hash = previous;
    }
}

/// Numbers the positions anew, from 1 and without gaps.
pub(crate) fn renumber(events: &mut [Committed]) {
    for (position, event) in (1..).zip(events) {
        event.position = position;
    }
}
