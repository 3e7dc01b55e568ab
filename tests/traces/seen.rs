//! What is looked at: one case, opened by a caller who brings a trace, and everything that could be seen of
//! it from outside. Telemetry is one a process, so it is played once.

use std::sync::OnceLock;
use std::time::Duration;

use ambient::ManualClock;
use contracts::history::v1::{GetCaseRequest, ListHistoryRequest, ListTracesRequest, Trace};
use contracts::intake::v1::{Channel, OpenCaseRequest, Player};
use embedded::Config;
use opentelemetry_proto::tonic::logs::v1::ResourceLogs;
use opentelemetry_proto::tonic::trace::v1::Span;
use service_kit::telemetry::{self, TelemetryConfig};
use stories::{Person, Stage};
use world::{ON_FREE_PORTS, START, World};

use crate::receiver::Receiver;

/// The trace that the caller brings.
pub(crate) const CLIENT_TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
/// The caller's own span in it.
pub(crate) const CLIENT_SPAN: &str = "00f067aa0ba902b7";

/// Everything that was seen.
pub(crate) struct Seen {
    /// The spans until everybody had reacted.
    pub(crate) journey: Vec<Span>,
    /// The spans after a restart ten minutes later, when all reactions heard everything again.
    pub(crate) later: Vec<Span>,
    /// The log lines, as the collector took them.
    pub(crate) lines: Vec<ResourceLogs>,
    pub(crate) metrics: String,
    pub(crate) traces: Vec<Trace>,
    /// The trace of each fact of the case.
    pub(crate) entry_traces: Vec<String>,
    pub(crate) case_id: String,
    pub(crate) number: String,
}

/// Plays it, the first time that anybody asks.
pub(crate) fn seen() -> &'static Seen {
    static SEEN: OnceLock<Seen> = OnceLock::new();
    SEEN.get_or_init(|| tokio::runtime::Runtime::new().unwrap().block_on(play()))
}

async fn play() -> Seen {
    let receiver = Receiver::start().await;
    let configured = TelemetryConfig {
        otlp_endpoint: receiver.endpoint(),
        otlp_logs: true,
        log_filter: "warn,service_kit=debug,hyper=trace,hyper_util=trace,reqwest=trace".to_owned(),
        ..TelemetryConfig::default()
    };
    let telemetry = telemetry::start(&configured, "casetrail-traces").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::new(START.parse().unwrap());
    let mut config = Config::from_overrides(&[ON_FREE_PORTS]).unwrap();
    config.telemetry.trace_url = "http://traces.example/{trace_id}".to_owned();
    let start = || World::start_embedded(folder.path(), clock.clone(), config.clone(), telemetry.clone());

    let world = start().await.unwrap();
    let stage = world.stage().await.unwrap();
    let (case_id, number) = open_case(&stage).await;
    world.system.settled().await.unwrap();
    let (traces, entry_traces) = told(&stage, &number).await;
    refused(&stage).await;
    let metrics = reqwest::get(format!("http://{}/metrics", world.system.http()[0])).await.unwrap();
    let metrics = metrics.error_for_status().unwrap().text().await.unwrap();
    drop(stage);
    world.stop().await.unwrap();
    telemetry.flush().await;
    let journey = receiver.take();

    clock.advance(Duration::from_mins(10));
    for file in ["bus.db", "bus.db-wal", "bus.db-shm"] {
        let gone = std::fs::remove_file(folder.path().join(file));
        assert!(gone.is_ok() || file != "bus.db", "the checkpoints are in bus.db");
    }
    let world = start().await.unwrap();
    world.system.settled().await.unwrap();
    world.stop().await.unwrap();
    telemetry.flush().await;
    let (later, lines) = (receiver.take(), receiver.take_lines());
    telemetry.stop().await;
    Seen { journey, later, lines, metrics, traces, entry_traces, case_id, number }
}

async fn open_case(stage: &Stage) -> (String, String) {
    let open = OpenCaseRequest {
        request_id: stage.new_id(),
        brand: Stage::BRAND.to_owned(),
        channel: Channel::Chat.into(),
        player: Some(Player {
            player_id: "p-1001".to_owned(),
            username: "rasmus".to_owned(),
            email: "rasmus@player.example".to_owned(),
            ..Player::default()
        }),
        language_code: "da".to_owned(),
        text: "Hej, min udbetaling er ikke kommet frem. Kortet er 4111 1111 1111 1111.".to_owned(),
        ..OpenCaseRequest::default()
    };
    let mut request = Person::player("Rasmus", "p-1001").ask(open).unwrap();
    let traceparent = format!("00-{CLIENT_TRACE}-{CLIENT_SPAN}-01");
    request.metadata_mut().insert("traceparent", traceparent.parse().unwrap());
    let case = stage.intake().open_case(request).await.unwrap().into_inner().case.unwrap();
    (case.case_id, case.number)
}

async fn told(stage: &Stage, number: &str) -> (Vec<Trace>, Vec<String>) {
    let auditor = Person::system("auditor");
    let case = || number.to_owned();
    let list = ListTracesRequest { case: case(), ..ListTracesRequest::default() };
    let traces = stage.history().list_traces(auditor.ask(list).unwrap()).await.unwrap().into_inner().traces;
    let list = ListHistoryRequest { case: case(), page_size: 200, ..ListHistoryRequest::default() };
    let entries =
        stage.history().list_history(auditor.ask(list).unwrap()).await.unwrap().into_inner().entries;
    (traces, entries.into_iter().map(|entry| entry.trace_id).collect())
}

/// Somebody asks for a case that does not exist.
async fn refused(stage: &Stage) {
    let get = GetCaseRequest { case: stage.new_id(), as_of: None };
    let answer = stage.history().get_case(Person::system("auditor").ask(get).unwrap()).await;
    assert!(answer.is_err());
}
