use super::*;
use crate::payments_escalation::SECOND_FACTOR_WINDOW;

fn ask_for(kinds: &[EvidenceKind]) -> RequestEvidence {
    RequestEvidence { kinds: kinds.to_vec() }
}

fn accept(number: u128) -> AcceptEvidence {
    AcceptEvidence { evidence_id: id(number) }
}

fn reject(number: u128, reason: RejectionReason) -> RejectEvidence {
    RejectEvidence { evidence_id: id(number), reason }
}

fn questions(asked: u8, correct: u8) -> RecordVerificationQuestions {
    RecordVerificationQuestions { asked, correct }
}

use EvidenceKind::{Address, Identity, PaymentMethod, PaymentProof, Screenshot};

#[test]
fn what_is_missing_is_asked_for_once() {
    let story = Story::taken(Topic::Verification);
    let events = story.ask(&mette(), ask_for(&[Identity, Address, Identity])).unwrap();
    assert_eq!(events, [EvidenceRequested { kinds: vec![Identity, Address] }.into()]);
    let asked = story.when(&mette(), ask_for(&[Identity, Address]));
    assert_eq!(asked.case.state, crate::CaseState::WaitingPlayer);
    assert_eq!(asked.ask(&mette(), ask_for(&[Address])), Ok(Vec::new()));
    let more = asked.ask(&mette(), ask_for(&[Address, PaymentMethod])).unwrap();
    assert_eq!(more, [EvidenceRequested { kinds: vec![PaymentMethod] }.into()]);

    assert_eq!(asked.no(&mette(), ask_for(&[])), "NOTHING_REQUESTED");
    assert_eq!(asked.no(&bo(), ask_for(&[Screenshot])), "NOT_CASE_OWNER");
    assert_eq!(asked.no(&player(), ask_for(&[Screenshot])), "ACTOR_NOT_ALLOWED");
    assert_eq!(Story::resolved().no(&mette(), ask_for(&[Screenshot])), "CASE_OVER");
}

#[test]
fn a_withdrawal_is_no_occasion_to_demand_identity_papers() {
    let story = Story::taken(Topic::Withdrawal);
    for kind in [Identity, Address] {
        assert_eq!(story.no(&mette(), ask_for(&[PaymentProof, kind])), "EVIDENCE_NOT_JUSTIFIED");
    }
    assert!(story.ask(&mette(), ask_for(&[PaymentProof, PaymentMethod, Screenshot])).is_ok());
}

#[test]
fn what_the_player_has_sent_is_not_asked_for_again() {
    let story = Story::taken(Topic::Verification).when(&player(), file(50, Identity));
    assert_eq!(story.no(&mette(), ask_for(&[Identity])), "EVIDENCE_AT_HAND");
    let rejected = story.when(&mette(), reject(50, RejectionReason::Blurred));
    assert_eq!(
        rejected.ask(&mette(), ask_for(&[Identity])),
        Ok(Vec::new()),
        "a rejection asks for it already"
    );
    let screenshot = rejected.when(&player(), file(51, Screenshot));
    assert!(screenshot.ask(&mette(), ask_for(&[Screenshot])).is_ok(), "there may be another fault to show");
}

