//! The service with everything around it, in one process.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ambient::{Clock, Ids, ManualClock, SeededIds};
use case::intake::{CaseNumberIssued, CaseOpened, Player};
use case::routing::{AssignedBy, CaseAssigned};
use case::{Actor, CaseEvent, CaseNumber, Channel, Language, Personal, StoredEvent, Team, Tier};
use contracts::payments_escalation::v1 as pb;
use contracts::payments_escalation::v1::payments_escalation_service_client::PaymentsEscalationServiceClient;
use event_bus::{EmbeddedBus, Subscription};
use event_log::{Append, Committed, EventLog, MemoryLog, NewEvent};
use jiff::Timestamp;
use payments_escalation::{Config, Gateway, HttpGateway};
use sandbox_gateway::{Running, SandboxGateway};
use sealing::{MasterKey, MemoryKeyStore, Sealer};
use service_kit::limits::MessageSizes;
use service_kit::server::CallLayer;
use service_kit::{EventMeta, MetadataAuthenticator, Parts, Shutdown};
use tokio::net::TcpListener;
use tonic::service::RoutesBuilder;
use tonic::transport::Channel as Connection;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

pub(crate) const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
/// How long the sandbox lets a late reply wait.
pub(crate) const LATE: Duration = Duration::from_mins(10);

#[derive(serde::Deserialize)]
struct File {
    payments_escalation: Config,
}

/// Everything that runs.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) bus: Arc<EmbeddedBus>,
    pub(crate) client: PaymentsEscalationServiceClient<Connection>,
    pub(crate) callback_url: String,
    pub(crate) sandbox: Running,
    subscriptions: Vec<Subscription>,
    pub(crate) parts: Parts,
    requests: AtomicU64,
    _data: (tempfile::TempDir, crate::stores::Database),
}

/// What a test puts in the place of a part.
#[derive(Default)]
pub(crate) struct Instead {
    pub(crate) gateway: Option<Arc<dyn Gateway>>,
    pub(crate) log: Option<Arc<dyn EventLog>>,
}

pub(crate) fn start_of_time() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

impl World {
    /// The names of what follows the log.
    pub(crate) fn consumers(&self) -> impl Iterator<Item = &str> {
        self.subscriptions.iter().map(Subscription::name)
    }

    pub(crate) async fn start() -> Self {
        let clock = ManualClock::new(start_of_time());
        Self::start_with(clock, Instead::default()).await
    }

