//! What players and agents ask of intake.

use case::intake::*;
use case::{Actor, Brand, CaseId, CaseNumber, Channel, EvidenceKind, Language, RejectionReason, Tier, Topic};
use uuid::Uuid;

use super::{fresh_id, owner, soon};
use crate::cast::{PLAYER, mette, player, service};
use crate::tale::{Act, Command as Any, Tale};

fn brand() -> Brand {
    "NB".parse().unwrap()
}

/// A player opens a case about this, through this channel.
pub(crate) fn opening(tale: &Tale, channel: Channel, topic: Topic) -> Act {
    let open = OpenCase {
        brand: brand(),
        number: CaseNumber::new(brand(), 2026, 412),
        channel,
        player: NewPlayer {
            player_id: PLAYER.parse().unwrap(),
            username: "lykke7".to_owned(),
            email: Some("lykke@example.com".to_owned()),
            time_zone: Some("Europe/Copenhagen".to_owned()),
            tier: Tier::Standard,
            marketing_consent: true,
        },
        language: Language::Da,
        language_source: LanguageSource::Stated,
        message_id: Uuid::from_u128(10),
        text: "Hej, kan I hjælpe mig?".to_owned(),
        topic: Some(topic),
        product: Some("starburst".to_owned()),
        previous_case: None,
        articles: vec![Article {
            article_id: "bonus_wagering".to_owned(),
            topic: Topic::Bonus,
            language: Language::Da,
        }],
    };
    soon(tale, player(), Any::Intake(open.into()))
}

/// A case with a help-centre answer that waits for the player's word.
pub(crate) fn answered_case() -> Tale {
    let tale = Tale::new();
    let open = opening(&tale, Channel::HelpCentre, Topic::Bonus);
    tale.after(&open)
}

/// What lets an identity check pass: papers that are accepted, and answers that are right.
pub(crate) fn verification_case(tale: Tale) -> Tale {
    let mut tale = tale;
    for (kind, id) in [(EvidenceKind::Identity, 21), (EvidenceKind::Address, 22)] {
        tale = {
            let act = upload(&tale, kind, Uuid::from_u128(id));
            tale.after(&act)
        };
        tale = {
            let command = AcceptEvidence { evidence_id: Uuid::from_u128(id) };
            let act = soon(&tale, owner(&tale), Any::Intake(command.into()));
            tale.after(&act)
        };
    }
    let questions = RecordVerificationQuestions { asked: 3, correct: 3 };
    let act = soon(&tale, owner(&tale), Any::Intake(questions.into()));
    tale.after(&act)
}

fn upload(tale: &Tale, kind: EvidenceKind, evidence_id: Uuid) -> Act {
    let command = UploadEvidence {
        evidence_id,
        kind,
        media_type: "image/jpeg".to_owned(),
        size_bytes: 120_000,
        sha256: [7; 32],
        file_name: "proof.jpg".to_owned(),
        screening: Screening {
            received_sha256: [8; 32],
            received_size_bytes: 130_000,
            reencoded: true,
            scanned_by: None,
            original_kept: false,
        },
    };
    soon(tale, player(), Any::Intake(command.into()))
}

fn other_case() -> OtherCase {
    OtherCase {
        case: CaseId(Uuid::from_u128(2)),
        brand: brand(),
        player_id: PLAYER.parse().unwrap(),
        is_over: false,
    }
}

pub(super) fn acts(tale: &Tale) -> Vec<Act> {
    let mut acts = vec![
        opening(tale, Channel::Chat, Topic::Withdrawal),
        upload(tale, EvidenceKind::PaymentProof, fresh_id(tale, 3)),
    ];
    acts.extend(asked(tale).into_iter().map(|(actor, command)| soon(tale, actor, Any::Intake(command))));
    acts
}

fn asked(tale: &Tale) -> Vec<(Actor, Command)> {
    let agent = || owner(tale);
    let text = || "Thank you".to_owned();
    let evidence_id = tale
        .case
        .intake
        .evidence
        .iter()
        .find(|one| one.standing == EvidenceStanding::Received)
        .map_or(Uuid::nil(), |one| one.evidence_id);
    vec![
        (
            player(),
            ReceiveMessage {
                message_id: fresh_id(tale, 1),
                channel: Channel::Email,
                subject: None,
                text: text(),
            }
            .into(),
        ),
        (player(), Command::AcceptAnswer),
        (player(), Command::RequestHuman),
        (
            agent(),
            SendReply { message_id: fresh_id(tale, 2), text: text(), machine_translated: false }.into(),
        ),
        (agent(), AddNote { note_id: fresh_id(tale, 4), text: text() }.into()),
        (agent(), ClassifyCase { topic: Topic::Deposit }.into()),
        (agent(), SwitchChannel { to: Channel::Email }.into()),
        (agent(), RequestEvidence { kinds: vec![EvidenceKind::PaymentProof] }.into()),
        (
            player(),
            RecordRefusedUpload {
                upload_id: fresh_id(tale, 6),
                kind: EvidenceKind::Screenshot,
                reason: "EVIDENCE_MALWARE",
                sha256: [9; 32],
                size_bytes: 68,
            }
            .into(),
        ),
        (agent(), AcceptEvidence { evidence_id }.into()),
        (agent(), RejectEvidence { evidence_id, reason: RejectionReason::Blurred }.into()),
        (agent(), RecordVerificationQuestions { asked: 4, correct: 4 }.into()),
        (agent(), Command::ApproveVerification),
        (agent(), RefuseVerification { reason: text() }.into()),
        (player(), RequestCallback { phone: "+4512345678".to_owned(), not_before: None }.into()),
        (agent(), CompleteCallback { reached: true }.into()),
        (player(), DeclareComplaint { jurisdiction: "MT".to_owned() }.into()),
        (agent(), LinkCase { other: other_case() }.into()),
        (agent(), MergeCase { into: other_case() }.into()),
        (agent(), TagCase { tag: "late".to_owned() }.into()),
        (
            service("intake"),
            FlagPattern {
                pattern_id: Uuid::from_u128(30),
                topic: tale.case.intake.topic.unwrap_or(Topic::Other),
                product: "starburst".to_owned(),
                cases_seen: 15,
            }
            .into(),
        ),
        (agent(), ResolveCase { resolution: Resolution::Solved, summary: text() }.into()),
        (mette(), Command::CloseCase),
        (player(), ReopenCase { reason: text() }.into()),
        (agent(), RejectCase { reason: text() }.into()),
        (player(), Command::AbandonCase),
        (player(), GiveFeedback { score: 5, comment: None }.into()),
    ]
}