#[test]
fn files_come_at_any_time_and_only_of_the_accepted_kinds() {
    let story = Story::queued(Topic::Verification);
    let events = story.ask(&player(), file(50, Identity)).unwrap();
    let [Event::EvidenceReceived(received), Event::EvidenceScreened(screened)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((&received.sha256, received.size_bytes), (&"ab".repeat(32), 1_000));
    assert_eq!((&screened.received_sha256, screened.received_size_bytes), (&"cd".repeat(32), 1_200));
    assert!(screened.reencoded);
    assert_eq!(
        story.clone().when(&player(), file(50, Identity)).ask(&player(), file(50, Identity)),
        Ok(vec![])
    );

    let sized = |received_size_bytes| UploadEvidence {
        screening: Screening { received_size_bytes, ..file(50, Identity).screening },
        ..file(50, Identity)
    };
    assert_eq!(story.no(&player(), sized(0)), "EVIDENCE_EMPTY");
    assert!(story.ask(&player(), sized(10 * 1024 * 1024)).is_ok());
    assert_eq!(story.no(&player(), sized(10 * 1024 * 1024 + 1)), "EVIDENCE_TOO_LARGE");
    let typed = |media_type: &str| UploadEvidence { media_type: media_type.into(), ..file(50, Identity) };
    for media_type in ["application/pdf", "image/jpeg", "image/png", "image/heic"] {
        assert!(story.ask(&player(), typed(media_type)).is_ok(), "{media_type}");
    }
    assert_eq!(story.no(&player(), typed("application/zip")), "EVIDENCE_FORMAT_NOT_ACCEPTED");
    assert_eq!(story.no(&another_player(), file(50, Identity)), "ACTOR_NOT_ALLOWED");
    assert_eq!(Story::resolved().no(&player(), file(50, Identity)), "CASE_OVER");
    let named = UploadEvidence { file_name: "kort 4111111111111111.jpg".into(), ..file(50, Identity) };
    assert_eq!(
        story.facts(&player(), named),
        ["evidence_received", "evidence_screened", "sensitive_data_masked"]
    );
}

#[test]
fn a_file_that_is_kept_as_it_came_says_so_and_is_shown_with_a_second_factor_only() {
    let story = Story::queued(Topic::Verification);
    let kept = UploadEvidence {
        screening: Screening { original_kept: true, ..file(50, Identity).screening },
        ..file(50, Identity)
    };
    assert_eq!(
        story.facts(&player(), kept.clone()),
        ["evidence_received", "evidence_screened", "evidence_original_kept"]
    );
    let story = story.when(&player(), kept).when(&player(), file(51, Screenshot));
    let now = story.now;
    let proven = Actor::agent("viggo", &[]).with_second_factor_at(now - SECOND_FACTOR_WINDOW);
    let seen = |actor: &Actor, evidence: u128| {
        let context = crate::Context { actor, now };
        let seen = may_see_original(&story.case, context, id(evidence));
        seen.map(|original| (original.sha256.clone(), original.size_bytes)).map_err(|no| no.reason())
    };
    assert_eq!(seen(&proven, 50), Ok(("cd".repeat(32), 1_200)));
    let late = Actor::agent("viggo", &[])
        .with_second_factor_at(now - SECOND_FACTOR_WINDOW - SignedDuration::from_secs(1));
    for (actor, evidence, reason) in [
        (&late, 50, "SECOND_FACTOR_REQUIRED"),
        (&Actor::agent("viggo", &[Team::Verification]), 50, "SECOND_FACTOR_REQUIRED"),
        (&player().with_second_factor_at(now), 50, "ACTOR_NOT_ALLOWED"),
        (&proven, 51, "EVIDENCE_ORIGINAL_NOT_KEPT"),
        (&proven, 52, "EVIDENCE_NOT_FOUND"),
    ] {
        assert_eq!(seen(actor, evidence), Err(reason));
    }
}

#[test]
fn a_case_takes_no_more_files_than_it_may() {
    let large = |number| UploadEvidence { size_bytes: limits::CASE_BYTES, ..file(number, Screenshot) };
    let full = Story::queued(Topic::Verification).when(&player(), large(50));
    assert_eq!(full.no(&player(), file(51, Screenshot)), "EVIDENCE_QUOTA_REACHED");
    assert_eq!(full.ask(&player(), large(50)), Ok(vec![]), "a repeat is no new file");
    let most = u128::try_from(limits::CASE_FILES).unwrap();
    let many = (0..most).fold(Story::queued(Topic::Verification), |story, number| {
        story.when(&player(), file(1_000 + number, Screenshot))
    });
    assert_eq!(many.no(&player(), file(51, Screenshot)), "EVIDENCE_QUOTA_REACHED");
}

#[test]
fn a_refused_file_is_written_down_once_and_not_without_end() {
    let refused = |number| RecordRefusedUpload {
        upload_id: id(number),
        kind: Identity,
        reason: "EVIDENCE_MALWARE",
        sha256: [0xEF; 32],
        size_bytes: 68,
    };
    let story = Story::queued(Topic::Verification);
    let events = story.ask(&player(), refused(50)).unwrap();
    let Event::UploadRefused(fact) = &events[0] else { panic!("{events:?}") };
    assert_eq!((fact.reason.as_str(), &fact.sha256), ("EVIDENCE_MALWARE", &"ef".repeat(32)));
    let known = story.clone().when(&player(), refused(50));
    assert_eq!(known.ask(&player(), refused(50)), Ok(vec![]));
    assert!(known.case.intake.evidence.is_empty(), "it is no evidence");
    assert_eq!(story.no(&another_player(), refused(50)), "ACTOR_NOT_ALLOWED");
    assert_eq!(Story::resolved().no(&player(), refused(50)), "CASE_OVER");
    let most = u128::try_from(limits::REFUSED_UPLOADS_RECORDED).unwrap();
    let many = (0..most).fold(story, |story, number| story.when(&player(), refused(100 + number)));
    assert_eq!(many.ask(&player(), refused(99)), Ok(vec![]));
}

#[test]
fn evidence_is_seen_by_the_owner_and_by_those_who_judge_it() {
    let story = Story::taken(Topic::Verification).when(&player(), file(50, Identity));
    let sees = |actor: &crate::Actor, number| {
        let context = crate::Context { actor, now: start() };
        may_see(&story.case, context, id(number))
            .map(|evidence| evidence.evidence_id)
            .map_err(|no| crate::Refusal::reason(&no))
    };
    assert_eq!(sees(&mette(), 50), Ok(id(50)));
    assert_eq!(sees(&mette(), 51), Err("EVIDENCE_NOT_FOUND"));
    for team in [crate::Team::Verification, crate::Team::Complaints, crate::Team::Payments] {
        assert_eq!(sees(&crate::Actor::agent("eva", &[team]), 50), Ok(id(50)), "{team}");
    }
    assert_eq!(sees(&crate::Actor::agent("eva", &[crate::Team::General]), 50), Err("NOT_CASE_OWNER"));
    for other in [player(), crate::Actor::service("form")] {
        assert_eq!(sees(&other, 50), Err("ACTOR_NOT_ALLOWED"));
    }
}

#[test]
fn a_judgement_of_evidence_stands() {
    let story = Story::taken(Topic::Verification).when(&player(), file(50, Identity));
    assert_eq!(story.no(&mette(), accept(59)), "EVIDENCE_NOT_FOUND");
    assert_eq!(story.no(&bo(), accept(50)), "NOT_CASE_OWNER");

    let accepted = story.clone().when(&mette(), accept(50));
    assert_eq!(accepted.ask(&mette(), accept(50)), Ok(Vec::new()));
    assert_eq!(accepted.no(&mette(), reject(50, RejectionReason::Blurred)), "EVIDENCE_ALREADY_DECIDED");

    let rejected = story.when(&mette(), reject(50, RejectionReason::Blurred));
    assert_eq!(rejected.case.state, crate::CaseState::WaitingPlayer);
    assert_eq!(rejected.ask(&mette(), reject(50, RejectionReason::Blurred)), Ok(Vec::new()));
    assert_eq!(rejected.no(&mette(), reject(50, RejectionReason::Outdated)), "EVIDENCE_ALREADY_DECIDED");
    assert_eq!(rejected.no(&mette(), accept(50)), "EVIDENCE_ALREADY_DECIDED");
    let again = rejected.when(&player(), file(51, Identity));
    assert_eq!(again.case.state, crate::CaseState::InProgress);
    assert_eq!(again.facts(&mette(), accept(51)), ["evidence_accepted"]);
}

#[test]
fn a_player_is_verified_only_when_every_part_has_passed() {
    let missing = |story: &Story| match story.ask(&mette(), Command::ApproveVerification) {
        Err(Refusal::VerificationIncomplete { missing }) => missing.join(" "),
        other => panic!("{other:?}"),
    };
    let story =
        Story::taken(Topic::Verification).when(&mette(), ask_for(&[Identity, Address, PaymentMethod]));
    assert_eq!(missing(&story), "identity address payment_method questions");
    let story = story.when(&player(), file(50, Identity)).when(&player(), file(51, Address));
    assert_eq!(missing(&story), "identity address payment_method questions", "nobody has looked at them");
    let story = story.when(&mette(), accept(50)).when(&mette(), reject(51, RejectionReason::Outdated));
    assert_eq!(missing(&story), "address payment_method questions");
    let story = story.when(&player(), file(52, Address)).when(&mette(), accept(52));
    assert_eq!(missing(&story), "payment_method questions");
    let story = story.when(&player(), file(53, PaymentMethod));
    assert_eq!(missing(&story), "payment_method questions");
    let story = story.when(&mette(), accept(53)).when(&mette(), questions(5, 3));
    assert_eq!(missing(&story), "questions", "two wrong answers are too many");
    let story = story.when(&mette(), questions(5, 4));
    assert_eq!(story.no(&bo(), Command::ApproveVerification), "NOT_CASE_OWNER");
    let verified = story.when(&mette(), Command::ApproveVerification);
    assert_eq!(verified.case.intake.verified, Some(true));
    assert_eq!(verified.ask(&mette(), Command::ApproveVerification), Ok(Vec::new()));
    assert_eq!(verified.no(&mette(), questions(3, 0)), "VERIFICATION_ALREADY_DECIDED");
    let refuse = RefuseVerification { reason: "papers are forged".into() };
    assert_eq!(verified.no(&mette(), refuse), "VERIFICATION_ALREADY_DECIDED");
}

#[test]
fn the_payment_method_counts_only_if_it_was_asked_for_or_sent() {
    let story = Story::taken(Topic::Verification)
        .when(&player(), file(50, Identity))
        .when(&player(), file(51, Address))
        .when(&mette(), accept(50))
        .when(&mette(), accept(51))
        .when(&mette(), questions(3, 2));
    assert_eq!(story.facts(&mette(), Command::ApproveVerification), ["player_verified"]);
    let sent = story.when(&player(), file(52, PaymentMethod));
    assert_eq!(sent.no(&mette(), Command::ApproveVerification), "VERIFICATION_INCOMPLETE");
}

#[test]
fn three_to_ten_questions_are_asked() {
    let story = Story::taken(Topic::Verification);
    for (asked, correct) in [(2, 2), (11, 3), (3, 4), (0, 0)] {
        assert_eq!(story.no(&mette(), questions(asked, correct)), "QUESTIONS_OUT_OF_RANGE");
    }
    let asked = story.when(&mette(), questions(10, 0));
    assert_eq!(asked.ask(&mette(), questions(10, 0)), Ok(Vec::new()));
}

#[test]
fn an_identity_check_that_ended_with_a_no_stays_ended() {
    let refuse = || RefuseVerification { reason: "papirerne er 4111111111111111".into() };
    let story = Story::taken(Topic::Verification);
    assert_eq!(story.facts(&mette(), refuse()), ["player_refused", "sensitive_data_masked"]);
    let refused = story.when(&mette(), refuse());
    assert_eq!(refused.ask(&mette(), refuse()), Ok(Vec::new()));
    assert_eq!(refused.no(&mette(), Command::ApproveVerification), "VERIFICATION_ALREADY_DECIDED");
}
