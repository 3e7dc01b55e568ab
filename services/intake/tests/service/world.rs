//! The service with everything around it, in one process. The log outlives the service, so that it can be
//! started again on the same history.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ambient::{Clock, Ids, ManualClock, SeededIds};
use case::{Case, CaseEvent};
use contracts::intake::v1 as pb;
use contracts::intake::v1::intake_service_client::IntakeServiceClient;
use event_bus::{EmbeddedBus, EventBus, Subscription};
use event_log::{EventLog, MemoryLog};
use intake::Config;
use sealing::{MasterKey, MemoryKeyStore, Sealer};
use service_kit::execute::read_event;
use service_kit::limits::MessageSizes;
use service_kit::server::CallLayer;
use service_kit::{Executor, MetadataAuthenticator, Parts, Shutdown};
use tokio::net::TcpListener;
use tonic::service::RoutesBuilder;
use tonic::transport::Channel as Connection;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

#[derive(serde::Deserialize)]
struct File {
    intake: Config,
}

/// What outlives the service.
pub(crate) struct Lasting {
    pub(crate) clock: ManualClock,
    pub(crate) log: Arc<dyn EventLog>,
    ids: Arc<dyn Ids>,
    sealer: Arc<Sealer>,
    requests: AtomicU64,
}

/// The running service.
pub(crate) struct World {
    pub(crate) lasting: Arc<Lasting>,
    pub(crate) client: IntakeServiceClient<Connection>,
    pub(crate) data: tempfile::TempDir,
    pub(crate) parts: Parts,
    _database: crate::stores::Database,
    bus: Arc<EmbeddedBus>,
    subscriptions: Vec<Subscription>,
}

impl Lasting {
    fn new() -> Arc<Self> {
        let clock = ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(7));
        let keys = Arc::new(MemoryKeyStore::new());
        let sealer = Sealer::new(keys, MasterKey::from_bytes([7; 32]), Arc::clone(&shared), Arc::clone(&ids));
        Arc::new(Self {
            clock,
            log: Arc::new(MemoryLog::new(shared)),
            ids,
            sealer: Arc::new(sealer),
            requests: AtomicU64::new(0),
        })
    }
}

impl World {
    /// The names of what follows the log.
    pub(crate) fn consumers(&self) -> impl Iterator<Item = &str> {
        self.subscriptions.iter().map(Subscription::name)
    }

    pub(crate) async fn start() -> Self {
        Self::start_on(Lasting::new(), "").await
    }

    pub(crate) async fn start_with(settings: &str) -> Self {
        Self::start_on(Lasting::new(), settings).await
    }

    /// Stops, and starts again on the same log with nothing else left.
    pub(crate) async fn start_over(self) -> Self {
        self.parts.shutdown.soft().cancel();
        self.bus.shutdown().await;
        self.parts.shutdown.stop(Duration::from_secs(5)).await;
        Self::start_on(self.lasting, "").await
    }

    async fn start_on(lasting: Arc<Lasting>, settings: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(lasting.clock.clone());
        let bus =
            EmbeddedBus::in_memory(Arc::clone(&lasting.log), Arc::clone(&clock), Arc::clone(&lasting.ids));
        let bus = Arc::new(bus.await.unwrap());
        let (stores, database) =
            crate::stores::stores(data.path(), "intake", [&intake::MIGRATIONS, &history::MIGRATIONS]).await;
        let parts = Parts {
            log: Arc::clone(&lasting.log),
            database: "memory",
            bus: bus.clone(),
            clock,
            ids: Arc::clone(&lasting.ids),
            sealer: Arc::clone(&lasting.sealer),
            authenticator: Arc::new(MetadataAuthenticator),
            messages: MessageSizes::default(),
            stores,
            data: data.path().to_owned(),
            shutdown: Shutdown::new(),
        };
        let settings = format!("[intake]\n{settings}\n");
        let config = service_kit::config::parse::<File>(intake::DEFAULTS, &settings).unwrap().intake;
        let started = intake::start(&parts, config).await.unwrap();
        let mut routes = RoutesBuilder::default();
        (started.register)(&mut routes);
        let client = connect(routes, &parts.shutdown).await;
        Self { lasting, client, data, parts, _database: database, bus, subscriptions: started.subscriptions }
    }

