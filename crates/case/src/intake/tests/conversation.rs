use super::*;

#[test]
fn a_message_is_taken_in_once() {
    let story = Story::queued(Topic::Bonus);
    assert_eq!(story.facts(&player(), says(20, "er der nyt?")), ["message_received"]);
    let story = story.when(&player(), says(20, "er der nyt?"));
    assert_eq!(story.ask(&player(), says(20, "er der nyt?")), Ok(Vec::new()));
    assert_eq!(story.case.intake.messages_received, 2);
    assert_eq!(story.no(&another_player(), says(21, "hej")), "ACTOR_NOT_ALLOWED");
}

#[test]
fn a_later_message_is_masked_and_says_so() {
    let story = Story::taken(Topic::Verification);
    let text = "Behöver ni kortet också? Det är 4111 1111 1111 1111, CVV 123.";
    let events = story.ask(&player(), says(20, text)).unwrap();
    let Event::MessageReceived(message) = &events[0] else { panic!("{events:?}") };
    assert_eq!(message.text.text(), Some("Behöver ni kortet också? Det är 411111******1111, CVV ***."));
    let kinds = vec![MaskedKind::CardNumber, MaskedKind::SecurityCode];
    assert_eq!(events[1], SensitiveDataMasked { subject_id: id(20), kinds }.into());
}

#[test]
fn what_begins_in_one_text_is_masked_in_the_next() {
    let card = |text: &str| (text.to_owned(), vec![MaskedKind::CardNumber]);
    let code = |text: &str| (text.to_owned(), vec![MaskedKind::SecurityCode]);
    for (first, second, expected) in [
        ("mit kort er 4111 1111", "1111 1111 og det virker ikke", card("****1111 og det virker ikke")),
        ("mit kort er 4111 11", "11 1111 1111", card("******1111")),
        ("4111 1111 1111", "1111", card("****")),
        ("kortet 4111 1111 1111 1111 udløber 12/27", "123", code("***")),
        ("min cvv er:", "123", code("***")),
        ("ordrenummer:", "4111111111111111", card("411111******1111")),
    ] {
        let story = Story::taken(Topic::Deposit);
        let after = story.clone().when(&player(), says(20, first));
        let mut subject = says(21, second);
        let alone = story.ask(&player(), subject.clone()).unwrap();
        subject.subject = Some(first.to_owned());
        let in_one_request = story.ask(&player(), subject).unwrap();
        let in_two = after.ask(&player(), says(21, second)).unwrap();
        for events in [in_one_request, in_two] {
            let Event::MessageReceived(message) = &events[0] else { panic!("{events:?}") };
            let Event::SensitiveDataMasked(masked) = &events[1] else { panic!("{events:?}") };
            assert_eq!((message.text.text().unwrap().to_owned(), masked.kinds.clone()), expected, "{first}");
        }
        let told_alone = alone.iter().any(|event| matches!(event, Event::SensitiveDataMasked(_)));
        assert_eq!(told_alone, second.len() == 16, "{second} tells nothing by itself");
    }
}

#[test]
fn a_file_name_a_reply_and_a_note_count_as_texts_too() {
    let story = Story::taken(Topic::Deposit);
    let named = UploadEvidence { file_name: "4111 1111".to_owned(), ..file(30, EvidenceKind::Screenshot) };
    let stories = [
        story.clone().when(&player(), named),
        story.clone().when(&mette(), reply(31, "Er det 4111 1111?")),
        story.clone().when(&mette(), AddNote { note_id: id(32), text: "kort 4111 1111".to_owned() }),
    ];
    for story in stories {
        assert_eq!(
            story.facts(&player(), says(21, "1111 1111")),
            ["message_received", "sensitive_data_masked"]
        );
    }
}

#[test]
fn numbers_that_do_not_go_on_stay_as_they_are() {
    let story = Story::taken(Topic::Deposit);
    for (first, second) in [
        ("mit kort er 4111 1111", "1111 1112 og det virker ikke"),
        ("saldo 4000", "3000 2000 1001 kr"),
        ("ring på +45 2030", "4050"),
        ("min cvv er hemmelig. Hvor er mine penge", "500 kr"),
    ] {
        let after = story.clone().when(&player(), says(20, first));
        assert_eq!(after.facts(&player(), says(21, second)), ["message_received"], "{second}");
    }
}

