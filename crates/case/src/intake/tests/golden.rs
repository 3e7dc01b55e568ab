//! One golden file per stored event version: what was once written must be readable for ever.

use super::*;
use crate::stage::tests::golden::{self, Stored};

fn opened() -> CaseOpened {
    CaseOpened {
        brand: brand(),
        channel: Channel::Chat,
        player: Player {
            player_id: "p-1".parse().unwrap(),
            username: Personal::new("rasmus"),
            email: Some(Personal::new("rasmus@player.example")),
            time_zone: Some("Europe/Copenhagen".to_owned()),
            tier: Tier::Vip,
            marketing_consent: true,
        },
        language: Language::Da,
        product: Some("viking-gold".to_owned()),
        previous_case: Some(CaseId(id(2))),
    }
}

fn conversation() -> Vec<Event> {
    let rules = Source::Rules { version: 1, matched: vec!["udbetal*".to_owned()] };
    let player_id: crate::PlayerId = "p-1".parse().unwrap();
    vec![
        opened().into(),
        CaseNumberIssued { number: CaseNumber::new(brand(), 2026, 412) }.into(),
        MessageReceived { message_id: id(10), channel: Channel::Chat, text: Personal::new("Hej") }.into(),
        ReplySent {
            message_id: id(11),
            channel: Channel::Email,
            author: Author::Agent("mette".parse().unwrap()),
            text: Personal::new("Hej, jeg hedder Mette"),
            machine_translated: false,
        }
        .into(),
        NoteAdded { note_id: id(12), text: Personal::new("ringer i morgen") }.into(),
        CaseClassified { topic: Topic::Withdrawal, source: rules }.into(),
        LanguageDetected {
            language: Language::Da,
            source: Source::Rules { version: 1, matched: Vec::new() },
        }
        .into(),
        SelfExclusionRequested { message_id: id(10), player_id }.into(),
        SensitiveDataMasked {
            subject_id: id(10),
            kinds: vec![MaskedKind::CardNumber, MaskedKind::SecurityCode],
        }
        .into(),
        AnswerSuggested { article_id: "bonus_wagering".to_owned(), language: Language::Pl }.into(),
        AnswerAccepted { article_id: "bonus_wagering".to_owned() }.into(),
        HandedToHuman { article_id: Some("bonus_wagering".to_owned()) }.into(),
        CallbackRequested { phone: Personal::new("+4520304050"), not_before: Some(start()) }.into(),
        CallbackCompleted { reached: true }.into(),
        ChannelSwitched { from: Channel::Chat, to: Channel::Email }.into(),
        ComplaintDeclared { jurisdiction: "DK".to_owned() }.into(),
    ]
}

fn evidence_and_end() -> Vec<Event> {
    let player_id: crate::PlayerId = "p-1".parse().unwrap();
    vec![
        EvidenceRequested { kinds: vec![EvidenceKind::Identity, EvidenceKind::PaymentProof] }.into(),
        EvidenceReceived {
            evidence_id: id(50),
            kind: EvidenceKind::Identity,
            media_type: "image/jpeg".to_owned(),
            size_bytes: 1_000,
            sha256: "ab".repeat(32),
            file_name: Personal::new("pas.jpg"),
        }
        .into(),
        EvidenceScreened {
            evidence_id: id(50),
            received_sha256: "cd".repeat(32),
            received_size_bytes: 1_200,
            reencoded: true,
            scanned_by: Some("ClamAV 1.4.3/27500".to_owned()),
        }
        .into(),
        EvidenceOriginalKept { evidence_id: id(50), sha256: "cd".repeat(32), size_bytes: 1_200 }.into(),
        UploadRefused {
            upload_id: id(51),
            kind: EvidenceKind::Identity,
            reason: "EVIDENCE_MALWARE".to_owned(),
            sha256: "ef".repeat(32),
            size_bytes: 68,
        }
        .into(),
        EvidenceAccepted { evidence_id: id(50) }.into(),
        EvidenceRejected { evidence_id: id(50), reason: RejectionReason::Blurred }.into(),
        VerificationQuestionsAnswered { asked: 3, correct: 3 }.into(),
        PlayerVerified { player_id: player_id.clone() }.into(),
        PlayerRefused { player_id, reason: Personal::new("forged") }.into(),
        CaseLinked { other: CaseId(id(2)) }.into(),
        CaseMerged { into: CaseId(id(2)) }.into(),
        CaseTagged { tag: "viking-gold".to_owned() }.into(),
        PatternFlagged {
            pattern_id: id(60),
            topic: Topic::Technical,
            product: "viking-gold".to_owned(),
            cases_seen: 10,
        }
        .into(),
        CaseResolved { resolution: Resolution::Solved, summary: Personal::new("Pengene er sendt.") }.into(),
        CaseClosed {}.into(),
        CaseReopened { reason: Personal::new("mangler stadig") }.into(),
        CaseRejected { reason: Personal::new("spam") }.into(),
        CaseAbandoned {}.into(),
        FeedbackGiven { score: 5, comment: Some(Personal::new("tak")) }.into(),
    ]
}

#[test]
fn every_stored_event_reads_as_its_golden_file_says() {
    golden::assert_true(&Stored {
        stage: "intake",
        written: Event::STORED,
        older: Event::UPCAST,
        samples: conversation().into_iter().chain(evidence_and_end()).collect(),
    });
}

#[test]
fn an_event_of_a_newer_version_folds_harmlessly_and_stops_intake_from_writing() {
    let story = Story::taken(Topic::Bonus);
    let unknown = CaseEvent::decode("intake.case_opened", 99, b"{\"anything\":1}").unwrap();
    let after = story.clone().happened(unknown);
    assert_eq!((&after.case.intake, after.case.state), (&story.case.intake, story.case.state));
    assert!(after.case.unknown_stage("intake") && !after.case.unknown_stage("routing"));
}

#[test]
fn every_personal_text_of_an_event_is_reached_by_sealing() {
    let personal = |event: &Event| {
        let mut fields = Vec::new();
        event.clone().visit_personal(&mut |field, text| {
            assert!(text.text().is_some());
            fields.push(field);
        });
        fields
    };
    assert_eq!(personal(&opened().into()), ["player.username", "player.email"]);
    for event in conversation().iter().chain(&evidence_and_end()) {
        let stored = String::from_utf8(event.encode().unwrap()).unwrap();
        assert_eq!(personal(event).len(), stored.matches("{\"clear\":").count(), "{event:?}");
    }
}
