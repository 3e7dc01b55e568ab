//! A player is forgotten: everywhere, for good, and also when an older copy of the keys comes back.

use std::time::Duration;

use contracts::history::v1::{
    Entry, GetCaseRequest, ListHistoryRequest, VerifyCaseRequest, VerifyCaseResponse,
};
use contracts::intake::v1::{CaseSummary, ListCasesRequest};
use contracts::privacy::v1::{
    ErasePlayerRequest, Erasure, ErasureGround, ExportPlayerRequest, HoldGround, ListErasuresRequest,
    SetLegalHoldRequest,
};
use sealing::Error as KeyError;
use service_kit::request::timestamp;
use sha2::{Digest, Sha256};
use stories::{Person, Stage};
use tonic::Code;
use world::{System, place};

use crate::keys::KeysBackup;
use crate::people::{ask, auditor, mette, rasmus};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;

/// Words that tell something about Rasmus.
const TELLING: [&str; 4] = ["rasmus", "Rasmus", "udbetaling", "Looked at the account"];
const PLAYER: &str = "p-1001";
const EMAIL: &str = "Rasmus@player.example";

/// Of team privacy.
fn petra() -> Person {
    Person::agent("Petra", "privacy")
}

fn erase_player(scene: &Scene) -> ErasePlayerRequest {
    ErasePlayerRequest {
        request_id: scene.stage.new_id(),
        brand: Stage::BRAND.to_owned(),
        player_id: PLAYER.to_owned(),
        ground: ErasureGround::SubjectRequest.into(),
    }
}

fn hold(scene: &Scene) -> SetLegalHoldRequest {
    SetLegalHoldRequest {
        request_id: scene.stage.new_id(),
        brand: Stage::BRAND.to_owned(),
        player_id: PLAYER.to_owned(),
        ..SetLegalHoldRequest::default()
    }
}

fn proven<T>(scene: &Scene, message: T) -> tonic::Request<T> {
    petra().ask_with_second_factor(message, scene.stage.clock()).unwrap()
}

async fn history(scene: &Scene, number: &str) -> Vec<Entry> {
    let request = ListHistoryRequest { case: number.to_owned(), page_size: 200, ..Default::default() };
    scene.stage.history().list_history(ask(&auditor(), request)).await.unwrap().into_inner().entries
}

async fn verified(scene: &Scene, number: &str) -> VerifyCaseResponse {
    let request = VerifyCaseRequest { case: number.to_owned() };
    scene.stage.history().verify_case(ask(&auditor(), request)).await.unwrap().into_inner()
}

async fn found_by(scene: &Scene, contact: &str) -> Vec<CaseSummary> {
    let (brand, contact) = (Stage::BRAND.to_owned(), contact.to_owned());
    let request = ListCasesRequest { brand, contact, ..ListCasesRequest::default() };
    scene.stage.intake().list_cases(ask(&mette(), request)).await.unwrap().into_inner().cases
}

async fn erasures(scene: &Scene) -> Vec<Erasure> {
    let request = ListErasuresRequest { brand: Stage::BRAND.to_owned(), ..Default::default() };
    scene.stage.privacy().list_erasures(ask(&petra(), request)).await.unwrap().into_inner().erasures
}

/// A case of Rasmus with words of his and of ours in it.
async fn told(scene: &Scene) -> String {
    let number = scene.taken().await;
    let reply = requests::send_reply(scene.stage.new_id(), &number);
    scene.stage.intake().send_reply(ask(&mette(), reply)).await.unwrap();
    let note = requests::add_note(scene.stage.new_id(), &number);
    scene.stage.intake().add_note(ask(&mette(), note)).await.unwrap();
    scene.head().await;
    number
}

fn telling(entries: &[Entry]) -> Vec<String> {
    let texts = entries.iter().map(|entry| format!("{} {}", entry.summary, entry.details_json));
    texts.filter(|text| TELLING.iter().any(|word| text.contains(word))).collect()
}