#[test]
fn a_wish_for_self_exclusion_is_heard_in_any_message() {
    let story = Story::taken(Topic::Bonus);
    let wish = "Egentlig vil jeg stoppe helt. Vær så snill å utestenge meg.";
    assert_eq!(
        story.facts(&player(), says(20, wish)),
        ["message_received", "case_classified", "self_exclusion_requested"]
    );
    let story = story.when(&player(), says(20, wish));
    assert_eq!(story.case.intake.topic, Some(Topic::Limits));
    assert_eq!(story.facts(&player(), says(21, "utesteng meg nå!")), ["message_received"], "recorded once");
}

#[test]
fn signs_of_danger_change_the_topic_but_lock_nothing() {
    let story = Story::taken(Topic::Bonus);
    assert_eq!(story.facts(&player(), says(20, "jeg er ludoman")), ["message_received", "case_classified"]);
}

#[test]
fn the_matter_may_come_with_the_second_message_as_long_as_nobody_has_the_case() {
    let story = Story::queued(Topic::Other);
    let matter = || says(20, "min udbetaling mangler");
    assert_eq!(story.facts(&player(), matter()), ["message_received", "case_classified"]);
    assert_eq!(story.taken_by("mette").facts(&player(), matter()), ["message_received"]);
    assert_eq!(Story::queued(Topic::Bonus).facts(&player(), matter()), ["message_received"]);
}

#[test]
fn a_suggested_answer_is_accepted_or_handed_to_a_human() {
    let open = OpenCase { channel: Channel::Form, ..opening("Hvor er min bonus?") };
    let story = Story::opened_by(open);
    assert_eq!(story.case.intake.suggested_article.as_deref(), Some("bonus_wagering"));
    let served = story.clone().when(&player(), Command::AcceptAnswer);
    assert_eq!(served.case.state, crate::CaseState::SelfServed);
    assert_eq!(served.ask(&player(), Command::AcceptAnswer), Ok(Vec::new()));
    assert_eq!(served.no(&player(), Command::RequestHuman), "CASE_OVER");

    let human = story.clone().when(&player(), Command::RequestHuman);
    assert!(human.case.intake.handed_to_human);
    assert_eq!(human.ask(&player(), Command::RequestHuman), Ok(Vec::new()));
    assert_eq!(human.no(&player(), Command::AcceptAnswer), "NO_ANSWER_SUGGESTED");

    for command in [
        Command::from(says(20, "det hjalp ikke")),
        file(20, EvidenceKind::Screenshot).into(),
        RequestCallback { phone: "+45 20 30 40 50".into(), not_before: None }.into(),
        DeclareComplaint { jurisdiction: "DK".into() }.into(),
    ] {
        let facts = story.facts(&player(), command);
        assert_eq!(facts.last().map(String::as_str), Some("handed_to_human"), "{facts:?}");
    }
}

#[test]
fn only_the_owner_and_bots_answer_the_player() {
    let story = Story::taken(Topic::Bonus);
    let events = story.ask(&mette(), reply(30, "Hej, jeg hedder Mette")).unwrap();
    let Event::ReplySent(sent) = &events[0] else { panic!("{events:?}") };
    assert_eq!((sent.channel, &sent.author), (Channel::Chat, &Author::Agent("mette".parse().unwrap())));
    let answered = story.clone().when(&mette(), reply(30, "Hej, jeg hedder Mette"));
    assert_eq!(answered.case.state, crate::CaseState::InProgress);
    assert_eq!(answered.case.intake.unanswered_since, None);
    assert_eq!(answered.ask(&mette(), reply(30, "Hej, jeg hedder Mette")), Ok(Vec::new()));

    assert_eq!(story.no(&bo(), reply(30, "hej")), "NOT_CASE_OWNER");
    assert_eq!(Story::queued(Topic::Bonus).no(&bo(), reply(30, "hej")), "NOT_CASE_OWNER");
    assert_eq!(story.no(&player(), reply(30, "hej")), "ACTOR_NOT_ALLOWED");
    assert_eq!(story.no(&service(), reply(30, "hej")), "ACTOR_NOT_ALLOWED");
    assert_eq!(Story::resolved().no(&mette(), reply(30, "hej")), "CASE_OVER");

    let by_bot = story.clone().when(&bot(), reply(31, "Vi har modtaget din besked"));
    assert!(by_bot.case.intake.unanswered_since.is_some(), "a bot's words are no answer");
    assert_eq!(Story::resolved().no(&bot(), reply(31, "hej")), "CASE_OVER");
}

