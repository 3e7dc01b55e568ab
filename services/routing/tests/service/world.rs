//! The service with everything around it, in one process.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ambient::{Clock, Ids, ManualClock, SeededIds};
use case::intake::{
    Author, CaseClassified, CaseNumberIssued, CaseOpened, CaseResolved, MessageReceived, Player, ReplySent,
    Resolution, Source,
};
use case::{Actor, CaseEvent, CaseNumber, Channel, Language, Personal, StoredEvent, Tier, Topic};
use contracts::routing::v1 as pb;
use contracts::routing::v1::routing_service_client::RoutingServiceClient;
use event_bus::{EmbeddedBus, Subscription};
use event_log::{Append, Committed, EventLog, MemoryLog, NewEvent};
use jiff::Timestamp;
use routing::Config;
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

#[derive(serde::Deserialize)]
struct File {
    routing: Config,
}

/// Everything that runs.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) client: RoutingServiceClient<Connection>,
    log: Arc<dyn EventLog>,
    subscriptions: Vec<Subscription>,
    pub(crate) parts: Parts,
    requests: AtomicU64,
    _data: (tempfile::TempDir, crate::stores::Database),
}

/// A case to open.
pub(crate) struct Opening {
    pub(crate) channel: Channel,
    pub(crate) topic: Topic,
    pub(crate) tier: Tier,
    pub(crate) language: Language,
}

impl Opening {
    pub(crate) fn of(channel: Channel, topic: Topic) -> Self {
        Self { channel, topic, tier: Tier::Standard, language: Language::Da }
    }
}

impl World {
    /// The names of what follows the log.
    pub(crate) fn consumers(&self) -> impl Iterator<Item = &str> {
        self.subscriptions.iter().map(Subscription::name)
    }

    pub(crate) async fn start() -> Self {
        let clock = ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        Self::on(clock, Arc::new(MemoryLog::new(shared))).await
    }

    /// The same log and clock, and read models that begin from nothing.
    pub(crate) async fn rebuilt(&self) -> Self {
        Self::on(self.clock.clone(), Arc::clone(&self.log)).await
    }

