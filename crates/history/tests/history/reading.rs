//! What the history tells of a case: now, as of a moment, in pages, opened and erased.

use contracts::history::v1 as pb;
use contracts::history::v1::history_service_server::HistoryService;
use service_kit::Failure;
use service_kit::request::timestamp;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::world::{CASE, World, by_an_auditor, message, mette, number, player};

fn version(version: u64) -> pb::AsOf {
    pb::AsOf { moment: Some(pb::as_of::Moment::Version(version)) }
}

async fn get(world: &World, case: &str, as_of: Option<pb::AsOf>) -> Result<pb::Case, Status> {
    let request = pb::GetCaseRequest { case: case.to_owned(), as_of };
    world.history.get_case(by_an_auditor(request)).await.map(|answer| answer.into_inner().case.unwrap())
}

async fn page(world: &World, request: &pb::ListHistoryRequest) -> Result<pb::ListHistoryResponse, Status> {
    world.history.list_history(by_an_auditor(request.clone())).await.map(tonic::Response::into_inner)
}

fn all() -> pb::ListHistoryRequest {
    pb::ListHistoryRequest { case: CASE.to_string(), ..pb::ListHistoryRequest::default() }
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().unwrap().reason.clone()
}

fn field(status: &Status) -> String {
    status.get_error_details().bad_request().unwrap().field_violations[0].field.clone()
}

#[tokio::test]
async fn a_case_is_found_by_its_number_as_soon_as_it_is_committed() {
    let world = World::new().await;
    world.open().await;
    assert_eq!(world.directory.resolve("case", &number().to_string()).await.unwrap(), CASE);
    let written_small = format!(" {} ", number().to_string().to_lowercase());
    assert_eq!(get(&world, &written_small, None).await.unwrap().case_id, CASE.to_string());
}

#[tokio::test]
async fn a_mistyped_number_is_refused_and_an_unknown_one_is_not_found() {
    let world = World::new().await;
    world.open().await;
    let right = number().to_string();
    let wrong = format!("{}{}", &right[..right.len() - 1], if right.ends_with('T') { 'R' } else { 'T' });
    let mistyped = get(&world, &wrong, None).await.unwrap_err();
    assert_eq!((mistyped.code(), field(&mistyped)), (Code::InvalidArgument, "case".to_owned()));
    assert!(mistyped.message().contains("typing error"), "{mistyped}");
    for rubbish in ["", "NB-2026", "nonsense"] {
        assert_eq!(get(&world, rubbish, None).await.unwrap_err().code(), Code::InvalidArgument, "{rubbish}");
    }
    let unknown = case::CaseNumber::new("NB".parse().unwrap(), 2026, 413).to_string();
    for missing in [unknown, uuid::Uuid::from_u128(5).to_string()] {
        let status = get(&world, &missing, None).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::NotFound, "CASE_NOT_FOUND".to_owned()));
        assert!(status.message().contains(&missing), "{status}");
    }
}

#[tokio::test]
async fn a_directory_that_has_stopped_says_unavailable_rather_than_not_found() {
    let world = World::new().await;
    world.directory.subscription().stop().await;
    world.open().await;
    let failure = world.directory.resolve("case", &number().to_string()).await.unwrap_err();
    assert!(matches!(failure, Failure::Unavailable(_)), "{failure:?}");
}

#[tokio::test]
async fn a_case_is_shown_as_it_stood_at_a_version_or_a_time() {
    let world = World::new().await;
    world.open().await;
    let opened_at = world.parts.log.last_recorded_at().await.unwrap().unwrap();
    world.clock.advance(std::time::Duration::from_mins(1));
    world.queue().await;

    let now = get(&world, &CASE.to_string(), None).await.unwrap();
    assert_eq!((now.version, now.etag.as_str()), (3, "\"3\""));
    assert_eq!((now.state(), now.team()), (pb::CaseState::Queued, pb::Team::Payments));
    let shown = now.player.unwrap();
    assert_eq!((shown.username.as_str(), shown.email.as_str()), ("freja", "freja@example.org"));
    assert_eq!(shown.tier(), pb::Tier::Vip);

    let before = get(&world, &CASE.to_string(), Some(version(2))).await.unwrap();
    assert_eq!(
        (before.version, before.state(), before.team()),
        (2, pb::CaseState::New, pb::Team::Unspecified)
    );
    let then = pb::AsOf { moment: Some(pb::as_of::Moment::Time(timestamp(opened_at))) };
    assert_eq!(get(&world, &CASE.to_string(), Some(then)).await.unwrap(), before);

    let earlier = timestamp(opened_at - jiff::SignedDuration::from_secs(1));
    let not_yet = pb::AsOf { moment: Some(pb::as_of::Moment::Time(earlier)) };
    assert_eq!(get(&world, &CASE.to_string(), Some(not_yet)).await.unwrap_err().code(), Code::NotFound);
    let beyond = get(&world, &CASE.to_string(), Some(version(4))).await.unwrap_err();
    assert_eq!((beyond.code(), field(&beyond)), (Code::InvalidArgument, "as_of.version".to_owned()));
}

