//! `ListHistory`: pages that join up, also while history goes on.

use contracts::history::v1::as_of::Moment;
use contracts::history::v1::{AsOf, Entry, ListHistoryRequest};

use crate::people::{ask, auditor, mette};
use crate::requests;
use crate::scene::Scene;

/// Every page; between two of them a note is added, if wished.
async fn in_pages(scene: &Scene, number: &str, as_of: Option<AsOf>, size: i32, write: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListHistoryRequest {
            case: number.to_owned(),
            as_of,
            page_size: size,
            page_token: std::mem::take(&mut page_token),
        };
        let page = scene.stage.history().list_history(ask(&auditor(), request)).await.unwrap().into_inner();
        assert!(page.entries.len() <= usize::try_from(size).unwrap());
        entries.extend(page.entries);
        if page.next_page_token.is_empty() || entries.len() > 200 {
            return entries;
        }
        page_token = page.next_page_token;
        if write && entries.len() < 12 {
            let note = requests::add_note(scene.stage.new_id(), number);
            scene.stage.intake().add_note(ask(&mette(), note)).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_any_size_join_up_to_the_whole_history() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let whole = in_pages(&scene, &number, None, 200, false).await;
    assert!(whole.len() > 10, "a history of {}", whole.len());
    for size in [1, 3, 7] {
        assert_eq!(in_pages(&scene, &number, None, size, false).await, whole, "in pages of {size}");
    }
    let versions: Vec<u64> = whole.iter().map(|entry| entry.version).collect();
    assert_eq!(versions, (1..=whole.len() as u64).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_join_up_although_history_goes_on_between_them() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let entries = in_pages(&scene, &number, None, 2, true).await;
    assert_eq!(entries, in_pages(&scene, &number, None, 200, false).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_as_of_a_version_ends_there() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let whole = in_pages(&scene, &number, None, 200, false).await;
    let as_of = Some(AsOf { moment: Some(Moment::Version(5)) });
    assert_eq!(in_pages(&scene, &number, as_of, 2, true).await, whole[..5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_says_who_did_what_when_and_why() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let entries = in_pages(&scene, &number, None, 50, false).await;
    for entry in &entries {
        let kind = &entry.r#type;
        assert!(entry.summary.len() > 5 && !entry.summary.contains("Unknown"), "{kind}: {}", entry.summary);
        assert!(entry.recorded_at.is_some() && entry.actor.is_some(), "{kind}");
        let details: serde_json::Value = serde_json::from_str(&entry.details_json).unwrap();
        assert!(details.is_object(), "{kind}: {details}");
        // A reaction names the fact it answers; a caller's command has none before it.
        let by_a_service = entry.actor.as_ref().unwrap().kind() == contracts::history::v1::ActorKind::Service;
        let caused = entries.iter().any(|cause| cause.event_id == entry.causation_id);
        assert_eq!(caused, by_a_service, "{kind} by {:?} because of '{}'", entry.actor, entry.causation_id);
    }
    let opened = &entries[0];
    assert_eq!(opened.r#type, "intake.case_opened");
    assert!(
        entries.iter().any(|entry| entry.details_json.contains("udbetaling")),
        "personal texts are readable"
    );
}
