//! From a case to its traces, and the proof that its history is what was recorded.

use std::sync::Arc;

use ambient::ManualClock;
use async_trait::async_trait;
use case::{CaseEvent, StoredEvent};
use contracts::history::v1 as pb;
use contracts::history::v1::history_service_server::HistoryService;
use event_log::{Append, Appended, CommandRecord, Committed, Error, EventLog, MemoryLog, NewEvent};
use jiff::Timestamp;
use service_kit::EventMeta;
use tokio::sync::watch;
use tonic::{Code, Request};
use uuid::Uuid;

use crate::world::{CASE, World, message, player, queued};

/// A log in which the fact of version 2 was changed behind everybody's back.
struct Tampered(MemoryLog);

#[async_trait]
impl EventLog for Tampered {
    async fn append(&self, append: Append) -> Result<Appended, Error> {
        self.0.append(append).await
    }
    async fn read_stream(&self, stream: Uuid, after: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        let mut facts = self.0.read_stream(stream, after, limit).await?;
        for fact in facts.iter_mut().filter(|fact| fact.version == 2) {
            fact.payload = br#"{"number":"another"}"#.to_vec();
        }
        Ok(facts)
    }
    async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        self.0.read_all(after, limit).await
    }
    async fn head(&self) -> Result<u64, Error> {
        self.0.head().await
    }
    async fn last_recorded_at(&self) -> Result<Option<Timestamp>, Error> {
        self.0.last_recorded_at().await
    }
    async fn find_command(&self, stream: Uuid, command_id: Uuid) -> Result<Option<CommandRecord>, Error> {
        self.0.find_command(stream, command_id).await
    }
    fn watch(&self) -> watch::Receiver<u64> {
        self.0.watch()
    }
}

async fn verify(world: &World) -> Result<pb::VerifyCaseResponse, tonic::Status> {
    let request = pb::VerifyCaseRequest { case: CASE.to_string() };
    world.history.verify_case(Request::new(request)).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn an_untouched_history_is_intact_up_to_its_head() {
    let world = World::new().await;
    assert_eq!(verify(&world).await.unwrap_err().code(), Code::NotFound);
    world.open().await;
    world.write("one").await;
    let found = verify(&world).await.unwrap();
    let head = world.parts.log.read_stream(CASE, 2, 1).await.unwrap().pop().unwrap();
    let expected = pb::VerifyCaseResponse {
        intact: true,
        facts_checked: 3,
        first_wrong_version: 0,
        head_hash: hex::encode(head.hash),
    };
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_changed_fact_is_named_by_its_version() {
    let clock = ManualClock::new("2026-11-22T10:00:00Z".parse().unwrap());
    let log = Tampered(MemoryLog::new(Arc::new(clock.clone())));
    let world = World::over(clock, Arc::new(log)).await;
    world.open().await;
    let found = verify(&world).await.unwrap();
    assert!(!found.intact);
    assert_eq!((found.facts_checked, found.first_wrong_version), (2, 2));
}

/// Records a fact in a trace of one's choice.
async fn record_in(world: &World, trace: Option<u8>, fact: CaseEvent) {
    let version = world.executor.load(CASE).await.unwrap().version;
    let id = world.parts.ids.new_id(world.parts.clock.now());
    let meta = EventMeta {
        actor: player(),
        causation_id: None,
        correlation_id: id,
        traceparent: trace.map(|byte| format!("00-{byte:032x}-{byte:016x}-01")),
        service: "scribe".to_owned(),
        spoken_name: None,
    };
    let append = Append {
        stream: CASE,
        tenant: "NB".to_owned(),
        expected_version: version,
        command_id: id,
        fingerprint: [0; 32],
        events: vec![NewEvent {
            event_id: id,
            event_type: fact.stored_name().to_owned(),
            schema_version: 1,
            meta: serde_json::to_vec(&meta).unwrap(),
            payload: fact.encode().unwrap(),
        }],
    };
    world.parts.log.append(append).await.unwrap();
}

#[tokio::test]
async fn traces_are_listed_in_the_order_of_their_first_fact() {
    let world = World::new().await;
    world.open().await;
    for (trace, fact) in
        [(Some(9), message("one")), (Some(3), message("two")), (None, message("three")), (Some(9), queued())]
    {
        world.clock.advance(std::time::Duration::from_secs(1));
        record_in(&world, trace, fact).await;
    }
    let mut request = pb::ListTracesRequest { case: CASE.to_string(), ..pb::ListTracesRequest::default() };
    let answer = world.history.list_traces(Request::new(request.clone())).await.unwrap().into_inner();
    let [nine, three] = answer.traces.as_slice() else { panic!("two traces: {answer:?}") };
    assert_eq!(nine.trace_id, format!("{:032x}", 9));
    assert_eq!((nine.facts, nine.services.join(" ").as_str()), (2, "intake routing"));
    assert_eq!(nine.url, format!("https://traces.example/{:032x}", 9));
    let seconds = |at: &Option<prost_types::Timestamp>| at.as_ref().unwrap().seconds;
    assert_eq!(seconds(&nine.last_recorded_at) - seconds(&nine.first_recorded_at), 3);
    assert_eq!((three.facts, three.services.join(" ").as_str()), (1, "intake"));

    request.page_size = 1;
    let first = world.history.list_traces(Request::new(request.clone())).await.unwrap().into_inner();
    request.page_token = first.next_page_token;
    let second = world.history.list_traces(Request::new(request)).await.unwrap().into_inner();
    assert_eq!((&second.traces[0], second.next_page_token.as_str()), (three, ""));
}
