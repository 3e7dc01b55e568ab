//! Texts, languages and words that cannot be taken: every wrong field is named, all at once.

use contracts::intake::v1::{
    AddNoteRequest, Channel, ListArticlesRequest, OpenCaseRequest, Player, ReceiveMessageRequest,
    SendReplyRequest,
};
use tonic::Code;

use crate::people::{ask, auditor, mette, rasmus};
use crate::refusal::Refusal;
use crate::requests;
use crate::scene::Scene;

/// What this text is answered with wherever a text is taken.
async fn refusals_of(scene: &Scene, number: &str, text: &str) -> Vec<(&'static str, Refusal)> {
    let mut intake = scene.stage.intake();
    let id = || scene.stage.new_id();
    let open = OpenCaseRequest { text: text.to_owned(), ..requests::open_case(id()) };
    let receive = ReceiveMessageRequest {
        request_id: id(),
        case: number.to_owned(),
        subject: String::new(),
        channel: Channel::Chat.into(),
        text: text.to_owned(),
    };
    let reply = SendReplyRequest { text: text.to_owned(), ..requests::send_reply(id(), number) };
    let note = AddNoteRequest { text: text.to_owned(), ..requests::add_note(id(), number) };
    vec![
        ("OpenCase", Refusal::of(intake.open_case(ask(&rasmus(), open)).await)),
        ("ReceiveMessage", Refusal::of(intake.receive_message(ask(&rasmus(), receive)).await)),
        ("SendReply", Refusal::of(intake.send_reply(ask(&mette(), reply)).await)),
        ("AddNote", Refusal::of(intake.add_note(ask(&mette(), note)).await)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_message_is_refused_wherever_one_is_taken() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let before = scene.head().await;
    for text in ["", "   ", "\n\t\r\n"] {
        for (method, refusal) in refusals_of(&scene, &number, text).await {
            assert_eq!(refusal.fields, ["text"], "{method}: {:?}", refusal.status);
            refusal.about(&["text"]).says("required");
        }
    }
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_a_megabyte_is_refused_with_what_is_allowed() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let before = scene.head().await;
    for (_, refusal) in refusals_of(&scene, &number, &"x".repeat(1_000_000)).await {
        refusal.about(&["text"]).says("10000");
    }
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_message_is_taken_and_one_character_more_is_not() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    // Characters are counted, not bytes.
    let longest = "ø".repeat(10_000);
    let reply =
        SendReplyRequest { text: longest.clone(), ..requests::send_reply(scene.stage.new_id(), &number) };
    scene.stage.intake().send_reply(ask(&mette(), reply)).await.unwrap();
    for (_, refusal) in refusals_of(&scene, &number, &format!("{longest}!")).await {
        refusal.about(&["text"]).says("10001");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_that_is_none_is_refused() {
    let scene = Scene::begin().await;
    let before = scene.head().await;
    let mut intake = scene.stage.intake();
    for language_code in ["xx", "danish", "da-DK-x-fast", "d"] {
        let open = OpenCaseRequest {
            language_code: language_code.to_owned(),
            ..requests::open_case(scene.stage.new_id())
        };
        Refusal::of(intake.open_case(ask(&rasmus(), open)).await)
            .about(&["language_code"])
            .says(language_code);
        let list =
            ListArticlesRequest { language_code: language_code.to_owned(), ..ListArticlesRequest::default() };
        Refusal::of(intake.list_articles(ask(&auditor(), list)).await).about(&["language_code"]);
    }
    assert_eq!(scene.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_a_request_is_said_at_once() {
    let scene = Scene::begin().await;
    let before = scene.head().await;
    let wrong = OpenCaseRequest {
        request_id: "again".to_owned(),
        brand: "nordbet".to_owned(),
        channel: 99,
        player: Some(Player {
            player_id: "a player".to_owned(),
            time_zone: "Europe/Atlantis".to_owned(),
            ..Player::default()
        }),
        language_code: "xx".to_owned(),
        topic: 99,
        ..OpenCaseRequest::default()
    };
    let refusal = Refusal::of(scene.stage.intake().open_case(ask(&rasmus(), wrong)).await);
    refusal.is(Code::InvalidArgument, "INVALID_ARGUMENT");
    let mut fields = refusal.fields.clone();
    fields.sort();
    let all = [
        "brand",
        "channel",
        "language_code",
        "player.player_id",
        "player.time_zone",
        "player.username",
        "request_id",
        "text",
        "topic",
    ];
    assert_eq!(fields, all, "{:?}", refusal.status);

    let empty = scene.stage.intake().open_case(ask(&rasmus(), OpenCaseRequest::default())).await;
    let refusal = Refusal::of(empty);
    for field in ["request_id", "brand", "channel", "player", "text"] {
        assert!(refusal.fields.iter().any(|named| named.starts_with(field)), "{field}: {:?}", refusal.status);
    }
    assert_eq!(scene.head().await, before);
}
