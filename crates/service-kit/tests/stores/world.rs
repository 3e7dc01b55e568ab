//! One database, and as many replicas over it and one log as a test wants.

use std::sync::Arc;

use ambient::{Clock, Ids, ManualClock, SystemIds};
use case::intake::{CaseNumberIssued, CaseOpened, Player};
use case::{
    Actor, Case, CaseEvent, CaseNumber, Channel, Context, Language, Personal, Stage, Tier, notifications,
};
use event_bus::EmbeddedBus;
use event_log::{Append, EventLog, MemoryLog, NewEvent};
use scratch::shared::Database;
use sealing::{MasterKey, MemoryKeyStore, Sealer};
use service_kit::limits::MessageSizes;
use service_kit::store::{CONNECTIONS, Store, migrate_postgres};
use service_kit::{CommandRequest, MetadataAuthenticator, Parts, Shutdown, Stores};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("tests/stores/migrations");

/// The service's name.
pub(crate) const SCHEMA: &str = "watching";

/// Where the rows of all replicas are.
pub(crate) enum Place {
    File(tempfile::TempDir),
    Postgres { database: Box<Database>, as_service: String },
}

impl Place {
    pub(crate) fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    /// A migrated schema, used by a role that owns nothing.
    pub(crate) async fn postgres() -> Self {
        let database = Database::create().await.unwrap();
        let mut admin = PgConnection::connect(&database.url).await.unwrap();
        migrate_postgres(&mut admin, SCHEMA, &MIGRATIONS).await.unwrap();
        let role = format!("kit_{}", database.name);
        let rights = format!(
            "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {SCHEMA} TO {role}; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA} TO {role}"
        );
        sqlx::raw_sql(AssertSqlSafe(rights)).execute(&mut admin).await.unwrap();
        let as_service = database.url.replacen("postgres@", &format!("{role}@"), 1);
        Self::Postgres { database: Box::new(database), as_service }
    }

    pub(crate) fn stores(&self) -> Stores {
        match self {
            Self::File(folder) => Stores::Folder(folder.path().to_owned()),
            Self::Postgres { as_service, .. } => Stores::postgres(as_service),
        }
    }

    /// Another replica's way into it.
    pub(crate) async fn open(&self) -> Store {
        match self.stores() {
            Stores::Folder(folder) => {
                Store::open_file(&folder.join("watching.db"), &MIGRATIONS).await.unwrap()
            }
            Stores::Postgres { url, .. } => {
                Store::open_postgres(&url, SCHEMA, &MIGRATIONS, CONNECTIONS).await.unwrap()
            }
        }
    }

    /// Throws it away.
    pub(crate) async fn remove(self) {
        if let Self::Postgres { database, .. } = self {
            (*database).drop().await.unwrap();
        }
    }
}

/// A log with facts that mean nothing, and its clock.
pub(crate) struct World {
    pub(crate) place: Place,
    pub(crate) clock: ManualClock,
    pub(crate) log: Arc<dyn EventLog>,
}

impl World {
    pub(crate) fn over(place: Place) -> Self {
        let clock = ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap());
        let log = Arc::new(MemoryLog::new(Arc::new(clock.clone())));
        Self { place, clock, log }
    }

    /// The same place, with another log: empty, as if restored from the very first backup.
    pub(crate) fn with_an_older_log(self) -> Self {
        let log = Arc::new(MemoryLog::new(Arc::new(self.clock.clone())));
        Self { log, ..self }
    }

    /// What a replica is given.
    pub(crate) async fn replica(&self) -> Parts {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let bus = EmbeddedBus::in_memory(Arc::clone(&self.log), Arc::clone(&clock), Arc::clone(&ids));
        let keys = Arc::new(MemoryKeyStore::new());
        let sealer = Sealer::new(keys, MasterKey::from_bytes([7; 32]), Arc::clone(&clock), Arc::clone(&ids));
        Parts {
            log: Arc::clone(&self.log),
            database: "memory",
            bus: Arc::new(bus.await.unwrap()),
            clock,
            ids,
            sealer: Arc::new(sealer),
            authenticator: Arc::new(MetadataAuthenticator),
            messages: MessageSizes::default(),
            stores: self.place.stores(),
            data: std::env::temp_dir(),
            shutdown: Shutdown::new(),
        }
    }

    /// Records `events` facts in a stream of this number; the position of the last.
    pub(crate) async fn record(&self, stream: u64, events: usize) -> u64 {
        let stream = Uuid::from_u128(u128::from(stream));
        let known = self.log.read_stream(stream, 0, 1_000).await.unwrap().len();
        let new_id = || SystemIds.new_id(self.clock.now());
        let event = || NewEvent {
            event_id: new_id(),
            event_type: "watched.thing_happened".to_owned(),
            schema_version: 1,
            meta: b"{}".to_vec(),
            payload: b"{}".to_vec(),
        };
        let append = Append {
            stream,
            tenant: "NB".to_owned(),
            expected_version: u64::try_from(known).unwrap(),
            command_id: new_id(),
            fingerprint: [0; 32],
            events: (0..events).map(|_| event()).collect(),
        };
        self.log.append(append).await.unwrap().last_position
    }
}

/// Opens a case once, and gives it its number.
pub(crate) struct Opening;

impl Stage for Opening {
    const NAME: &'static str = "opening";
    type Aggregate = Case;
    type Command = ();
    type Event = CaseEvent;
    type Refusal = notifications::Refusal;

    fn decide(case: &Case, _: Context<'_>, (): &()) -> Result<Vec<CaseEvent>, notifications::Refusal> {
        if case.version > 0 {
            return Ok(Vec::new());
        }
        let player = Player {
            player_id: "p-1".parse().unwrap(),
            username: Personal::new("lykke7"),
            email: None,
            time_zone: None,
            tier: Tier::Standard,
            marketing_consent: false,
        };
        let opened = CaseOpened {
            brand: "NB".parse().unwrap(),
            channel: Channel::Chat,
            player,
            language: Language::Da,
            product: None,
            previous_case: None,
        };
        let number = CaseNumberIssued { number: CaseNumber::new("NB".parse().unwrap(), 2026, 412) };
        Ok(vec![CaseEvent::Intake(opened.into()), CaseEvent::Intake(number.into())])
    }
}

/// The command that opens case 7.
pub(crate) fn open_case() -> CommandRequest<Opening> {
    CommandRequest {
        stream: Uuid::from_u128(7),
        command_id: Uuid::from_u128(8),
        fingerprint: [0; 32],
        actor: Actor::service("opening"),
        etag: None,
        causation_id: None,
        answers: None,
        correlation_id: None,
        creates: true,
        command: (),
    }
}
