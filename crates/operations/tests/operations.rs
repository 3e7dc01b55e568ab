//! An operator looks after a consumer over the API: sees it, finds what it put aside, and redrives it.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use ambient::{SeededIds, SystemClock};
use async_trait::async_trait;
use case::{Actor, ActorKind};
use contracts::operations::v1 as pb;
use contracts::operations::v1::operations_service_server::OperationsService;
use event_bus::{Consumer, EmbeddedBus, EventBus, Filter, HandleError, Handler};
use event_log::{Append, Committed, EventLog, MemoryLog, NewEvent};
use operations::Operations;
use service_kit::{Caller, Failure, NotesReads, Shown};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

/// Fails for good until its cause is mended.
struct Broken(Arc<AtomicBool>);

#[async_trait]
impl Handler for Broken {
    async fn handle(&self, _event: &Committed) -> Result<(), HandleError> {
        if self.0.load(Ordering::SeqCst) {
            Ok(())
        } else {
            Err(HandleError::Poison("no such team".to_owned()))
        }
    }
}

struct World {
    operations: Operations,
    noted: Arc<Noted>,
    mended: Arc<AtomicBool>,
    bus: Arc<dyn EventBus>,
    _folder: tempfile::TempDir,
}

/// The reads that were noted: of which stream, by which method.
#[derive(Default)]
struct Noted(Mutex<Vec<(Uuid, &'static str)>>);

#[async_trait]
impl NotesReads for Noted {
    async fn note(&self, _: &Request<()>, shown: Shown<'_>) -> Result<(), Failure> {
        self.0.lock().unwrap().push((shown.stream, shown.method));
        Ok(())
    }
}

const CONSUMER: &str = "routing.on_case_opened";

/// A consumer that has put one event aside.
async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(Arc::new(SystemClock)));
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SeededIds::new(1)));
    let bus = EmbeddedBus::open(&folder.path().join("bus.db"), Arc::clone(&log), clock, ids).await.unwrap();
    let mended = Arc::new(AtomicBool::new(false));
    let consumer = Consumer::reactions(CONSUMER, Filter::all(), 1);
    let subscription = bus.subscribe(consumer, Arc::new(Broken(Arc::clone(&mended)))).await.unwrap();
    let event = NewEvent {
        event_id: Uuid::from_u128(1),
        event_type: "intake.case_opened".to_owned(),
        schema_version: 1,
        meta: b"{}".to_vec(),
        payload: br#"{"brand":"NB"}"#.to_vec(),
    };
    let append = Append {
        stream: Uuid::from_u128(2),
        tenant: "NB".to_owned(),
        expected_version: 0,
        command_id: Uuid::from_u128(3),
        fingerprint: [0; 32],
        events: vec![event],
    };
    log.append(append).await.unwrap();
    subscription.wait_until(1).await.unwrap();
    let bus: Arc<dyn EventBus> = Arc::new(bus);
    let noted = Arc::<Noted>::default();
    let operations = Operations::of(Arc::clone(&bus), noted.clone());
    World { operations, noted, mended, bus, _folder: folder }
}

fn by<T>(kind: ActorKind, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let actor = Actor { kind, id: "ops".to_owned(), teams: Vec::new(), second_factor_at: None };
    request.extensions_mut().insert(Caller(actor));
    request
}

fn of_operator<T>(message: T) -> Request<T> {
    by(ActorKind::Service, message)
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().unwrap().reason.clone()
}

fn redrive(position: u64) -> pb::RedriveDeadLetterRequest {
    pb::RedriveDeadLetterRequest { consumer: CONSUMER.to_owned(), position }
}

#[tokio::test]
async fn what_was_put_aside_is_found_shown_and_redriven() {
    let world = world().await;
    let operations = &world.operations;
    let consumers = operations.list_consumers(of_operator(pb::ListConsumersRequest {})).await.unwrap();
    let consumer = &consumers.into_inner().consumers[0];
    assert_eq!((consumer.name.as_str(), consumer.checkpoint, consumer.head), (CONSUMER, 1, 1));

    let all = pb::ListDeadLettersRequest::default();
    let listed = operations.list_dead_letters(of_operator(all.clone())).await.unwrap().into_inner();
    assert!(!listed.more);
    let letter = &listed.dead_letters[0];
    assert_eq!((letter.position, letter.reason.as_str(), letter.tries), (1, "no such team", 1));
    let wanted = pb::GetDeadLetterRequest { consumer: CONSUMER.to_owned(), position: 1 };
    let shown = operations.get_dead_letter(of_operator(wanted)).await.unwrap().into_inner();
    assert_eq!((shown.version, shown.payload_json.as_str()), (1, r#"{"brand":"NB"}"#));
    let noted = world.noted.0.lock().unwrap().clone();
    assert_eq!(noted, [(Uuid::from_u128(2), "operations.GetDeadLetter")], "the list shows no fact");

    let failed = operations.redrive_dead_letter(of_operator(redrive(1))).await.unwrap_err();
    assert_eq!((failed.code(), reason(&failed)), (Code::FailedPrecondition, "STILL_FAILING".to_owned()));
    world.mended.store(true, Ordering::SeqCst);
    operations.redrive_dead_letter(of_operator(redrive(1))).await.unwrap();
    let none = operations.list_dead_letters(of_operator(all)).await.unwrap().into_inner();
    assert_eq!(none.dead_letters, []);
    let gone = operations.redrive_dead_letter(of_operator(redrive(1))).await.unwrap_err();
    assert_eq!((gone.code(), reason(&gone)), (Code::NotFound, "DEAD_LETTER_NOT_FOUND".to_owned()));
    world.bus.shutdown().await;
}

#[tokio::test]
async fn who_is_no_operator_and_what_makes_no_sense_is_refused() {
    let world = world().await;
    let operations = &world.operations;
    for kind in [ActorKind::Player, ActorKind::Bot] {
        let refused = operations.redrive_dead_letter(by(kind, redrive(1))).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused)),
            (Code::PermissionDenied, "ACTOR_NOT_ALLOWED".to_owned())
        );
    }
    let nowhere = operations.redrive_dead_letter(of_operator(redrive(0))).await.unwrap_err();
    assert_eq!(nowhere.code(), Code::InvalidArgument);
    let elsewhere = pb::RedriveDeadLetterRequest { consumer: "intake.on_thing".to_owned(), position: 1 };
    let elsewhere = operations.redrive_dead_letter(of_operator(elsewhere)).await.unwrap_err();
    assert_eq!(reason(&elsewhere), "CONSUMER_NOT_HERE");
    world.bus.shutdown().await;
}