    async fn on(clock: ManualClock, log: Arc<dyn EventLog>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(log.head().await.unwrap()));
        let bus =
            EmbeddedBus::in_memory(Arc::clone(&log), Arc::clone(&shared), Arc::clone(&ids)).await.unwrap();
        let shutdown = Shutdown::new();
        let sealer = Sealer::new(
            Arc::new(MemoryKeyStore::new()),
            MasterKey::from_bytes([7; 32]),
            Arc::clone(&shared),
            Arc::clone(&ids),
        );
        let (stores, database) =
            crate::stores::stores(data.path(), "routing", [&routing::MIGRATIONS, &history::MIGRATIONS]).await;
        let parts = Parts {
            log: Arc::clone(&log),
            database: "memory",
            bus: Arc::new(bus),
            clock: shared,
            ids,
            sealer: Arc::new(sealer),
            authenticator: Arc::new(MetadataAuthenticator),
            messages: MessageSizes::default(),
            stores,
            data: data.path().to_owned(),
            shutdown: shutdown.clone(),
        };
        let config = service_kit::config::parse::<File>(routing::DEFAULTS, "").unwrap();
        let started = routing::start(&parts, config.routing).await.unwrap();
        let mut routes = RoutesBuilder::default();
        (started.register)(&mut routes);
        let grpc = serve_grpc(routes, &shutdown).await;
        let client = RoutingServiceClient::connect(format!("http://{grpc}")).await.unwrap();
        let requests = AtomicU64::new(log.head().await.unwrap() * 1_000);
        Self {
            clock,
            client,
            log,
            subscriptions: started.subscriptions,
            parts,
            requests,
            _data: (data, database),
        }
    }

    /// Lets time pass, and what falls due happen.
    pub(crate) async fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.settled().await;
    }

    /// The `sequence`-th case: opened, numbered, written, classified, as intake records it in one go.
    pub(crate) async fn open(&self, sequence: u32, opening: Opening) -> Uuid {
        self.open_with(sequence, opening, Vec::new()).await
    }

    /// The same, with more facts in the same go.
    pub(crate) async fn open_with(
        &self,
        sequence: u32,
        opening: Opening,
        more: Vec<case::intake::Event>,
    ) -> Uuid {
        let case = Uuid::from_u128(0x0001_9000_0000_7000_8000_0000_0000_0000 + u128::from(sequence));
        let opened = CaseOpened {
            brand: "NB".parse().unwrap(),
            channel: opening.channel,
            player: Player {
                player_id: format!("p-{sequence}").parse().unwrap(),
                username: Personal::new("lykke7"),
                email: None,
                time_zone: None,
                tier: opening.tier,
                marketing_consent: false,
            },
            language: opening.language,
            product: None,
            previous_case: None,
        };
        let number = CaseNumber::new("NB".parse().unwrap(), 2026, sequence);
        let message = MessageReceived {
            message_id: Uuid::from_u128(1),
            channel: opening.channel,
            text: Personal::new("hej"),
        };
        let mut facts: Vec<case::intake::Event> = vec![
            opened.into(),
            CaseNumberIssued { number }.into(),
            message.into(),
            CaseClassified { topic: opening.topic, source: Source::Stated }.into(),
        ];
        facts.extend(more);
        self.append(case, facts).await;
        case
    }

    /// A case that has been offered to `agent` and taken.
    pub(crate) async fn taken(&self, sequence: u32, opening: Opening, agent: &str) -> Uuid {
        let case = self.open(sequence, opening).await;
        self.settled().await;
        let offer = self.offer_of(case).await.expect("the case is offered");
        assert_eq!(offer.agent_id, agent);
        self.accept(&offer).await.unwrap();
        self.settled().await;
        case
    }

    /// Records facts of other stages, and lets routing answer them.
    pub(crate) async fn happen(&self, case: Uuid, facts: Vec<impl Into<CaseEvent>>) {
        self.append(case, facts).await;
        self.settled().await;
    }

    async fn append(&self, case: Uuid, facts: Vec<impl Into<CaseEvent>>) {
        let meta = EventMeta {
            actor: Actor::service("intake"),
            causation_id: None,
            correlation_id: case,
            traceparent: None,
            service: "intake".to_owned(),
            spoken_name: None,
        };
        let before = self.log.read_stream(case, 0, 10_000).await.unwrap().len();
        let events: Vec<NewEvent> = facts
            .into_iter()
            .zip(before + 1..)
            .map(|(fact, version)| {
                let fact: CaseEvent = fact.into();
                NewEvent {
                    event_id: Uuid::from_u128((case.as_u128() << 16) + version as u128),
                    event_type: fact.stored_name().to_owned(),
                    schema_version: fact.schema_version(),
                    meta: serde_json::to_vec(&meta).unwrap(),
                    payload: fact.encode().unwrap(),
                }
            })
            .collect();
        let command_id = Uuid::from_u128((case.as_u128() << 32) + before as u128);
        let expected_version = before as u64;
        let (stream, tenant, fingerprint) = (case, "NB".to_owned(), [0; 32]);
        self.log
            .append(Append { stream, tenant, expected_version, command_id, fingerprint, events })
            .await
            .unwrap();
    }

    pub(crate) async fn player_writes(&self, case: Uuid) {
        let text = Personal::new("hallo?");
        let said = MessageReceived { message_id: Uuid::from_u128(2), channel: Channel::Chat, text };
        self.happen(case, vec![case::intake::Event::from(said)]).await;
    }

    pub(crate) async fn agent_replies(&self, case: Uuid, agent: &str) {
        let reply = ReplySent {
            message_id: Uuid::from_u128(3),
            channel: Channel::Chat,
            author: Author::Agent(agent.parse().unwrap()),
            text: Personal::new("hej, jeg kigger på det"),
            machine_translated: false,
        };
        self.happen(case, vec![case::intake::Event::from(reply)]).await;
    }

    pub(crate) async fn resolve(&self, case: Uuid) {
        let resolved = CaseResolved { resolution: Resolution::Solved, summary: Personal::new("færdig") };
        self.happen(case, vec![case::intake::Event::from(resolved)]).await;
    }

    /// A request id that was not used before.
    pub(crate) fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        Uuid::from_u128(0x0001_9111_0000_7000_8000_0000_0000_0000 + u128::from(number)).to_string()
    }

    /// A call by somebody, such as `agent:mette`, of these teams.
    pub(crate) fn by<T>(actor: &str, teams: &str, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("casetrail-actor", actor.parse().unwrap());
        request.metadata_mut().insert("casetrail-teams", teams.parse().unwrap());
        request
    }

    pub(crate) fn registration(&self, agent: &str, teams: &[pb::Team]) -> pb::RegisterAgentRequest {
        pb::RegisterAgentRequest {
            request_id: self.request_id(),
            brand: "NB".to_owned(),
            agent_id: agent.to_owned(),
            display_name: agent.to_owned(),
            teams: teams.iter().map(|team| *team as i32).collect(),
            language_codes: vec!["da".to_owned(), "sv".to_owned()],
            skills: (1..=7).collect(),
            ..pb::RegisterAgentRequest::default()
        }
    }

    /// An agent of these teams with every skill, who is there.
    pub(crate) async fn agent(&self, agent: &str, teams: &[pb::Team]) {
        self.register(self.registration(agent, teams)).await;
    }

    /// Registers an agent, who then comes.
    pub(crate) async fn register(&self, registration: pb::RegisterAgentRequest) {
        let agent = registration.agent_id.clone();
        self.client.clone().register_agent(Self::by("service:crm", "", registration)).await.unwrap();
        self.presence(&agent, pb::Presence::Available).await;
    }

    pub(crate) async fn presence(&self, agent: &str, presence: pb::Presence) {
        let message = pb::SetPresenceRequest {
            request_id: self.request_id(),
            etag: String::new(),
            brand: "NB".to_owned(),
            agent_id: agent.to_owned(),
            presence: presence as i32,
        };
        let request = Self::by(&format!("agent:{agent}"), "", message);
        self.client.clone().set_presence(request).await.unwrap();
        self.settled().await;
    }

    pub(crate) async fn get_agent(&self, agent: &str) -> pb::Agent {
        let message = pb::GetAgentRequest { brand: "NB".to_owned(), agent_id: agent.to_owned() };
        let answer = self.client.clone().get_agent(Self::by("agent:any", "", message)).await.unwrap();
        answer.into_inner().agent.unwrap()
    }

    pub(crate) async fn offers(&self, agent: &str) -> Vec<pb::Offer> {
        let message = pb::ListOffersRequest {
            brand: "NB".to_owned(),
            agent_id: agent.to_owned(),
            ..pb::ListOffersRequest::default()
        };
        let answer = self.client.clone().list_offers(Self::by("agent:any", "", message)).await.unwrap();
        answer.into_inner().offers
    }

    /// The offer that is out for a case.
    pub(crate) async fn offer_of(&self, case: Uuid) -> Option<pb::Offer> {
        let agents = pb::ListAgentsRequest { brand: "NB".to_owned(), ..pb::ListAgentsRequest::default() };
        let agents = self.client.clone().list_agents(Self::by("agent:any", "", agents)).await.unwrap();
        for agent in agents.into_inner().agents {
            for offer in self.offers(&agent.agent_id).await {
                if offer.case.as_ref().unwrap().case_id == case.to_string() {
                    return Some(offer);
                }
            }
        }
        None
    }

    /// To whom a case is offered.
    pub(crate) async fn offered_to(&self, case: Uuid) -> Option<String> {
        self.offer_of(case).await.map(|offer| offer.agent_id)
    }

    pub(crate) async fn accept(&self, offer: &pb::Offer) -> Result<pb::CaseRef, Status> {
        let message = pb::AcceptOfferRequest {
            request_id: self.request_id(),
            etag: String::new(),
            case: offer.case.as_ref().unwrap().number.clone(),
            offer_id: offer.offer_id.clone(),
        };
        let request = Self::by(&format!("agent:{}", offer.agent_id), "", message);
        let answer = self.client.clone().accept_offer(request).await?;
        Ok(answer.into_inner().case.unwrap())
    }

    pub(crate) async fn decline(&self, offer: &pb::Offer) {
        let message = pb::DeclineOfferRequest {
            request_id: self.request_id(),
            etag: String::new(),
            case: offer.case.as_ref().unwrap().case_id.clone(),
            offer_id: offer.offer_id.clone(),
        };
        let request = Self::by(&format!("agent:{}", offer.agent_id), "", message);
        self.client.clone().decline_offer(request).await.unwrap();
        self.settled().await;
    }

    pub(crate) async fn queue(&self, team: pb::Team) -> pb::ListQueueResponse {
        let message = pb::ListQueueRequest {
            brand: "NB".to_owned(),
            team: team as i32,
            ..pb::ListQueueRequest::default()
        };
        self.client.clone().list_queue(Self::by("agent:any", "", message)).await.unwrap().into_inner()
    }

    /// The cases of a queue, in order.
    pub(crate) async fn order(&self, team: pb::Team) -> Vec<String> {
        self.queue(team).await.entries.into_iter().map(|entry| entry.case.unwrap().case_id).collect()
    }

    pub(crate) async fn sla(&self, case: Uuid) -> pb::GetSlaResponse {
        let message = pb::GetSlaRequest { case: case.to_string() };
        self.client.clone().get_sla(Self::by("agent:any", "", message)).await.unwrap().into_inner()
    }

    /// A clock of a case.
    pub(crate) async fn clock_of(&self, case: Uuid, kind: pb::ClockKind) -> pb::Clock {
        let clocks = self.sla(case).await.clocks;
        clocks.into_iter().find(|clock| clock.kind == kind as i32).expect("the clock has started")
    }

    /// Returns once every consumer has handled all there is, and nothing new came of it.
    pub(crate) async fn settled(&self) {
        let settling = async {
            loop {
                let head = self.log.head().await.unwrap();
                for subscription in &self.subscriptions {
                    subscription.wait_until(head).await.unwrap();
                }
                // Timers run beside the consumers: one that is due shows itself in the log or not at all.
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
                if self.log.head().await.unwrap() == head {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), settling).await.expect("everything settles");
    }

    /// Waits until a case's history has a fact of this name so many times.
    pub(crate) async fn until(&self, case: Uuid, name: &str, times: usize) {
        let mut head = self.log.watch();
        let waiting = async {
            loop {
                head.borrow_and_update();
                if self.count(case, name).await >= times {
                    return;
                }
                head.changed().await.unwrap();
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(waited.is_ok(), "no {name} in {:?}", self.names(case).await);
        self.settled().await;
    }

    pub(crate) async fn facts(&self, case: Uuid) -> Vec<Committed> {
        self.log.read_stream(case, 0, 10_000).await.unwrap()
    }

    /// The stored names of everything that happened to a case.
    pub(crate) async fn names(&self, case: Uuid) -> Vec<String> {
        self.facts(case).await.into_iter().map(|fact| fact.event_type).collect()
    }

    pub(crate) async fn count(&self, case: Uuid, name: &str) -> usize {
        self.names(case).await.iter().filter(|known| *known == name).count()
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

/// The moment in a message.
pub(crate) fn moment(given: Option<prost_types::Timestamp>) -> Timestamp {
    let given = given.expect("a moment");
    Timestamp::new(given.seconds, given.nanos).unwrap()
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
