//! `ListTraces`: the way from a case to its traces, there from the first fact on, also while nobody exports
//! spans: what was not stored then can never be found again.

use contracts::history::v1::{ListTracesRequest, Trace};

use crate::people::{ask, auditor, mette, rasmus};
use crate::requests;
use crate::scene::Scene;

async fn traces(scene: &Scene, number: &str, page_size: i32) -> Vec<Trace> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListTracesRequest { case: number.to_owned(), page_size, page_token };
        let answer = scene.stage.history().list_traces(ask(&auditor(), request)).await.unwrap().into_inner();
        all.extend(answer.traces);
        if answer.next_page_token.is_empty() {
            return all;
        }
        page_token = answer.next_page_token;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_trace_is_kept_although_nothing_is_exported() {
    let scene = Scene::begin().await;
    let callers = "0af7651916cd43dd8448eb211c80319c";
    let mut request = ask(&rasmus(), requests::open_case(scene.stage.new_id()));
    let traceparent = format!("00-{callers}-b7ad6b7169203331-01");
    request.metadata_mut().insert("traceparent", traceparent.parse().unwrap());
    let opened = scene.stage.intake().open_case(request).await.unwrap().into_inner();
    let number = opened.case.unwrap().number;
    scene.head().await;
    let found = traces(&scene, &number, 50).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].trace_id, callers);
    for service in ["intake", "routing", "notifications"] {
        assert!(found[0].services.iter().any(|known| known == service), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_without_a_trace_begins_one_and_all_are_listed_in_order() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    for _ in 0..3 {
        let note = requests::add_note(scene.stage.new_id(), &number);
        scene.stage.intake().add_note(ask(&mette(), note)).await.unwrap();
    }
    let found = traces(&scene, &number, 50).await;
    // Opened, taken, and three notes.
    assert_eq!(found.len(), 5, "{found:?}");
    let facts: i32 = found.iter().map(|trace| trace.facts).sum();
    assert_eq!(u64::try_from(facts).unwrap(), scene.world.case(&number).await.unwrap().version);
    assert_eq!(traces(&scene, &number, 2).await, found, "page by page");
}
