//! The service alone, on a real log, bus and gRPC channel, under a clock that stands still until a test
//! moves it. What other stages would record is recorded as they would record it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, ManualClock, SystemIds};
use anyhow::{Context as _, Result};
use case::notifications::{Notification, NotificationKind, NotificationStanding};
use case::routing::agent::{Agent, AgentDesk, Command as AgentCommand, RegisterAgent, agent_stream_id};
use case::{
    Actor, Case, CaseEvent, CaseId, CaseNumber, Channel, Context, Language, Personal, Stage, Team, Tier,
    intake, notifications as stage,
};
use contracts::notifications::v1::notifications_service_client::NotificationsServiceClient;
use event_bus::{EmbeddedBus, Subscription};
use event_log::{EventLog, SqliteLog};
use sealing::{MasterKey, Sealer, SqliteKeyStore};
use serde::Deserialize;
use service_kit::limits::MessageSizes;
use service_kit::server::CallLayer;
use service_kit::{CommandRequest, Executor, MetadataAuthenticator, Parts, Shutdown};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tonic::service::RoutesBuilder;
use tonic::transport::server::TcpIncoming;
use uuid::Uuid;

/// A Wednesday noon in Copenhagen: nobody's quiet hours.
pub(crate) const NOON: &str = "2026-03-11T12:00:00+01:00";

/// Longer than anything takes that works.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) type Client = NotificationsServiceClient<tonic::transport::Channel>;

/// The running service.
pub(crate) struct World {
    /// Its clock.
    pub(crate) clock: ManualClock,
    /// Where mails and webhooks land.
    pub(crate) outbox: PathBuf,
    /// What it was given.
    pub(crate) parts: Parts,
    /// A client of its API.
    pub(crate) client: Client,
    log: Arc<SqliteLog>,
    executor: Executor<Case>,
    subscriptions: Vec<Subscription>,
    _database: crate::stores::Database,
}

#[derive(Deserialize)]
struct File {
    notifications: notifications::Config,
}

/// A configuration: the defaults, and `overrides` (TOML).
pub(crate) fn config(overrides: &str) -> Result<notifications::Config> {
    Ok(service_kit::config::parse::<File>(notifications::DEFAULTS, overrides)?.notifications)
}

/// Records what other stages would: whatever it is told.
struct AsTold;

impl Stage for AsTold {
    const NAME: &'static str = "as_told";
    type Aggregate = Case;
    type Command = Vec<CaseEvent>;
    type Event = CaseEvent;
    type Refusal = stage::Refusal;

    fn decide(
        _: &Case,
        _: Context<'_>,
        told: &Vec<CaseEvent>,
    ) -> std::result::Result<Vec<CaseEvent>, stage::Refusal> {
        Ok(told.clone())
    }
}

/// A case as it is opened.
#[derive(Clone)]
pub(crate) struct Opening {
    pub(crate) player_id: &'static str,
    pub(crate) channel: Channel,
    pub(crate) email: Option<&'static str>,
    pub(crate) language: Language,
    pub(crate) marketing_consent: bool,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            player_id: "player-7",
            channel: Channel::Chat,
            email: Some("freja@example.dk"),
            language: Language::Da,
            marketing_consent: true,
        }
    }
}

impl World {
    /// The names of what follows the log.
    pub(crate) fn consumers(&self) -> impl Iterator<Item = &str> {
        self.subscriptions.iter().map(Subscription::name)
    }

    pub(crate) async fn start(folder: &TempDir, overrides: &str) -> Result<Self> {
        let clock = ManualClock::new(NOON.parse()?);
        Self::start_at(folder, overrides, clock).await
    }

    /// The service over a folder that may have been used before.
    pub(crate) async fn start_at(folder: &TempDir, overrides: &str, clock: ManualClock) -> Result<Self> {
        let data = folder.path().to_owned();
        let shared_clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let ids = Arc::new(SystemIds);
        let log = Arc::new(SqliteLog::open(&data.join("log.db"), Arc::clone(&shared_clock)).await?);
        let as_log: Arc<dyn EventLog> = log.clone();
        let bus = EmbeddedBus::open(
            &data.join("bus.db"),
            Arc::clone(&as_log),
            Arc::clone(&shared_clock),
            ids.clone(),
        )
        .await?;
        let master = MasterKey::from_file_or_create(&data.join("master.key"), ids.as_ref())?;
        let keys = Arc::new(SqliteKeyStore::open(&data.join("keys.db")).await?);
        let (stores, database) =
            crate::stores::stores(&data, "notifications", [&notifications::MIGRATIONS, &history::MIGRATIONS])
                .await;
        let parts = Parts {
            log: as_log,
            database: "sqlite",
            bus: Arc::new(bus),
            clock: Arc::clone(&shared_clock),
            ids: ids.clone(),
            sealer: Arc::new(Sealer::new(keys, master, shared_clock, ids)),
            authenticator: Arc::new(MetadataAuthenticator),
            messages: MessageSizes::default(),
            stores,
            data: data.clone(),
            shutdown: Shutdown::new(),
        };
        let started = notifications::start(&parts, config(overrides)?).await?;
        let mut routes = RoutesBuilder::default();
        (started.register)(&mut routes);
        let client = serve(&parts, routes).await?;
        Ok(Self {
            clock,
            outbox: data.join("outbox"),
            executor: Executor::new(&parts, "as_told"),
            parts,
            client,
            log,
            subscriptions: started.subscriptions,
            _database: database,
        })
    }