#[test]
fn notes_are_for_colleagues_in_every_state() {
    let note = || AddNote { note_id: id(40), text: "kortet er 4111111111111111".into() };
    for story in [Story::queued(Topic::Bonus), Story::resolved()] {
        assert_eq!(story.facts(&bo(), note()), ["note_added", "sensitive_data_masked"]);
        assert_eq!(story.clone().when(&bo(), note()).ask(&bo(), note()), Ok(Vec::new()));
        assert_eq!(story.no(&player(), note()), "ACTOR_NOT_ALLOWED");
    }
}

#[test]
fn an_agent_may_classify_anew_but_not_take_a_wish_for_exclusion_away() {
    let story = Story::taken(Topic::Bonus);
    let to = |topic| ClassifyCase { topic };
    assert_eq!(story.facts(&bo(), to(Topic::Deposit)), ["case_classified"]);
    assert_eq!(story.ask(&bo(), to(Topic::Bonus)), Ok(Vec::new()));
    assert_eq!(story.no(&player(), to(Topic::Deposit)), "ACTOR_NOT_ALLOWED");
    assert_eq!(Story::resolved().no(&bo(), to(Topic::Deposit)), "CASE_OVER");
    let excluded = story.when(&player(), says(20, "udeluk mig"));
    assert_eq!(excluded.no(&bo(), to(Topic::Bonus)), "SAFETY_STAYS");
    let carer = Actor::agent("solveig", &[Team::ResponsibleGambling]);
    assert_eq!(excluded.facts(&carer, to(Topic::Account)), ["case_classified"]);
}

#[test]
fn a_case_goes_on_in_another_channel_and_stays_one_case() {
    let story = Story::taken(Topic::Bonus);
    let switch = || SwitchChannel { to: Channel::Email };
    let switched = story.when(&player(), switch());
    assert_eq!(switched.case.intake.channel, Some(Channel::Email));
    assert_eq!(switched.ask(&player(), switch()), Ok(Vec::new()));
    assert_eq!(Story::resolved().no(&player(), switch()), "CASE_OVER");
}

#[test]
fn one_callback_is_owed_at_a_time() {
    let wish = |phone: &str| RequestCallback { phone: phone.into(), not_before: None };
    let story = Story::queued(Topic::Bonus);
    for phone in ["", "12", "call me", "+45 20 30 40 50 60 70 80 90", "4111111111111111", "411111111111116"] {
        assert_eq!(story.no(&player(), wish(phone)), "PHONE_INVALID", "{phone}");
    }
    let complete = || CompleteCallback { reached: true };
    assert_eq!(story.no(&mette(), complete()), "NO_CALLBACK_REQUESTED");
    let owed = story.when(&player(), wish("+45 20 30 40 50"));
    assert_eq!(owed.ask(&player(), wish(" +45 20 30 40 50 ")), Ok(Vec::new()));
    assert_eq!(owed.no(&player(), wish("+45 20 30 40 51")), "CALLBACK_ALREADY_REQUESTED");
    assert_eq!(owed.no(&player(), complete()), "ACTOR_NOT_ALLOWED");
    assert_eq!(owed.facts(&mette(), complete()), ["callback_completed"]);
    assert!(owed.when(&mette(), complete()).case.intake.callback.is_none());
}