/// Nothing tells anything about Rasmus any more, in no process, and everything else is as it was.
async fn is_forgotten(scene: &Scene, number: &str, before: &[Entry]) {
    let entries = history(scene, number).await;
    assert_eq!(telling(&entries), [""; 0]);
    assert!(entries.iter().any(|entry| entry.details_json.contains("[erased]")), "{entries:?}");
    let shape = |entries: &[Entry]| -> Vec<(u64, String, String)> {
        entries.iter().map(|entry| (entry.version, entry.r#type.clone(), entry.hash.clone())).collect()
    };
    assert_eq!(shape(&entries)[..before.len()], shape(before), "history keeps its shape");
    let whole = verified(scene, number).await;
    assert!(whole.intact && whole.facts_checked >= before.len() as u64, "{whole:?}");

    let request = GetCaseRequest { case: number.to_owned(), as_of: None };
    let case = scene.stage.history().get_case(ask(&auditor(), request)).await.unwrap().into_inner();
    let player = case.case.unwrap().player.unwrap();
    assert_eq!((player.erased, player.username.as_str(), player.email.as_str()), (true, "", ""));
    assert_eq!(found_by(scene, EMAIL).await, []);
    let request = contracts::intake::v1::GetCaseRequest { case: number.to_owned() };
    let case = scene.stage.intake().get_case(ask(&auditor(), request)).await.unwrap().into_inner();
    let player = case.case.unwrap().player.unwrap();
    assert_eq!((player.username.as_str(), player.email.as_str()), ("", ""));
    for parts in scene.world.system.all_parts() {
        let key = parts.sealer.seal_key(Stage::BRAND, PLAYER).await;
        assert!(matches!(key, Err(KeyError::Erased)), "{key:?}");
    }
}

/// What NATS still holds of the log tells nothing either.
async fn messages_are_sealed(scene: &Scene) {
    let System::Distributed(_) = &*scene.world.system else { return };
    let place = place(&scene.world.data).await.unwrap();
    let jetstream = async_nats::jetstream::new(async_nats::connect(&place.nats).await.unwrap());
    let name = format!("{}_0", place.prefix.to_uppercase());
    let stream = jetstream.get_stream(name).await.unwrap();
    let last = stream.cached_info().state.last_sequence;
    assert!(last > 10, "{last}");
    for sequence in 1..=last {
        let message = stream.get_raw_message(sequence).await.unwrap();
        let text = String::from_utf8_lossy(&message.payload).into_owned();
        assert!(!TELLING.iter().any(|word| text.contains(word)), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_player_stays_forgotten_also_with_an_older_copy_of_the_keys() {
    let scene = Scene::begin().await;
    let number = told(&scene).await;
    let before = history(&scene, &number).await;
    assert!(telling(&before).len() >= 3, "the test can see what is to go: {before:?}");
    assert_eq!(found_by(&scene, EMAIL).await.len(), 1, "in any spelling");
    let backup = KeysBackup::take(&scene).await;
    assert!(KeysBackup::key_is_there(&scene.world.data, PLAYER).await);

    scene.stage.privacy().erase_player(proven(&scene, erase_player(&scene))).await.unwrap();
    is_forgotten(&scene, &number, &before).await;
    messages_are_sealed(&scene).await;
    let open = requests::open_case(scene.stage.new_id());
    Refusal::of(scene.stage.intake().open_case(ask(&rasmus(), open)).await)
        .is(Code::FailedPrecondition, "PLAYER_ERASED");
    let export = ExportPlayerRequest {
        request_id: scene.stage.new_id(),
        brand: Stage::BRAND.to_owned(),
        player_id: PLAYER.to_owned(),
    };
    let refused = scene.stage.privacy().export_player(proven(&scene, export)).await;
    let refused = Refusal::from(refused.map(drop).unwrap_err());
    refused.is(Code::FailedPrecondition, "PLAYER_ERASED");
    scene.check().await;

    let stopped = scene.stop().await;
    backup.restore(&stopped).await;
    assert!(KeysBackup::key_is_there(&stopped.data, PLAYER).await, "the old copy brings the key back");
    let scene = stopped.start().await;
    assert!(!KeysBackup::key_is_there(&scene.world.data, PLAYER).await, "the log destroyed it again");
    is_forgotten(&scene, &number, &before).await;
    scene.check().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legal_hold_refuses_an_erasure_with_its_date_until_it_ends() {
    let scene = Scene::begin().await;
    let number = told(&scene).await;
    let until = scene.stage.clock().now() + jiff::SignedDuration::from_hours(48);
    let set = SetLegalHoldRequest {
        until: Some(timestamp(until)),
        ground: HoldGround::MoneyLaundering.into(),
        note: "reference 17".to_owned(),
        ..hold(&scene)
    };
    let answer = scene.stage.privacy().set_legal_hold(ask(&petra(), set)).await.unwrap().into_inner();
    assert_eq!(answer.until, Some(timestamp(until)));

    let request = erase_player(&scene);
    for _ in 0..2 {
        let refused = scene.stage.privacy().erase_player(proven(&scene, request.clone())).await;
        Refusal::of(refused).is(Code::FailedPrecondition, "LEGAL_HOLD_RUNS").says(&until.to_string());
    }
    scene.head().await;
    let listed = erasures(&scene).await;
    assert_eq!(listed.len(), 1, "a repeat is no second refusal: {listed:?}");
    assert_eq!(listed[0].refused_until, Some(timestamp(until)));
    assert!(!telling(&history(&scene, &number).await).is_empty(), "nothing was erased");

    let other = scene.stage.privacy().erase_player(ask(&mette(), erase_player(&scene))).await;
    Refusal::of(other).is(Code::PermissionDenied, "NOT_PRIVACY_OFFICER");
    let unproven = scene.stage.privacy().erase_player(ask(&petra(), erase_player(&scene))).await;
    Refusal::of(unproven).is(Code::PermissionDenied, "SECOND_FACTOR_REQUIRED");

    scene.stage.pass(Duration::from_hours(48)).await;
    scene.stage.privacy().erase_player(proven(&scene, erase_player(&scene))).await.unwrap();
    scene.head().await;
    let listed = erasures(&scene).await;
    assert_eq!(listed.len(), 2);
    assert_eq!((listed[0].asked_by.as_str(), &listed[0].refused_until), ("agent:petra", &None));
    let late = SetLegalHoldRequest { request_id: scene.stage.new_id(), ..hold(&scene) };
    Refusal::of(scene.stage.privacy().set_legal_hold(ask(&petra(), late)).await)
        .is(Code::FailedPrecondition, "PLAYER_ERASED");
    scene.check().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_gets_everything_that_is_held_on_them() {
    let scene = Scene::begin().await;
    let number = told(&scene).await;
    let picture = requests::picture(600_000);
    let parts = requests::upload(scene.stage.new_id(), &number, "kvittering.png", &picture);
    let sent = futures_util::stream::iter(parts);
    let taken = scene.stage.intake().upload_evidence(ask(&rasmus(), sent)).await.unwrap().into_inner();
    // What others record about it comes before the export, and not beside it.
    scene.head().await;
    let request = ExportPlayerRequest {
        request_id: scene.stage.new_id(),
        brand: Stage::BRAND.to_owned(),
        player_id: PLAYER.to_owned(),
    };
    let unproven = scene.stage.privacy().export_player(ask(&petra(), request.clone())).await;
    Refusal::from(unproven.map(drop).unwrap_err()).is(Code::PermissionDenied, "SECOND_FACTOR_REQUIRED");
    let mut files: std::collections::BTreeMap<String, Vec<u8>> = std::collections::BTreeMap::new();
    let mut pieces = scene.stage.privacy().export_player(proven(&scene, request)).await.unwrap().into_inner();
    while let Some(piece) = pieces.message().await.unwrap() {
        files.entry(piece.file_name).or_default().extend(piece.content);
    }
    let case_file = format!("cases/{number}.json");
    let evidence_file = format!("evidence/{}", taken.evidence_id);
    assert_eq!(files.keys().collect::<Vec<_>>(), [&case_file, &evidence_file, "index.html", "player.json"]);
    assert_eq!(hex::encode(Sha256::digest(&files[&evidence_file])), taken.sha256);

    let case: serde_json::Value = serde_json::from_slice(&files[&case_file]).unwrap();
    let facts = case["history"].as_array().unwrap();
    let stored = scene.world.events().await.unwrap();
    let stream = scene.world.case(&number).await.unwrap().id.0;
    assert_eq!(facts.len(), stored.iter().filter(|event| event.stream == stream).count());
    let opened = facts.iter().find(|fact| fact["type"] == "intake.case_opened").unwrap();
    assert_eq!(opened["details"]["player"]["email"], "rasmus@player.example");
    let page = String::from_utf8(files["index.html"].clone()).unwrap();
    for word in ["rasmus@player.example", "Looked at the account.", "Hej, min udbetaling", &number] {
        assert!(page.contains(word), "{word} is not in: {page}");
    }
    let player: serde_json::Value = serde_json::from_slice(&files["player.json"]).unwrap();
    assert_eq!(player["decisions_about_data"][0]["type"], "privacy.player_exported");
    scene.check().await;
    scene.stop().await;
}
