//! How a request becomes a case: its number, its language, the answer offered at once, what it follows.

use std::collections::BTreeSet;

use case::CaseEvent;
use case::intake::Event;
use contracts::intake::v1 as pb;
use tonic::Code;

use crate::world::{World, by_service, fields, reason};

#[tokio::test]
async fn a_request_sent_many_times_at_once_opens_one_case_with_one_number() {
    let world = World::start().await;
    let request = world.opening("p-1");
    let calls = (0..8).map(|_| world.open(request.clone()));
    let answers = futures_util::future::try_join_all(calls).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let number = &answers[0].case.as_ref().unwrap().number;
    assert!(number.starts_with("NB-2026-000001-"), "{number}");

    let other = pb::OpenCaseRequest { text: "Noget helt andet.".to_owned(), ..request };
    let status = world.open(other).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::AlreadyExists, "REQUEST_ID_REUSED"));
}

#[tokio::test]
async fn numbers_go_on_after_the_service_lost_its_database() {
    let world = World::start().await;
    let first = world.opening("p-1");
    let before = world.opened(first.clone()).await;
    let second = world.opened(world.opening("p-2")).await;
    let world = world.start_over().await;
    assert_eq!(world.opened(first).await, before, "a repeat is answered as at first");
    let third = world.opened(world.opening("p-3")).await;
    let numbers: BTreeSet<&str> = [&before, &second, &third].iter().map(|case| &case.number[..14]).collect();
    assert_eq!(numbers, BTreeSet::from(["NB-2026-000001", "NB-2026-000002", "NB-2026-000003"]));
    assert_eq!(world.shown(&second.number).await.r#ref.unwrap().case_id, second.case_id);
}

#[tokio::test]
async fn the_language_is_stated_or_found_or_assumed() {
    let world = World::start().await;
    for (stated, text, language, detected) in [
        ("pl", "Hej, min udbetaling er ikke kommet frem endnu.", "pl", false),
        ("", "Hej, min udbetaling er ikke kommet frem endnu. Hvornår får jeg pengene?", "da", true),
        ("", "TX-70001", "en", false),
    ] {
        let request = pb::OpenCaseRequest {
            language_code: stated.to_owned(),
            text: text.to_owned(),
            ..world.opening("p-1")
        };
        let opened = world.opened(request).await;
        assert_eq!(world.shown(&opened.case_id).await.language_code, language, "{text}");
        let facts = world.facts(&opened.case_id).await;
        let found = facts.iter().any(|fact| matches!(fact, CaseEvent::Intake(Event::LanguageDetected(_))));
        assert_eq!(found, detected, "{text}");
    }
}

#[tokio::test]
async fn an_answer_that_may_be_enough_comes_with_the_case_and_with_every_repeat() {
    let world = World::start().await;
    let request = pb::OpenCaseRequest {
        language_code: "pl".to_owned(),
        text: "Dzień dobry, nie dostałem bonusu powitalnego po pierwszej wpłacie.".to_owned(),
        channel: pb::Channel::HelpCentre as i32,
        ..world.opening("p-1")
    };
    let first = world.open(request.clone()).await.unwrap();
    let article = first.suggested_answer.clone().unwrap();
    assert_eq!((article.article_id.as_str(), article.language_code.as_str()), ("bonus_wagering", "pl"));
    assert!(article.body.contains("bonus"), "{article:?}");
    assert_eq!(world.open(request).await.unwrap(), first);

    let list = pb::ListArticlesRequest { language_code: "pl".to_owned(), page_size: 3, ..Default::default() };
    let page = world.client.clone().list_articles(by_service(list.clone())).await.unwrap().into_inner();
    assert!(page.articles.contains(&article));
    let next = pb::ListArticlesRequest { page_token: page.next_page_token, ..list };
    let last = world.client.clone().list_articles(by_service(next)).await.unwrap().into_inner();
    assert_eq!((page.articles.len(), last.articles.len(), last.next_page_token.as_str()), (3, 2, ""));
}

#[tokio::test]
async fn a_case_follows_only_one_that_exists() {
    let world = World::start().await;
    let first = world.opened(world.opening("p-1")).await;
    let next = pb::OpenCaseRequest { previous_case: first.number.clone(), ..world.opening("p-1") };
    let next = world.opened(next).await;
    assert_eq!(world.shown(&next.number).await.previous_case_id, first.case_id);
    let nowhere = pb::OpenCaseRequest { previous_case: world.request_id(), ..world.opening("p-1") };
    let status = world.open(nowhere).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "CASE_NOT_FOUND"));

    let tie = |other_case: &str| pb::LinkCaseRequest {
        request_id: world.request_id(),
        case: first.case_id.clone(),
        other_case: other_case.to_owned(),
        ..pb::LinkCaseRequest::default()
    };
    world.client.clone().link_case(by_service(tie(&next.number))).await.unwrap();
    assert_eq!(world.shown(&first.number).await.linked_case_ids, [next.case_id]);
    let status = world.client.clone().link_case(by_service(tie(&world.request_id()))).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "OTHER_CASE_NOT_FOUND"));
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_at_once() {
    let world = World::start().await;
    let player = pb::Player { time_zone: "Europe/Atlantis".to_owned(), ..pb::Player::default() };
    let wrong = pb::OpenCaseRequest { channel: 99, player: Some(player), ..Default::default() };
    let mut wrong = fields(&world.open(wrong).await.unwrap_err());
    wrong.sort();
    let all =
        ["brand", "channel", "player.player_id", "player.time_zone", "player.username", "request_id", "text"];
    assert_eq!(wrong, all);
}

#[tokio::test]
async fn the_list_shows_the_last_opened_first_page_by_page() {
    let world = World::start().await;
    let mut numbers = Vec::new();
    for player_id in ["p-1", "p-2", "p-1"] {
        numbers.insert(0, world.opened(world.opening(player_id)).await.number);
        world.lasting.clock.advance(std::time::Duration::from_secs(1));
    }
    world.settled().await;
    let list = pb::ListCasesRequest { brand: "NB".to_owned(), page_size: 2, ..Default::default() };
    let first = world.client.clone().list_cases(by_service(list.clone())).await.unwrap().into_inner();
    let next = pb::ListCasesRequest { page_token: first.next_page_token.clone(), ..list.clone() };
    let second = world.client.clone().list_cases(by_service(next.clone())).await.unwrap().into_inner();
    let seen = first.cases.iter().chain(&second.cases);
    let seen: Vec<String> = seen.map(|case| case.r#ref.as_ref().unwrap().number.clone()).collect();
    assert_eq!((seen, second.next_page_token.as_str()), (numbers, ""));

    let shown = world.shown(&first.cases[0].r#ref.as_ref().unwrap().number).await;
    let line = &first.cases[0];
    assert_eq!((&line.r#ref, line.topic, line.channel), (&shown.r#ref, shown.topic, shown.channel));
    assert_eq!((&line.opened_at, &line.updated_at), (&shown.opened_at, &shown.updated_at));
    let foreign = pb::ListCasesRequest { player_id: "p-1".to_owned(), ..next };
    let status = world.client.clone().list_cases(by_service(foreign)).await.unwrap_err();
    assert_eq!(fields(&status), ["page_token"]);
}