    /// A request id that was not used before.
    pub(crate) fn request_id(&self) -> String {
        let number = self.lasting.requests.fetch_add(1, Ordering::SeqCst);
        Uuid::from_u128(0x0001_9111_0000_7000_8000_0000_0000_0000 + u128::from(number)).to_string()
    }

    pub(crate) fn opening(&self, player_id: &str) -> pb::OpenCaseRequest {
        pb::OpenCaseRequest {
            request_id: self.request_id(),
            brand: "NB".to_owned(),
            channel: pb::Channel::Form as i32,
            player: Some(pb::Player {
                player_id: player_id.to_owned(),
                username: "lykke7".to_owned(),
                ..pb::Player::default()
            }),
            text: "Spillet Viking Gold fryser og viser en fejl, når jeg spinner.".to_owned(),
            ..pb::OpenCaseRequest::default()
        }
    }

    pub(crate) async fn open(&self, request: pb::OpenCaseRequest) -> Result<pb::OpenCaseResponse, Status> {
        Ok(self.client.clone().open_case(by_service(request)).await?.into_inner())
    }

    pub(crate) async fn opened(&self, request: pb::OpenCaseRequest) -> pb::CaseRef {
        self.open(request).await.unwrap().case.unwrap()
    }

    pub(crate) async fn shown(&self, case: &str) -> pb::Case {
        let message = pb::GetCaseRequest { case: case.to_owned() };
        self.client.clone().get_case(by_service(message)).await.unwrap().into_inner().case.unwrap()
    }

    pub(crate) async fn folded(&self, case_id: &str) -> Arc<Case> {
        let executor = Executor::<Case>::new(&self.parts, "test");
        executor.load(case_id.parse().unwrap()).await.unwrap()
    }

    /// Every fact of a case, readable.
    pub(crate) async fn facts(&self, case_id: &str) -> Vec<CaseEvent> {
        let mut facts = Vec::new();
        for committed in self.lasting.log.read_stream(case_id.parse().unwrap(), 0, 1_000).await.unwrap() {
            facts.push(read_event(&self.lasting.sealer, &committed).await.unwrap());
        }
        facts
    }

    /// Returns once every consumer has handled all there is, and nothing new came of it.
    pub(crate) async fn settled(&self) -> u64 {
        let settling = async {
            loop {
                let head = self.lasting.log.head().await.unwrap();
                for subscription in &self.subscriptions {
                    subscription.wait_until(head).await.unwrap();
                }
                if self.lasting.log.head().await.unwrap() == head {
                    return head;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), settling).await.expect("everything settles")
    }

    /// Every file of evidence.
    pub(crate) fn evidence(&self) -> Vec<std::path::PathBuf> {
        fn below(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { below(&path, found) } else { found.push(path) }
            }
        }
        let mut found = Vec::new();
        below(&self.data.path().join("evidence"), &mut found);
        found
    }
}

/// A call by a channel's adapter.
pub(crate) fn by_service<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("casetrail-actor", "service:form".parse().unwrap());
    request
}

async fn connect(routes: RoutesBuilder, shutdown: &Shutdown) -> IntakeServiceClient<Connection> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let layer = CallLayer::new(Arc::new(MetadataAuthenticator), Duration::from_secs(30));
    let mut server = tonic::transport::Server::builder().layer(layer);
    let serving = server.add_routes(routes.routes());
    shutdown.spawn_background(async move {
        serving.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap();
    });
    IntakeServiceClient::connect(format!("http://{address}")).await.unwrap()
}

/// The stable reason in an error's details.
pub(crate) fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

/// The fields that an error says are wrong.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    violations.into_iter().map(|one| one.field).collect()
}
