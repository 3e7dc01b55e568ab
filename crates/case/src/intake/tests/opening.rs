use super::*;

fn nothing() -> Story {
    Story::nothing()
}

#[test]
fn a_request_becomes_a_case_with_number_message_and_topic() {
    let open = opening("Min udbetaling på 12.500 kr. er ikke kommet");
    assert_eq!(
        nothing().facts(&player(), open.clone()),
        ["case_opened", "case_number_issued", "message_received", "case_classified"]
    );
    let story = Story::opened_by(open);
    assert_eq!(story.case.intake.topic, Some(Topic::Withdrawal));
    assert_eq!(story.case.number().unwrap().to_string(), "NB-2026-000412-K");
    assert_eq!(story.case.state, crate::CaseState::Triaged);
    assert_eq!(story.case.intake.unanswered_since, Some(start()));
}

#[test]
fn a_detected_language_is_recorded_with_its_detectors_version_and_an_assumed_one_is_not() {
    let detected = OpenCase { language_source: LanguageSource::Detected { version: 3 }, ..opening("Hej") };
    let events = nothing().ask(&player(), detected).unwrap();
    let source = Source::Rules { version: 3, matched: Vec::new() };
    assert_eq!(events[2], LanguageDetected { language: Language::Da, source }.into());
    let assumed = OpenCase { language_source: LanguageSource::Assumed, ..opening("Hej") };
    assert!(!nothing().facts(&player(), assumed).contains(&"language_detected".to_owned()));
}

#[test]
fn what_the_channel_says_it_is_about_counts_unless_the_text_shows_danger() {
    let topic = |open: OpenCase| {
        let story = Story::opened_by(open);
        (story.case.intake.topic.unwrap(), story.case.intake.self_exclusion_requested)
    };
    let stated = |text| OpenCase { topic: Some(Topic::Bonus), ..opening(text) };
    assert_eq!(topic(stated("min udbetaling mangler")), (Topic::Bonus, false));
    assert_eq!(topic(stated("udeluk mig fra alt spil")), (Topic::Limits, true));
    assert_eq!(topic(stated("jeg er ludoman")), (Topic::Limits, false));
    assert_eq!(topic(opening("hej")), (Topic::Other, false));
}

#[test]
fn card_data_is_masked_in_every_text_of_a_new_case() {
    let card = "4111 1111 1111 1111";
    let mut open = opening(&format!("betalt med {card}, CVV 123"));
    open.player.username = format!("u {card}");
    open.player.email = Some("4111111111111111@mail.example".to_owned());
    open.product = Some(format!("spil {card}"));
    let events = nothing().ask(&player(), open).unwrap();
    let stored: Vec<String> =
        events.iter().map(|event| String::from_utf8(event.encode().unwrap()).unwrap()).collect();
    assert!(
        stored.iter().all(|text| !text.contains("1111 1111") && !text.contains("11111111")),
        "{stored:?}"
    );
    let masked: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::SensitiveDataMasked(masked) => Some((masked.subject_id, masked.kinds.len())),
            _ => None,
        })
        .collect();
    assert_eq!(masked, [(id(1), 3), (id(10), 2)], "of the case three, of the message two");
}

#[test]
fn an_answer_is_suggested_only_where_it_may_be_enough() {
    let polish =
        |text: &str| OpenCase { language: Language::Pl, channel: Channel::HelpCentre, ..opening(text) };
    let suggests = |open: OpenCase| nothing().facts(&player(), open).contains(&"answer_suggested".to_owned());
    let bonus = "Dzień dobry, nie dostałem bonusu powitalnego po pierwszej wpłacie.";
    assert!(suggests(polish(bonus)));
    assert!(suggests(OpenCase { channel: Channel::Form, ..polish(bonus) }));
    for channel in [Channel::Chat, Channel::Email, Channel::Phone] {
        assert!(!suggests(OpenCase { channel, ..polish(bonus) }), "{channel}");
    }
    assert!(!suggests(OpenCase { language: Language::Nb, ..polish(bonus) }), "not in the player's language");
    assert!(!suggests(OpenCase { articles: Vec::new(), ..polish(bonus) }));
    assert!(!suggests(OpenCase { previous_case: Some(other_case()), ..polish(bonus) }));
    assert!(!suggests(polish("gdzie jest moja wypłata")), "about money a human answers");
    let mut vip = polish(bonus);
    vip.player.tier = Tier::Vip;
    assert!(!suggests(vip));
    assert!(!suggests(polish("bonus, ale wykluczcie mnie z gry")));
}

#[test]
fn what_cannot_be_is_refused_with_its_field() {
    let no = |change: fn(&mut OpenCase)| {
        let mut open = opening("Hej");
        change(&mut open);
        let refusal = nothing().ask(&service(), open).unwrap_err();
        (refusal.reason(), refusal.field())
    };
    assert_eq!(no(|open| open.text = " \n ".into()), ("TEXT_EMPTY", Some("text")));
    assert_eq!(no(|open| open.text = "ø".repeat(10_001)), ("TEXT_TOO_LONG", Some("text")));
    assert_eq!(no(|open| open.player.username = String::new()), ("TEXT_EMPTY", Some("player.username")));
    assert_eq!(no(|open| open.product = Some("x".repeat(201))), ("TEXT_TOO_LONG", Some("product")));
    for email in ["no-at", "@host", "name@", "a b@c", "a@b@c"] {
        let mut open = opening("Hej");
        open.player.email = Some(email.to_owned());
        assert_eq!(nothing().no(&service(), open), "EMAIL_INVALID", "{email}");
    }
    assert_eq!(
        no(|open| open.player.time_zone = Some("Europe/Atlantis".into())),
        ("TIME_ZONE_UNKNOWN", Some("player.time_zone"))
    );
    assert_eq!(no(|open| open.brand = "DK".parse().unwrap()).0, "NUMBER_OF_ANOTHER_BRAND");
    let other_player = OtherCase { player_id: "p-2".parse().unwrap(), ..other_case() };
    let other_brand = OtherCase { brand: "DK".parse().unwrap(), ..other_case() };
    let after = |previous| OpenCase { previous_case: Some(previous), ..opening("Hej") };
    assert_eq!(nothing().no(&service(), after(other_player)), "OTHER_PLAYER");
    assert_eq!(nothing().no(&service(), after(other_brand)), "OTHER_BRAND");
    assert_eq!(nothing().no(&another_player(), opening("Hej")), "ACTOR_NOT_ALLOWED");
}

#[test]
fn the_longest_message_is_taken_and_spaces_around_it_do_not_count() {
    let open = opening(&format!("  {}\n", "ø".repeat(10_000)));
    assert!(nothing().ask(&player(), open).is_ok());
}

#[test]
fn the_same_request_opens_the_case_once() {
    let story = Story::opened_by(opening("Hej"));
    assert_eq!(story.ask(&player(), opening("Hej")), Ok(Vec::new()));
    let other = OpenCase { message_id: id(11), ..opening("Hej") };
    assert_eq!(story.no(&player(), other), "CASE_ALREADY_OPEN");
}

#[test]
fn nothing_else_is_possible_before_the_case_is_open() {
    assert_eq!(nothing().no(&mette(), Command::CloseCase), "CASE_NOT_FOUND");
    assert_eq!(nothing().no(&player(), says(11, "hej")), "CASE_NOT_FOUND");
}
