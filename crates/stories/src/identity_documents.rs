//! Story 2: identity documents by e-mail, in Swedish.
//!
//! A blurred passport and an outdated bill are rejected, each with its remedy; submitted again; three
//! questions; approved only when every part passes. A card number is masked before anything is stored.

use anyhow::{Context, ensure};
use contracts::intake::v1::{
    ApproveVerificationRequest, Channel, EvidenceKind, RecordVerificationQuestionsRequest, RejectionReason,
    Resolution,
};
use tonic::Code;

use crate::Told;
use crate::acts::{Opening, number_of, picture, readable, refused};
use crate::follow::Follow;
use crate::people::Person;
use crate::stage::Stage;

pub(crate) async fn play(stage: &Stage) -> anyhow::Result<Told> {
    let elin = stage.player("Elin", "p-2001");
    let astrid = Person::agent("Astrid", "verification");
    let opened = stage
        .open(
            &elin,
            Opening {
                channel: Channel::Email,
                language: "sv",
                time_zone: "Europe/Stockholm",
                text: "Hej! Jag vill verifiera mitt konto. Vilka dokument behöver ni för verifieringen?",
                ..Opening::default()
            },
        )
        .await?;
    let number = number_of(&opened)?;
    let mut follow = Follow::case(stage, &number).await?;
    follow.until("routing.case_queued", |details| details["team"] == "verification").await?;
    stage.step("casetrail", format!("opens {number} for the verification team"));
    stage.take(&astrid, &mut follow, 0).await?;
    stage.reply(&astrid, &number, "Hej Elin! Jag heter Astrid och hjälper dig med verifieringen.").await?;
    stage.request_evidence(&astrid, &number, &[EvidenceKind::Identity, EvidenceKind::Address]).await?;
    follow.told("evidence_requested").await?;
    rejected(stage, &mut follow, &elin, &astrid).await?;
    card_number_is_masked(stage, &mut follow, &elin).await?;
    approved(stage, &mut follow, &elin, &astrid).await?;
    Ok(Told { cases: vec![number] })
}

async fn rejected(
    stage: &Stage,
    follow: &mut Follow<'_>,
    elin: &Person,
    astrid: &Person,
) -> anyhow::Result<()> {
    let number = follow.number.clone();
    let attempts = [
        (EvidenceKind::Identity, "pass.png", RejectionReason::Blurred, "blurred"),
        (EvidenceKind::Address, "rakning.png", RejectionReason::Outdated, "outdated"),
    ];
    for (kind, file_name, reason, word) in attempts {
        let evidence_id = stage.upload(elin, &number, kind, file_name, &picture(word)).await?;
        let before = follow.version();
        stage.reject_evidence(astrid, &number, &evidence_id, reason).await?;
        let mail = readable(&follow.told_after(before, "evidence_rejected").await?);
        stage.step("casetrail", format!("tells Elin what to do about it, in Swedish: {}", excerpt(&mail)));
    }
    Ok(())
}

async fn card_number_is_masked(stage: &Stage, follow: &mut Follow<'_>, elin: &Person) -> anyhow::Result<()> {
    let number = follow.number.clone();
    let text = "Behöver ni kortet också? Det är 4111 1111 1111 1111, CVV 123.";
    stage.say(elin, &number, Channel::Email, text).await?;
    let masked = follow.until("intake.sensitive_data_masked", |_| true).await?;
    ensure!(masked["kinds"].as_array().is_some_and(|kinds| kinds.len() == 2), "number and code: {masked}");
    let stored = follow
        .until("intake.message_received", |details| details["message_id"] == masked["subject_id"])
        .await?;
    let stored = stored["text"].as_str().context("a message has a text")?;
    ensure!(!stored.contains("1111 1111 1111") && !stored.contains("123"), "it was stored: {stored}");
    stage.step("casetrail", format!("stores it as: \"{stored}\""));
    Ok(())
}

async fn approved(
    stage: &Stage,
    follow: &mut Follow<'_>,
    elin: &Person,
    astrid: &Person,
) -> anyhow::Result<()> {
    let number = follow.number.clone();
    let approve = || ApproveVerificationRequest {
        request_id: stage.new_id(),
        etag: String::new(),
        case: number.clone(),
    };
    for (kind, file_name) in
        [(EvidenceKind::Identity, "pass-ny.png"), (EvidenceKind::Address, "rakning-ny.png")]
    {
        let evidence_id = stage.upload(elin, &number, kind, file_name, &picture(file_name)).await?;
        stage.accept_evidence(astrid, &number, &evidence_id).await?;
    }
    let early = stage.intake().approve_verification(astrid.ask(approve())?).await;
    let message = refused(early, Code::FailedPrecondition, "VERIFICATION_INCOMPLETE")?;
    stage.step("Astrid", format!("cannot approve yet: {message}"));
    let questions = RecordVerificationQuestionsRequest {
        request_id: stage.new_id(),
        etag: String::new(),
        case: number.clone(),
        asked: 3,
        correct: 3,
    };
    stage.intake().record_verification_questions(astrid.ask(questions)?).await.context("questions")?;
    stage.step("Astrid", "asks three verification questions; all three are answered rightly");
    stage.intake().approve_verification(astrid.ask(approve())?).await.context("ApproveVerification")?;
    stage.step("Astrid", "approves: every part has passed");
    follow.told("verification_approved").await?;
    stage.resolve(astrid, &number, Resolution::Solved, "Ditt konto är verifierat.").await?;
    follow.told("resolved").await?;
    Ok(())
}

/// The beginning of a mail's text, for the narration.
fn excerpt(mail: &str) -> String {
    let text: String = mail.chars().take(160).collect();
    if text.is_empty() { "(no outbox here)".to_owned() } else { format!("\"{text}...\"") }
}