    pub(crate) async fn start_with(clock: ManualClock, instead: Instead) -> Self {
        let data = tempfile::tempdir().unwrap();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(7));
        let log = instead.log.unwrap_or_else(|| Arc::new(MemoryLog::new(Arc::clone(&shared))));
        let bus =
            EmbeddedBus::in_memory(Arc::clone(&log), Arc::clone(&shared), Arc::clone(&ids)).await.unwrap();
        let bus = Arc::new(bus);
        let shutdown = Shutdown::new();
        let sealer = Sealer::new(
            Arc::new(MemoryKeyStore::new()),
            MasterKey::from_bytes([7; 32]),
            Arc::clone(&shared),
            Arc::clone(&ids),
        );
        let (stores, database) = crate::stores::stores(
            data.path(),
            "payments_escalation",
            [&payments_escalation::MIGRATIONS, &history::MIGRATIONS],
        )
        .await;
        let parts = Parts {
            log: Arc::clone(&log),
            database: "memory",
            bus: bus.clone(),
            clock: Arc::clone(&shared),
            ids,
            sealer: Arc::new(sealer),
            authenticator: Arc::new(MetadataAuthenticator),
            messages: MessageSizes::default(),
            stores,
            data: data.path().to_owned(),
            shutdown: shutdown.clone(),
        };
        let http = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let callback_url =
            format!("http://{}{}", http.local_addr().unwrap(), payments_escalation::CALLBACK_PATH);
        let sandbox = sandbox_gateway::Config {
            late_reply_ms: u64::try_from(LATE.as_millis()).unwrap(),
            ..sandbox_gateway::Config::with_secret(SECRET)
        };
        let sandbox = SandboxGateway::start(sandbox, shared, shutdown.soft().clone()).await.unwrap();
        let settings = format!(
            "[payments_escalation.gateway]\nurl = '{}'\ncallback_url = '{callback_url}'\ncallback_secret = '{SECRET}'\n",
            sandbox.url()
        );
        let config = service_kit::config::parse::<File>(payments_escalation::DEFAULTS, &settings).unwrap();
        let config = config.payments_escalation;
        let gateway = match instead.gateway {
            Some(gateway) => gateway,
            None => Arc::new(HttpGateway::new(&config.gateway).unwrap()),
        };
        let started = payments_escalation::start_with(&parts, &config, gateway).await.unwrap();
        let mut routes = RoutesBuilder::default();
        (started.register)(&mut routes);
        shutdown.spawn_background(async move { axum::serve(http, started.http).await.unwrap() });
        let grpc = serve_grpc(routes, &shutdown).await;
        let client = PaymentsEscalationServiceClient::connect(format!("http://{grpc}")).await.unwrap();
        Self {
            clock,
            log,
            bus,
            client,
            callback_url,
            sandbox,
            subscriptions: started.subscriptions,
            parts,
            requests: AtomicU64::new(0),
            _data: (data, database),
        }
    }

    /// A case that mette of general support owns; its id.
    pub(crate) async fn open_case(&self, sequence: u32) -> Uuid {
        let case = Uuid::from_u128(0x0001_9000_0000_7000_8000_0000_0000_0000 + u128::from(sequence));
        let opened = CaseOpened {
            brand: "NB".parse().unwrap(),
            channel: Channel::Chat,
            player: Player {
                player_id: "p-77".parse().unwrap(),
                username: Personal::new("lykke7"),
                email: None,
                time_zone: None,
                tier: Tier::Standard,
                marketing_consent: false,
            },
            language: Language::Da,
            product: None,
            previous_case: None,
        };
        let number = CaseNumber::new("NB".parse().unwrap(), 2026, sequence);
        let assigned = CaseAssigned {
            agent_id: "mette".parse().unwrap(),
            team: Team::General,
            by: AssignedBy::Offer,
            weight: 2,
            channel: Channel::Chat,
        };
        let facts: Vec<CaseEvent> = vec![
            case::intake::Event::from(opened).into(),
            case::intake::Event::from(CaseNumberIssued { number }).into(),
            case::routing::Event::from(assigned).into(),
        ];
        let meta = EventMeta {
            actor: Actor::service("intake"),
            causation_id: None,
            correlation_id: case,
            traceparent: None,
            service: "intake".to_owned(),
            spoken_name: None,
        };
        let events = facts
            .iter()
            .zip(1_u128..)
            .map(|(fact, index)| NewEvent {
                event_id: Uuid::from_u128(case.as_u128() * 16 + index),
                event_type: fact.stored_name().to_owned(),
                schema_version: fact.schema_version(),
                meta: serde_json::to_vec(&meta).unwrap(),
                payload: fact.encode().unwrap(),
            })
            .collect();
        let append = Append {
            stream: case,
            tenant: "NB".to_owned(),
            expected_version: 0,
            command_id: case,
            fingerprint: [0; 32],
            events,
        };
        self.log.append(append).await.unwrap();
        case
    }

    /// A request id that was not used before.
    pub(crate) fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        Uuid::from_u128(0x0001_9111_0000_7000_8000_0000_0000_0000 + u128::from(number)).to_string()
    }

    /// A call by an agent of these teams, with a second factor proved just now.
    pub(crate) fn by<T>(&self, agent: &str, teams: &str, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        metadata.insert("casetrail-actor", format!("agent:{agent}").parse().unwrap());
        metadata.insert("casetrail-teams", teams.parse().unwrap());
        metadata.insert("casetrail-second-factor-time", self.clock.now().to_string().parse().unwrap());
        request
    }

    /// A call by an agent of team payments.
    pub(crate) fn payments<T>(&self, agent: &str, message: T) -> Request<T> {
        self.by(agent, "payments", message)
    }

    pub(crate) fn escalation_of(&self, case: Uuid, transaction_id: &str) -> pb::EscalatePaymentRequest {
        pb::EscalatePaymentRequest {
            request_id: self.request_id(),
            etag: String::new(),
            case: case.to_string(),
            kind: pb::EscalationKind::WithdrawalLate as i32,
            transaction_id: transaction_id.to_owned(),
            amount: Some(dkk(1_250_000)),
            method: pb::PaymentMethod::BankTransfer as i32,
            summary: "Withdrawal of 12,500.00 DKK has not arrived".to_owned(),
        }
    }

    /// An escalated case, and every consequence that does not wait for the clock.
    pub(crate) async fn escalated(&self, sequence: u32, transaction_id: &str) -> Uuid {
        let case = self.open_case(sequence).await;
        let request = self.by("mette", "general", self.escalation_of(case, transaction_id));
        self.client.clone().escalate_payment(request).await.unwrap();
        self.settled().await;
        case
    }

    /// Proposes a payout of the escalated transaction as anna; the proposal's id.
    pub(crate) async fn proposed(&self, case: Uuid, transaction_id: &str, minor_units: i64) -> String {
        let request = self.payments("anna", self.proposal_of(case, transaction_id, minor_units));
        self.client.clone().propose_resolution(request).await.unwrap().into_inner().proposal_id
    }

    pub(crate) fn proposal_of(
        &self,
        case: Uuid,
        transaction_id: &str,
        minor_units: i64,
    ) -> pb::ProposeResolutionRequest {
        pb::ProposeResolutionRequest {
            request_id: self.request_id(),
            etag: String::new(),
            case: case.to_string(),
            kind: pb::ProposalKind::Payout as i32,
            transaction_id: transaction_id.to_owned(),
            amount: Some(dkk(minor_units)),
        }
    }

    /// Approves as `agent`; how many approvals are still due.
    pub(crate) async fn approve(
        &self,
        agent: &str,
        case: Uuid,
        proposal_id: &str,
        minor_units: i64,
    ) -> Result<i32, Status> {
        let message = pb::ApproveResolutionRequest {
            request_id: self.request_id(),
            etag: String::new(),
            case: case.to_string(),
            proposal_id: proposal_id.to_owned(),
            amount: Some(dkk(minor_units)),
        };
        let answer = self.client.clone().approve_resolution(self.payments(agent, message)).await?;
        Ok(answer.into_inner().remaining_approvals)
    }

    pub(crate) async fn escalation(&self, case: Uuid) -> pb::Escalation {
        let message = pb::GetEscalationRequest { case: case.to_string() };
        let answer = self.client.clone().get_escalation(self.by("mette", "general", message)).await.unwrap();
        answer.into_inner().escalation.unwrap()
    }

    /// Returns once every consumer has handled all there is, and nothing new came of it.
    pub(crate) async fn settled(&self) {
        let settling = async {
            loop {
                let head = self.log.head().await.unwrap();
                for subscription in &self.subscriptions {
                    subscription.wait_until(head).await.unwrap();
                }
                if self.log.head().await.unwrap() == head {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), settling).await.expect("everything settles");
    }

    /// Waits until the escalation has come this far.
    pub(crate) async fn reaches(&self, case: Uuid, progress: pb::Progress) -> pb::Escalation {
        self.until(case, &format!("{progress:?}"), |escalation| escalation.progress == progress as i32).await
    }

    /// Waits until the escalation is as wanted: looks again after every append.
    pub(crate) async fn until(
        &self,
        case: Uuid,
        wanted: &str,
        fits: impl Fn(&pb::Escalation) -> bool,
    ) -> pb::Escalation {
        let mut head = self.log.watch();
        let waiting = async {
            loop {
                head.borrow_and_update();
                let escalation = self.escalation(case).await;
                if fits(&escalation) {
                    return escalation;
                }
                head.changed().await.unwrap();
            }
        };
        let reached = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        if reached.is_err() {
            println!("{:#?}", self.escalation(case).await);
        }
        reached.unwrap_or_else(|_| panic!("the escalation is not {wanted}"))
    }

    /// Every fact of a case.
    pub(crate) async fn facts(&self, case: Uuid) -> Vec<Committed> {
        self.log.read_stream(case, 0, 1_000).await.unwrap()
    }

    /// How often the case's history has a fact of this name.
    pub(crate) async fn count(&self, case: Uuid, name: &str) -> usize {
        let name = format!("payments_escalation.{name}");
        self.facts(case).await.iter().filter(|fact| fact.event_type == name).count()
    }

    /// What the sandbox really did.
    pub(crate) async fn ledger(&self) -> sandbox_gateway::api::Ledger {
        let response = http_client().get(format!("{}/v1/ledger", self.sandbox.url())).send().await.unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }
}

async fn serve_grpc(routes: RoutesBuilder, shutdown: &Shutdown) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let layer = CallLayer::new(Arc::new(MetadataAuthenticator), Duration::from_secs(30));
    let mut server = tonic::transport::Server::builder().layer(layer);
    let serving = server.add_routes(routes.routes());
    shutdown.spawn_background(async move {
        serving.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap();
    });
    address
}

/// Plain HTTP on the loopback interface.
pub(crate) fn http_client() -> reqwest::Client {
    outbound::loopback_client(Duration::from_secs(30)).unwrap()
}

pub(crate) fn dkk(minor_units: i64) -> pb::Money {
    pb::Money { minor_units, currency_code: "DKK".to_owned() }
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
