//! Who is shown a player's texts is written down, and whoever opens too many cases is stopped.

use std::time::Duration;

use ambient::ManualClock;
use contracts::history::v1::{GetCaseRequest, ListHistoryRequest, ListReadsRequest, PersonalRead};
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
