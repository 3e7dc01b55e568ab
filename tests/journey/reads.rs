//! Who is shown a player's texts is written down, and whoever opens too many cases is stopped.

use std::time::Duration;

use ambient::ManualClock;
use contracts::history::v1::{GetCaseRequest, ListHistoryRequest, ListReadsRequest, PersonalRead};
use contracts::notifications::v1::{GetPreferencesRequest, ListDeliveriesRequest, list_deliveries_request};
use contracts::payments_escalation::v1::GetEscalationRequest;
use stories::{Person, Stage};
use tonic::{Code, Request};
use world::{START, World};

use crate::people::{ask, mette};
use crate::refusal::Refusal;
use crate::scene::Scene;

fn petra() -> Person {
    Person::agent("Petra", "privacy")
}

/// A call by Mette, who says what it is for.
fn for_a_purpose<T>(message: T, purpose: &str) -> Request<T> {
    let mut request = ask(&mette(), message);
    request.metadata_mut().insert("casetrail-purpose", purpose.parse().unwrap());
    request
}

fn case(number: &str) -> GetCaseRequest {
    GetCaseRequest { case: number.to_owned(), as_of: None }
}

async fn reads(scene: &Scene, request: ListReadsRequest) -> Vec<PersonalRead> {
    let request = ListReadsRequest { brand: Stage::BRAND.to_owned(), ..request };
    scene.stage.history().list_reads(ask(&petra(), request)).await.unwrap().into_inner().reads
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_tells_who_of_which_case_what_and_what_for() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    let history = ListHistoryRequest { case: number.clone(), ..ListHistoryRequest::default() };
    scene.stage.history().list_history(for_a_purpose(history, "callback")).await.unwrap();
    scene.world.clock.advance(Duration::from_secs(1));
    let opened = contracts::intake::v1::GetCaseRequest { case: number.clone() };
    scene.stage.intake().get_case(ask(&mette(), opened)).await.unwrap();

    let found = reads(&scene, ListReadsRequest { case: number.clone(), ..Default::default() }).await;
    let shown: Vec<_> = found.iter().map(|read| (read.reader.as_str(), read.method.as_str())).collect();
    assert_eq!(shown, [("agent:mette", "intake.GetCase"), ("agent:mette", "history.ListHistory")]);
    let first = &found[1];
    assert_eq!((first.fields.as_str(), first.purpose.as_str()), ("player, texts", "callback"));
    let case_id = scene.world.case(&number).await.unwrap().id.to_string();
    assert_eq!((&first.case_id, first.player_id.as_str()), (&case_id, "p-1001"));
    let others = ListReadsRequest { reader: "agent:peter".to_owned(), ..Default::default() };
    assert_eq!(reads(&scene, others).await, []);

    let told = scene.stage.history().get_case(for_a_purpose(case(&number), "zoe@example.org")).await;
    Refusal::of(told).about(&["casetrail-purpose"]);
    scene.check().await;
    scene.stop().await;
}