    /// The same, after a crash: the log's lock goes with the last thread of the one that crashed.
    pub(crate) async fn start_once_free(
        folder: &TempDir,
        overrides: &str,
        clock: ManualClock,
    ) -> Result<Self> {
        let starting = async {
            loop {
                match Self::start_at(folder, overrides, clock.clone()).await {
                    Err(error) if error.to_string().contains("is being written by process") => {
                        tokio::task::yield_now().await;
                    }
                    started => return started,
                }
            }
        };
        tokio::time::timeout(PATIENCE, starting).await.context("the lock is never given back")?
    }

    /// Stops in order.
    pub(crate) async fn stop(self) {
        self.parts.shutdown.soft().cancel();
        self.parts.bus.shutdown().await;
        self.parts.shutdown.stop(Duration::from_secs(5)).await;
        self.log.close().await;
    }

    /// Opens case `sequence` and waits until the service has taken it in.
    pub(crate) async fn open(&self, sequence: u32, opening: &Opening) -> Result<CaseId> {
        let brand: case::Brand = "NB".parse()?;
        let case = CaseId(self.parts.ids.new_id(self.clock.now()));
        let opened = intake::CaseOpened {
            brand: brand.clone(),
            channel: opening.channel,
            player: intake::Player {
                player_id: opening.player_id.parse()?,
                username: Personal::new("freja"),
                email: opening.email.map(Personal::new),
                time_zone: Some("Europe/Copenhagen".to_owned()),
                tier: Tier::Vip,
                marketing_consent: opening.marketing_consent,
            },
            language: opening.language,
            product: None,
            previous_case: None,
        };
        let number = intake::CaseNumberIssued { number: CaseNumber::new(brand, 2026, sequence) };
        let told: Vec<CaseEvent> =
            vec![intake::Event::CaseOpened(opened).into(), intake::Event::CaseNumberIssued(number).into()];
        self.record(case, told).await?;
        self.settled().await?;
        Ok(case)
    }

    /// Another stage records a fact; returns once everything it causes has been done.
    pub(crate) async fn happens(&self, case: CaseId, event: impl Into<CaseEvent>) -> Result<()> {
        self.record(case, vec![event.into()]).await?;
        self.settled().await
    }

    pub(crate) async fn record(&self, case: CaseId, told: Vec<CaseEvent>) -> Result<()> {
        let request = CommandRequest::<AsTold> {
            stream: case.0,
            command_id: self.parts.ids.new_id(self.clock.now()),
            fingerprint: [0; 32],
            actor: Actor::agent("mette", &[Team::Payments]),
            etag: None,
            causation_id: None,
            answers: None,
            correlation_id: None,
            creates: true,
            command: told,
        };
        self.executor.execute(request).await?;
        Ok(())
    }

    pub(crate) async fn register_agent(&self, agent_id: &str, display_name: &str) -> Result<()> {
        let (brand, agent_id): (case::Brand, case::AgentId) = ("NB".parse()?, agent_id.parse()?);
        let register = RegisterAgent {
            brand: brand.clone(),
            agent_id: agent_id.clone(),
            display_name: display_name.to_owned(),
            teams: vec![Team::Payments],
            languages: vec![Language::Da],
            skills: Vec::new(),
            capacity: 6,
            personal_contact_for: Vec::new(),
        };
        let request = CommandRequest::<AgentDesk> {
            stream: agent_stream_id(&brand, &agent_id),
            command_id: self.parts.ids.new_id(self.clock.now()),
            fingerprint: [0; 32],
            actor: Actor::service("routing"),
            etag: None,
            causation_id: None,
            answers: None,
            correlation_id: None,
            creates: true,
            command: AgentCommand::RegisterAgent(register),
        };
        Executor::<Agent>::new(&self.parts, "routing").execute(request).await?;
        Ok(())
    }

