//! A history service over a log in memory, and a scribe that records whatever facts a test needs.

use std::sync::Arc;

use ambient::{Clock, ManualClock, SeededIds};
use case::intake::{CaseNumberIssued, CaseOpened, MessageReceived, Player};
use case::routing::{CaseQueued, QueueReason};
use case::{
    Actor, Case, CaseEvent, CaseNumber, Channel, Context, Language, Personal, Refusal, Stage, Team, Tier,
};
use event_bus::EmbeddedBus;
use event_log::{EventLog, MemoryLog};
use history::{CaseDirectory, History};
use sealing::{MasterKey, MemoryKeyStore, Sealer};
use service_kit::limits::MessageSizes;
use service_kit::store::Store;
use service_kit::{CommandRequest, Executor, MetadataAuthenticator, Parts, Shutdown, Stores};
use uuid::Uuid;

/// The case of most tests.
pub(crate) const CASE: Uuid = Uuid::from_u128(0x0199_f2a4_7c1e_7d3a_9b5e_2f6d_8c4a_1b00);

/// Writes facts down as they are, through the same loop as every stage.
pub(crate) struct Scribe;

/// The scribe refuses nothing.
#[derive(Debug, thiserror::Error)]
#[error("never")]
pub(crate) struct Never;

impl Refusal for Never {
    fn reason(&self) -> &'static str {
        "NEVER"
    }
}

impl Stage for Scribe {
    const NAME: &'static str = "scribe";
    type Aggregate = Case;
    type Command = Vec<CaseEvent>;
    type Event = CaseEvent;
    type Refusal = Never;

    fn decide(_: &Case, _: Context<'_>, facts: &Vec<CaseEvent>) -> Result<Vec<CaseEvent>, Never> {
        Ok(facts.clone())
    }
}

/// Everything a test needs.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) parts: Parts,
    pub(crate) executor: Executor<Case>,
    pub(crate) directory: CaseDirectory,
    pub(crate) history: History,
    _data: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let clock = ManualClock::new("2026-11-22T10:00:00Z".parse().unwrap());
        let log = Arc::new(MemoryLog::new(Arc::new(clock.clone())));
        Self::over(clock, log).await
    }

    /// A world whose service reads `log`.
    pub(crate) async fn over(clock: ManualClock, log: Arc<dyn EventLog>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let ids = Arc::new(SeededIds::new(7));
        let time: Arc<dyn Clock> = Arc::new(clock.clone());
        let bus = EmbeddedBus::in_memory(Arc::clone(&log), Arc::clone(&time), ids.clone()).await.unwrap();
        let master = MasterKey::from_bytes([7; 32]);
        let sealer = Sealer::new(Arc::new(MemoryKeyStore::new()), master, Arc::clone(&time), ids.clone());
        let parts = Parts {
            log,
            database: "memory",
            bus: Arc::new(bus),
            clock: time,
            ids,
            sealer: Arc::new(sealer),
            authenticator: Arc::new(MetadataAuthenticator),
            messages: MessageSizes::default(),
            stores: Stores::Folder(data.path().to_owned()),
            data: data.path().to_owned(),
            shutdown: Shutdown::new(),
        };
        let store = Store::open_file(&data.path().join("history.db"), &history::MIGRATIONS).await.unwrap();
        let directory = CaseDirectory::start(&parts, &store, "history").await.unwrap();
        let executor = Executor::new(&parts, "history");
        let trace_url = "https://traces.example/{trace_id}".to_owned();
        let history = History::new(&parts, executor.clone(), directory.clone(), trace_url);
        Self { clock, parts, executor, directory, history, _data: data }
    }

    /// Records facts on the case, as one command of `actor`.
    pub(crate) async fn record(&self, actor: &Actor, facts: Vec<CaseEvent>) {
        let now = self.parts.clock.now();
        let request = CommandRequest::<Scribe> {
            stream: CASE,
            command_id: self.parts.ids.new_id(now),
            fingerprint: [0; 32],
            actor: actor.clone(),
            etag: None,
            causation_id: None,
            answers: None,
            correlation_id: None,
            creates: true,
            command: facts,
        };
        self.executor.execute(request).await.unwrap();
    }

    /// Opens the case and gives it a number: versions 1 and 2.
    pub(crate) async fn open(&self) {
        self.record(&player(), vec![opened(), numbered()]).await;
    }

    /// The player writes `text`.
    pub(crate) async fn write(&self, text: &str) {
        self.record(&player(), vec![message(text)]).await;
    }

    /// The case is queued for payments.
    pub(crate) async fn queue(&self) {
        self.record(&Actor::service("routing"), vec![queued()]).await;
    }
}

/// A call, as the server passes it on.
pub(crate) fn by_an_auditor<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.extensions_mut().insert(service_kit::Caller(Actor::service("auditor")));
    request
}

pub(crate) fn player() -> Actor {
    Actor::player("p-1001")
}

pub(crate) fn mette() -> Actor {
    Actor::agent("mette", &[Team::Payments])
}

pub(crate) fn number() -> CaseNumber {
    CaseNumber::new("NB".parse().unwrap(), 2026, 412)
}

fn opened() -> CaseEvent {
    let player = Player {
        player_id: "p-1001".parse().unwrap(),
        username: Personal::new("freja"),
        email: Some(Personal::new("freja@example.org")),
        time_zone: Some("Europe/Copenhagen".to_owned()),
        tier: Tier::Vip,
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
    CaseEvent::Intake(opened.into())
}

fn numbered() -> CaseEvent {
    CaseEvent::Intake(CaseNumberIssued { number: number() }.into())
}

pub(crate) fn message(text: &str) -> CaseEvent {
    let message =
        MessageReceived { message_id: Uuid::from_u128(1), channel: Channel::Chat, text: Personal::new(text) };
    CaseEvent::Intake(message.into())
}

pub(crate) fn queued() -> CaseEvent {
    let queued = CaseQueued {
        team: Team::Payments,
        skills: Vec::new(),
        queued_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        reason: QueueReason::Triaged,
        preferred_agent: None,
        preferred_until: None,
    };
    CaseEvent::Routing(queued.into())
}
