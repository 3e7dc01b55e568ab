use super::*;
use crate::CaseState;
use crate::intake::invariants::violations;

#[test]
fn every_damage_to_a_case_is_found() {
    let sound = Story::taken(Topic::Verification).when(&player(), file(50, EvidenceKind::Identity)).case;
    assert_eq!(violations(&sound), Vec::<String>::new());
    let over = Story::resolved().case;
    assert_eq!(violations(&over), Vec::<String>::new());
    assert_eq!(violations(&Story::nothing().case), Vec::<String>::new());

    let damaged = |case: &Case, damage: fn(&mut Case)| {
        let mut case = case.clone();
        damage(&mut case);
        violations(&case)
    };
    let found = |case: &Case, damage: fn(&mut Case), rule: &str| {
        let found = damaged(case, damage);
        assert!(found.iter().any(|one| one.contains(rule)), "{rule}: {found:?}");
    };
    found(&sound, |case| case.intake.number = None, "a number of its brand");
    found(&sound, |case| case.intake.player = None, "has a player");
    found(&sound, |case| case.intake.messages_received = 0, "begins with a message");
    found(&sound, |case| case.intake.evidence.extend_from_within(..), "ids are unique");
    found(
        &sound,
        |case| case.intake.evidence_requested = vec![EvidenceKind::Address, EvidenceKind::Address],
        "asked for twice",
    );
    found(&over, |case| case.intake.unanswered_since = Some(start()), "no unanswered message");
    found(&over, |case| case.intake.suggested_article = Some("a".into()), "suggests nothing");
    found(&over, |case| case.intake.ended_at = None, "the end of the work has a time");
    found(&over, |case| case.routing.owner = "mette".parse().ok(), "has no owner");
    found(&over, |case| case.intake.resolution = None, "tells how");
    found(&over, |case| case.state = CaseState::Merged, "tells where it goes on");
    found(&over, |case| case.state = CaseState::Closed, "tells when");
    found(&over, |case| case.intake.feedback_score = Some(6), "1 to 5");
    found(&over, |case| case.intake.first_reply_at = Some(start()), "not after the last");
    found(&sound, |case| case.intake.verified = Some(true), "verified only with");
    found(
        &sound,
        |case| {
            case.intake.self_exclusion_requested = true;
            case.intake.suggested_article = Some("a".into());
        },
        "talks to a human",
    );
    let owed = CallbackRequested { phone: Personal::new("+4520304050"), not_before: None };
    let mut callback = over;
    callback.intake.callback = Some(owed);
    assert!(violations(&callback).iter().any(|one| one.contains("owes no callback")));
}
