//! Pages (AIP-158): a size below zero, and tokens that were never given out or belong to another list.

use contracts::history::v1 as history;
use contracts::intake::v1 as intake;
use contracts::notifications::v1 as notifications;
use contracts::payments_escalation::v1 as payments;
use contracts::routing::v1 as routing;
use stories::{Person, Stage};

use crate::people::{ask, auditor};
use crate::refusal::Refusal;
use crate::scene::Scene;

/// What every list answers to this page.
async fn ask_every_list(
    stage: &Stage,
    case: &str,
    page_size: i32,
    token: &str,
) -> Vec<(&'static str, Refusal)> {
    let brand = || Stage::BRAND.to_owned();
    let page_token = || token.to_owned();
    let who: Person = auditor();
    let mut client = stage.intake();
    let cases = intake::ListCasesRequest {
        brand: brand(),
        page_size,
        page_token: page_token(),
        ..intake::ListCasesRequest::default()
    };
    let articles = intake::ListArticlesRequest {
        language_code: "da".to_owned(),
        topic: 0,
        page_size,
        page_token: page_token(),
    };
    let mut refusals = vec![
        ("ListCases", Refusal::of(client.list_cases(ask(&who, cases)).await)),
        ("ListArticles", Refusal::of(client.list_articles(ask(&who, articles)).await)),
    ];
    let mut client = stage.routing();
    let agents = routing::ListAgentsRequest { brand: brand(), team: 0, page_size, page_token: page_token() };
    let team = routing::Team::Payments.into();
    let queue = routing::ListQueueRequest { brand: brand(), team, page_size, page_token: page_token() };
    let agent_id = "mette".to_owned();
    let offers = routing::ListOffersRequest { brand: brand(), agent_id, page_size, page_token: page_token() };
    refusals.push(("ListAgents", Refusal::of(client.list_agents(ask(&who, agents)).await)));
    refusals.push(("ListQueue", Refusal::of(client.list_queue(ask(&who, queue)).await)));
    refusals.push(("ListOffers", Refusal::of(client.list_offers(ask(&who, offers)).await)));

    let escalations =
        payments::ListEscalationsRequest { brand: brand(), progress: 0, page_size, page_token: page_token() };
    let answer = stage.payments().list_escalations(ask(&who, escalations)).await;
    refusals.push(("ListEscalations", Refusal::of(answer)));
    let deliveries = notifications::ListDeliveriesRequest {
        scope: Some(notifications::list_deliveries_request::Scope::Brand(brand())),
        standing: 0,
        page_size,
        page_token: page_token(),
    };
    let answer = stage.notifications().list_deliveries(ask(&who, deliveries)).await;
    refusals.push(("ListDeliveries", Refusal::of(answer)));

    let mut client = stage.history();
    let entries = history::ListHistoryRequest {
        case: case.to_owned(),
        as_of: None,
        page_size,
        page_token: page_token(),
    };
    let traces = history::ListTracesRequest { case: case.to_owned(), page_size, page_token: page_token() };
    refusals.push(("ListHistory", Refusal::of(client.list_history(ask(&who, entries)).await)));
    refusals.push(("ListTraces", Refusal::of(client.list_traces(ask(&who, traces)).await)));
    refusals
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_less_than_nothing_is_refused_by_every_list() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    for size in [-1, i32::MIN] {
        for (list, refusal) in ask_every_list(&scene.stage, &number, size, "").await {
            assert_eq!(refusal.fields, ["page_size"], "{list}: {:?}", refusal.status);
            refusal.about(&["page_size"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_that_is_rubbish_is_refused_by_every_list() {
    let scene = Scene::begin().await;
    let number = scene.opened().await;
    for token in ["rubbish", "AAAA", "9999999999999999999999", "'; --", "ø"] {
        for (list, refusal) in ask_every_list(&scene.stage, &number, 10, token).await {
            assert_eq!(refusal.fields, ["page_token"], "{list} '{token}': {:?}", refusal.status);
            refusal.about(&["page_token"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_is_good_for_its_own_list_only() {
    let scene = Scene::begin().await;
    for _ in 0..2 {
        scene.opened().await;
    }
    scene.head().await;
    let mut client = scene.stage.intake();
    let list = intake::ListCasesRequest {
        brand: Stage::BRAND.to_owned(),
        page_size: 1,
        ..intake::ListCasesRequest::default()
    };
    let first = client.list_cases(ask(&auditor(), list.clone())).await.unwrap().into_inner();
    assert_eq!(first.cases.len(), 1);
    let next = intake::ListCasesRequest { page_token: first.next_page_token.clone(), ..list.clone() };
    let second = client.list_cases(ask(&auditor(), next.clone())).await.unwrap().into_inner();
    assert_eq!((second.cases.len(), second.next_page_token.as_str()), (1, ""));
    assert_ne!(first.cases, second.cases);

    let other = intake::ListCasesRequest { player_id: "p-9".to_owned(), ..next };
    Refusal::of(client.list_cases(ask(&auditor(), other)).await).about(&["page_token"]);
}