#[tokio::test]
async fn an_entry_tells_who_did_what_in_which_team() {
    let world = World::new().await;
    world.open().await;
    world.queue().await;
    let declared = case::intake::ComplaintDeclared { jurisdiction: "DK".to_owned() };
    world.record(&mette(), vec![case::CaseEvent::Intake(declared.into())]).await;
    let entries = page(&world, &all()).await.unwrap().entries;
    let told: Vec<&str> = entries.iter().map(|entry| entry.summary.as_str()).collect();
    let got_number = format!("The case got the number {}", number());
    assert_eq!(
        told,
        [
            "Player p-1001 opened the case by chat, in Danish",
            got_number.as_str(),
            "The case was queued for payments",
            "Mette (payments) declared a formal complaint under the rules of DK",
        ]
    );
    let last = entries.last().unwrap();
    assert_eq!((last.version, last.position, last.r#type.as_str()), (4, 4, "intake.complaint_declared"));
    assert_eq!(last.team(), pb::Team::Payments);
    let actor = last.actor.as_ref().unwrap();
    assert_eq!((actor.kind(), actor.id.as_str()), (pb::ActorKind::Agent, "mette"));
    assert_eq!(entries[0].team(), pb::Team::Unspecified);
    let stored = world.parts.log.read_stream(CASE, 3, 1).await.unwrap();
    assert_eq!(last.hash, hex::encode(stored[0].hash));
    assert_eq!(last.event_id, stored[0].event_id.to_string());
}

#[tokio::test]
async fn personal_texts_are_opened_and_those_of_an_erased_player_are_not_there() {
    let world = World::new().await;
    world.open().await;
    world.write("Hvor er mine penge?").await;
    let stored = world.parts.log.read_stream(CASE, 2, 1).await.unwrap();
    assert!(!String::from_utf8_lossy(&stored[0].payload).contains("penge"), "stored sealed");
    let entry = page(&world, &all()).await.unwrap().entries.pop().unwrap();
    assert_eq!(entry.summary, "Player p-1001 wrote by chat: “Hvor er mine penge?”");
    let details: serde_json::Value = serde_json::from_str(&entry.details_json).unwrap();
    assert_eq!(details["text"], "Hvor er mine penge?");

    world.parts.sealer.destroy("NB", "p-1001").await.unwrap();
    let entry = page(&world, &all()).await.unwrap().entries.pop().unwrap();
    assert_eq!(entry.summary, "Player p-1001 wrote by chat: [erased]");
    let details: serde_json::Value = serde_json::from_str(&entry.details_json).unwrap();
    assert_eq!(details["text"], "[erased]");
    let as_of_opening = get(&world, &CASE.to_string(), Some(version(1))).await.unwrap().player.unwrap();
    assert!(as_of_opening.erased && as_of_opening.username.is_empty());
}

#[tokio::test]
async fn pages_give_every_version_once_also_while_history_grows() {
    let world = World::new().await;
    world.open().await;
    world.record(&player(), (0..7).map(|n| message(&format!("message {n}"))).collect()).await;
    let mut request = pb::ListHistoryRequest { page_size: 2, ..all() };
    let mut versions = Vec::new();
    loop {
        let answer = page(&world, &request).await.unwrap();
        assert!(answer.entries.len() <= 2);
        versions.extend(answer.entries.iter().map(|entry| entry.version));
        if answer.next_page_token.is_empty() {
            break;
        }
        if versions.len() == 4 {
            world.queue().await;
        }
        request.page_token = answer.next_page_token;
    }
    assert_eq!(versions, (1..=10).collect::<Vec<u64>>());
    let bounded = page(&world, &pb::ListHistoryRequest { as_of: Some(version(4)), ..all() }).await.unwrap();
    assert_eq!((bounded.entries.len(), bounded.next_page_token.as_str()), (4, ""));
}

#[tokio::test]
async fn a_page_never_outgrows_a_message() {
    let world = World::new().await;
    world.open().await;
    let long = "æ".repeat(10_000);
    for _ in 0..8 {
        world.record(&player(), (0..10).map(|_| message(&long)).collect()).await;
    }
    let first = page(&world, &pb::ListHistoryRequest { page_size: 200, ..all() }).await.unwrap();
    assert!(!first.next_page_token.is_empty());
    assert!(prost::Message::encoded_len(&first) < service_kit::limits::SMALLEST_MESSAGE_BYTES);
}

#[tokio::test]
async fn a_page_token_of_another_request_is_refused() {
    let world = World::new().await;
    world.open().await;
    let token =
        page(&world, &pb::ListHistoryRequest { page_size: 1, ..all() }).await.unwrap().next_page_token;
    let other = pb::ListHistoryRequest { as_of: Some(version(2)), page_token: token, ..all() };
    let status = page(&world, &other).await.unwrap_err();
    assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "page_token".to_owned()));
}