/// The reads of a case, once there is one by each of these methods: each service writes its own a moment later.
async fn reads_by(scene: &Scene, number: &str, methods: &[&str]) -> Vec<PersonalRead> {
    let mut look = tokio::time::interval(Duration::from_millis(100));
    let found = async {
        loop {
            look.tick().await;
            let found =
                reads(scene, ListReadsRequest { case: number.to_owned(), ..Default::default() }).await;
            if methods.iter().all(|method| found.iter().any(|read| read.method == *method)) {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), found).await.expect("reads are written down")
}

fn deliveries(number: &str) -> ListDeliveriesRequest {
    let scope = Some(list_deliveries_request::Scope::Case(number.to_owned()));
    ListDeliveriesRequest { scope, ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_every_service_shows_of_a_case_is_written_down_and_listed_at_one_place() {
    let scene = Scene::begin().await;
    let number = scene.escalated("TX-1001-SETTLED").await;
    let case = number.clone();
    let escalation = GetEscalationRequest { case: case.clone() };
    scene.stage.payments().get_escalation(for_a_purpose(escalation, "refund")).await.unwrap();
    scene.stage.notifications().list_deliveries(ask(&mette(), deliveries(&number))).await.unwrap();
    scene.stage.notifications().get_preferences(ask(&mette(), GetPreferencesRequest { case })).await.unwrap();
    let methods =
        ["payments_escalation.GetEscalation", "notifications.ListDeliveries", "notifications.GetPreferences"];
    let found = reads_by(&scene, &number, &methods).await;
    for (method, fields, purpose) in
        [(methods[0], "payments", "refund"), (methods[1], "deliveries", ""), (methods[2], "preferences", "")]
    {
        let read = found.iter().find(|read| read.method == method).unwrap();
        assert_eq!((read.reader.as_str(), read.player_id.as_str()), ("agent:mette", "p-1001"), "{method}");
        assert_eq!((read.fields.as_str(), read.purpose.as_str()), (fields, purpose), "{method}");
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cases_in_a_brands_list_of_notifications_are_written_down_and_count_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::new(START.parse().unwrap());
    let limit = "[intake]\ncases_read_per_hour = 1";
    let scene = Scene::of(World::start_in(folder.path(), clock, limit).await.unwrap()).await;
    let numbers = [scene.opened().await, scene.opened().await, scene.opened().await];
    scene.world.system.settled().await.unwrap();
    let scope = Some(list_deliveries_request::Scope::Brand(Stage::BRAND.to_owned()));
    let list = ListDeliveriesRequest { scope, ..Default::default() };
    scene.stage.notifications().list_deliveries(for_a_purpose(list, "bounces")).await.unwrap();
    for number in &numbers {
        let found = reads_by(&scene, number, &["notifications.ListDeliveries"]).await;
        let [read] = found.as_slice() else { panic!("once each: {found:?}") };
        assert_eq!((read.reader.as_str(), read.player_id.as_str()), ("agent:mette", "p-1001"));
        assert_eq!((read.fields.as_str(), read.purpose.as_str()), ("listed", "bounces"));
    }
    // Intake writes one of its own, and with it learns of what others have.
    scene.stage.history().get_case(ask(&mette(), case(&numbers[0]))).await.unwrap();
    reads_by(&scene, &numbers[0], &["history.GetCase"]).await;
    let second = scene.stage.history().get_case(ask(&mette(), case(&numbers[1]))).await;
    Refusal::of(second).is(Code::ResourceExhausted, "READ_LIMIT_REACHED");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cases_that_an_agent_opens_count_over_all_services() {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::new(START.parse().unwrap());
    let limit = "[intake]\ncases_read_per_hour = 3";
    let scene = Scene::of(World::start_in(folder.path(), clock, limit).await.unwrap()).await;
    let mut numbers = Vec::new();
    for _ in 0..4 {
        numbers.push(scene.opened().await);
    }
    for number in &numbers[..2] {
        scene.stage.notifications().list_deliveries(ask(&mette(), deliveries(number))).await.unwrap();
        reads_by(&scene, number, &["notifications.ListDeliveries"]).await;
    }
    scene.stage.history().get_case(ask(&mette(), case(&numbers[2]))).await.unwrap();
    // Intake has written that down, and with it learned of what others have.
    reads_by(&scene, &numbers[2], &["history.GetCase"]).await;
    let stopped = scene.stage.history().get_case(ask(&mette(), case(&numbers[3]))).await;
    Refusal::of(stopped).is(Code::ResourceExhausted, "READ_LIMIT_REACHED");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_opens_too_many_cases_within_an_hour_is_stopped_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let limit = "[intake]\ncases_read_per_hour = 3";
    let clock = ManualClock::new(START.parse().unwrap());
    let scene = Scene::of(World::start_in(folder.path(), clock.clone(), limit).await.unwrap()).await;
    let mut numbers = Vec::new();
    for _ in 0..4 {
        numbers.push(scene.opened().await);
    }
    for number in &numbers[..3] {
        scene.stage.history().get_case(ask(&mette(), case(number))).await.unwrap();
    }
    let stopped = scene.stage.history().get_case(ask(&mette(), case(&numbers[3]))).await;
    Refusal::of(stopped).is(Code::ResourceExhausted, "READ_LIMIT_REACHED").says("2026-06-15T11:");
    scene.stage.history().get_case(ask(&mette(), case(&numbers[0]))).await.unwrap();
    let other = Person::agent("Peter", "payments");
    scene.stage.history().get_case(ask(&other, case(&numbers[3]))).await.unwrap();

    scene.stop().await;
    let world = World::start_in(folder.path(), clock, limit).await.unwrap();
    let stage = world.stage_as_it_is().await.unwrap();
    let scene = Scene { world, stage };
    let stopped = scene.stage.history().get_case(ask(&mette(), case(&numbers[3]))).await;
    Refusal::of(stopped).is(Code::ResourceExhausted, "READ_LIMIT_REACHED");
    scene.stage.pass(Duration::from_hours(1)).await;
    scene.stage.history().get_case(ask(&mette(), case(&numbers[3]))).await.unwrap();
    scene.stop().await;
}