    /// Returns once every consumer has done all there is, and nothing new came of it.
    pub(crate) async fn settled(&self) -> Result<()> {
        let all = async {
            loop {
                let head = self.parts.log.head().await?;
                for subscription in &self.subscriptions {
                    subscription.wait_until(head).await?;
                }
                if self.parts.log.head().await? == head {
                    return Ok(());
                }
            }
        };
        tokio::time::timeout(PATIENCE, all).await.context("it does not come to rest")?
    }

    /// The case as it stands.
    pub(crate) async fn case(&self, case: CaseId) -> Result<Arc<Case>> {
        Ok(self.executor.load_existing(case.0).await?)
    }

    /// The case's only notification of a kind.
    pub(crate) async fn only(&self, case: CaseId, kind: NotificationKind) -> Result<(Uuid, Notification)> {
        let case = self.case(case).await?;
        let mut found = case.notifications.notifications.iter().filter(|(_, one)| one.kind == kind);
        let (id, one) = found.next().with_context(|| format!("no {}", kind.as_str()))?;
        anyhow::ensure!(found.next().is_none(), "more than one {}", kind.as_str());
        Ok((*id, one.clone()))
    }

    /// How many notifications of a kind there are.
    pub(crate) async fn count(&self, case: CaseId, kind: NotificationKind) -> Result<usize> {
        let case = self.case(case).await?;
        Ok(case.notifications.notifications.values().filter(|one| one.kind == kind).count())
    }

    /// Waits until a notification stands as asked: timers wake by themselves.
    pub(crate) async fn until(
        &self,
        case: CaseId,
        id: Uuid,
        standing: NotificationStanding,
    ) -> Result<Notification> {
        self.until_so(case, id, |one| one.standing == standing).await
    }

    /// Waits until something is true of a notification.
    pub(crate) async fn until_so(
        &self,
        case: CaseId,
        id: Uuid,
        so: impl Fn(&Notification) -> bool,
    ) -> Result<Notification> {
        let mut head = self.parts.log.watch();
        let watch = async {
            loop {
                head.borrow_and_update();
                let case = self.case(case).await?;
                if let Some(one) = case.notifications.notifications.get(&id).filter(|one| so(one)) {
                    return anyhow::Ok(one.clone());
                }
                head.changed().await?;
            }
        };
        tokio::time::timeout(PATIENCE, watch).await.context("it does not come about")?
    }

    /// A mail in the outbox, header and decoded text.
    pub(crate) fn mail(&self, id: Uuid) -> Result<String> {
        Ok(std::fs::read_to_string(self.outbox.join(format!("{id}.eml")))?)
    }

    /// A webhook's body in the outbox.
    pub(crate) fn webhook(&self, id: Uuid) -> Result<serde_json::Value> {
        Ok(serde_json::from_str(&std::fs::read_to_string(self.outbox.join(format!("{id}.json")))?)?)
    }

    /// The present moment, in seconds.
    pub(crate) fn clock_seconds(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// Files in the outbox.
    pub(crate) fn outbox_files(&self) -> Result<usize> {
        Ok(std::fs::read_dir(&self.outbox)?.count())
    }
}

async fn serve(parts: &Parts, routes: RoutesBuilder) -> Result<Client> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let soft = parts.shutdown.soft().clone();
    let serving = tonic::transport::Server::builder()
        .layer(CallLayer::new(parts.authenticator.clone(), PATIENCE))
        .add_routes(routes.routes())
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), async move { soft.cancelled().await });
    parts.shutdown.spawn_background(async move {
        serving.await.expect("the server serves");
    });
    let channel = tonic::transport::Channel::from_shared(format!("http://{address}"))?.connect().await?;
    Ok(NotificationsServiceClient::new(channel))
}

/// The number of the `sequence`-th case.
pub(crate) fn number(sequence: u32) -> String {
    CaseNumber::new("NB".parse().expect("a brand"), 2026, sequence).to_string()
}

/// A request by `actor`, such as `agent:mette`.
pub(crate) fn by<T>(actor: &str, message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert("casetrail-actor", actor.parse().expect("an actor"));
    request
}

/// A new request id.
pub(crate) fn request_id() -> String {
    use ambient::Ids as _;
    SystemIds.new_id(ambient::SystemClock.now()).to_string()
}

/// The stable reason of a refusal.
pub(crate) fn reason(status: &tonic::Status) -> String {
    use tonic_types::StatusExt as _;
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}
