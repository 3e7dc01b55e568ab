use super::*;

#[test]
fn a_complaint_is_declared_under_one_licence() {
    let declare = |jurisdiction: &str| DeclareComplaint { jurisdiction: jurisdiction.into() };
    let story = Story::taken(Topic::Bonus);
    for wrong in ["", "dk", "DNK", "D1", "ØX"] {
        assert_eq!(story.no(&player(), declare(wrong)), "JURISDICTION_INVALID", "{wrong}");
    }
    let declared = story.when(&player(), declare("DK"));
    assert_eq!(declared.ask(&player(), declare("DK")), Ok(Vec::new()));
    assert_eq!(declared.no(&player(), declare("MT")), "COMPLAINT_ALREADY_DECLARED");
    assert_eq!(Story::resolved().no(&player(), declare("DK")), "CASE_OVER");
}

#[test]
fn cases_of_one_brand_are_linked_in_every_state() {
    let link = |other: OtherCase| LinkCase { other };
    for story in [Story::taken(Topic::Technical), Story::resolved()] {
        assert_eq!(story.facts(&bo(), link(other_case())), ["case_linked"]);
        assert_eq!(story.clone().when(&bo(), link(other_case())).ask(&bo(), link(other_case())), Ok(vec![]));
        let itself = OtherCase { case: story.case.id, ..other_case() };
        assert_eq!(story.no(&bo(), link(itself)), "SAME_CASE");
        let other_brand = OtherCase { brand: "DK".parse().unwrap(), ..other_case() };
        assert_eq!(story.no(&bo(), link(other_brand)), "OTHER_BRAND");
        assert_eq!(story.no(&player(), link(other_case())), "ACTOR_NOT_ALLOWED");
    }
}

#[test]
fn a_case_is_merged_into_an_open_one_of_the_same_player() {
    let merge = |into: OtherCase| MergeCase { into };
    let story = Story::taken(Topic::Bonus);
    let other_player = OtherCase { player_id: "p-2".parse().unwrap(), ..other_case() };
    assert_eq!(story.no(&bo(), merge(other_player)), "OTHER_PLAYER");
    assert_eq!(story.no(&bo(), merge(OtherCase { is_over: true, ..other_case() })), "OTHER_CASE_OVER");
    assert_eq!(story.no(&service(), merge(other_case())), "ACTOR_NOT_ALLOWED");

    let merged = story.clone().when(&bo(), merge(other_case()));
    assert_eq!(merged.case.state, crate::CaseState::Merged);
    assert_eq!(merged.ask(&bo(), merge(other_case())), Ok(Vec::new()));
    assert_eq!(merged.no(&bo(), merge(OtherCase { case: CaseId(id(3)), ..other_case() })), "CASE_OVER");
    let refusal = merged.ask(&player(), says(20, "hej")).unwrap_err();
    assert_eq!(refusal.reason(), "REOPEN_NOT_POSSIBLE");
    assert!(refusal.metadata().contains(&("into", id(2).to_string())));
    assert_eq!(merged.no(&player(), says(20, "udeluk mig")), "REOPEN_NOT_POSSIBLE");

    let excluded = story.when(&player(), says(20, "udeluk mig"));
    assert_eq!(excluded.no(&bo(), merge(other_case())), "SAFETY_STAYS");
}

#[test]
fn a_case_with_money_at_stake_is_not_merged() {
    let story = Story::taken(Topic::Withdrawal).payments(ending::escalated());
    assert_eq!(story.no(&mette(), MergeCase { into: other_case() }), "PAYMENT_UNDER_WAY");
}

#[test]
fn tags_are_words_in_small_letters_and_stand_once() {
    let tag = |tag: &str| TagCase { tag: tag.into() };
    let story = Story::resolved();
    let tagged = story.clone().when(&bo(), tag(" Viking-Gold "));
    assert_eq!(tagged.case.intake.tags, ["viking-gold"]);
    assert_eq!(tagged.ask(&bo(), tag("VIKING-GOLD")), Ok(Vec::new()));
    assert_eq!(story.no(&bo(), tag(" ")), "TEXT_EMPTY");
    assert_eq!(story.no(&bo(), tag(&"x".repeat(41))), "TEXT_TOO_LONG");
    assert_eq!(story.facts(&bo(), tag("4111111111111111")), ["case_tagged", "sensitive_data_masked"]);
    assert_eq!(story.no(&player(), tag("x")), "ACTOR_NOT_ALLOWED");
}

#[test]
fn a_pattern_is_flagged_once_and_only_while_it_fits() {
    let flag = || FlagPattern {
        pattern_id: id(60),
        topic: Topic::Technical,
        product: "viking-gold".into(),
        cases_seen: 10,
    };
    let story =
        Story::opened_by(OpenCase { product: Some("viking-gold".into()), ..opening("Spillet fryser") });
    assert_eq!(story.facts(&service(), flag()), ["pattern_flagged"]);
    let flagged = story.clone().when(&service(), flag());
    let later = FlagPattern { cases_seen: 11, ..flag() };
    assert_eq!(flagged.ask(&service(), later), Ok(Vec::new()));
    assert_eq!(Story::taken(Topic::Technical).ask(&service(), flag()), Ok(Vec::new()), "another product");
    let reclassified = story.when(&mette(), ClassifyCase { topic: Topic::Bonus });
    assert_eq!(reclassified.ask(&service(), flag()), Ok(Vec::new()), "another topic");
    assert_eq!(reclassified.no(&player(), flag()), "ACTOR_NOT_ALLOWED");
}
