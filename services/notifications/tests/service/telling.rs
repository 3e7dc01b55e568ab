//! Another stage's fact becomes something said.

use anyhow::Result;
use case::notifications::{Audience, DeliveryChannel, NotificationKind, NotificationStanding};
use case::payments_escalation::{PaymentExecuted, PaymentInformationRequested, PaymentRefused};
use case::routing::{
    AssignedBy, CaseAssigned, CaseQueued, ClockKind, ExtensionReason, HorizonExtended, HorizonSet,
    QueueReason, SlaBreached, SlaStarted, SlaWarned,
};
use case::{
    CaseEvent, CaseId, Channel, EvidenceKind, Language, Money, Personal, RejectionReason, Team, intake,
    payments_escalation, routing,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::world::{NOON, Opening, World, number};

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn routed(event: impl Into<routing::Event>) -> CaseEvent {
    event.into().into()
}

fn taken_in(event: impl Into<intake::Event>) -> CaseEvent {
    event.into().into()
}

fn escalated(event: impl Into<payments_escalation::Event>) -> CaseEvent {
    event.into().into()
}

fn english() -> Opening {
    Opening { language: Language::En, ..Opening::default() }
}

fn assigned(agent_id: &str) -> CaseEvent {
    routed(CaseAssigned {
        agent_id: agent_id.parse().expect("an agent id"),
        team: Team::Payments,
        by: AssignedBy::Offer,
        weight: 2,
        channel: Channel::Chat,
    })
}

fn reply(channel: Channel, text: &str) -> CaseEvent {
    taken_in(intake::ReplySent {
        message_id: Uuid::from_u128(77),
        channel,
        author: intake::Author::Agent("mette".parse().expect("an agent id")),
        text: Personal::new(text),
        machine_translated: false,
    })
}

/// The text of a notification that went out as a webhook.
async fn told_in_chat(world: &World, case: CaseId, kind: NotificationKind) -> Result<String> {
    let (id, one) = world.only(case, kind).await?;
    assert_eq!(one.standing, NotificationStanding::Sent, "{kind:?}");
    Ok(world.webhook(id)?.to_string())
}

/// The text of a notification that went out as an English mail.
async fn told_by_mail(world: &World, case: CaseId, kind: NotificationKind) -> Result<String> {
    let (id, one) = world.only(case, kind).await?;
    assert_eq!(one.standing, NotificationStanding::Sent, "{kind:?}");
    // Undoes the line breaks of quoted-printable.
    Ok(world.mail(id)?.replace("=\r\n", "").replace("=\n", ""))
}

#[tokio::test]
async fn a_promise_brings_case_number_and_horizon_by_mail_and_only_the_first_does() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(412, &english()).await?;
    world.happens(case, routed(HorizonSet { horizon: at("2026-03-11T15:30:00Z") })).await?;
    let mail = told_by_mail(&world, case, NotificationKind::CaseReceived).await?;
    assert!(mail.contains(&number(412)), "{mail}");
    assert!(mail.contains("11 March 2026 at 16:30"), "the player's own time: {mail}");
    assert!(mail.contains("spam folder"), "{mail}");
    world.happens(case, routed(HorizonSet { horizon: at("2026-03-12T15:30:00Z") })).await?;
    assert_eq!(world.count(case, NotificationKind::CaseReceived).await?, 1);
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn without_an_address_a_chat_player_is_told_in_the_chat_in_their_language() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(412, &Opening { email: None, ..Opening::default() }).await?;
    world.happens(case, routed(HorizonSet { horizon: at("2026-03-11T15:30:00Z") })).await?;
    let extended = HorizonExtended {
        from: at("2026-03-11T15:30:00Z"),
        to: at("2026-03-12T09:00:00Z"),
        reason: ExtensionReason::Gateway,
        cause: Uuid::from_u128(6),
    };
    world.happens(case, routed(extended)).await?;
    let told = told_in_chat(&world, case, NotificationKind::HorizonExtended).await?;
    assert!(told.contains("12.3.2026 kl. 10.00"), "{told}");
    let paid = PaymentExecuted {
        proposal_id: Uuid::from_u128(1),
        amount: Money::positive(1_250_000, "DKK")?,
        gateway_reference: "gw-1".to_owned(),
    };
    world.happens(case, escalated(paid)).await?;
    let told = told_in_chat(&world, case, NotificationKind::PaymentExecuted).await?;
    assert!(told.contains("12.500,00\u{a0}DKK"), "{told}");
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_is_missing_received_and_rejected_is_told_with_the_remedy() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(1, &english()).await?;
    let kinds = vec![EvidenceKind::Identity, EvidenceKind::PaymentProof];
    world.happens(case, taken_in(intake::EvidenceRequested { kinds })).await?;
    let mail = told_by_mail(&world, case, NotificationKind::EvidenceRequested).await?;
    assert!(mail.contains("Photo identification") && mail.contains("Proof of payment"), "{mail}");
    let evidence_id = Uuid::from_u128(5);
    let received = intake::EvidenceReceived {
        evidence_id,
        kind: EvidenceKind::Identity,
        media_type: "image/jpeg".to_owned(),
        size_bytes: 1_000,
        sha256: "00".repeat(32),
        file_name: Personal::new("passport.jpg"),
    };
    world.happens(case, taken_in(received)).await?;
    let mail = told_by_mail(&world, case, NotificationKind::EvidenceReceived).await?;
    assert!(mail.contains("Photo identification") && !mail.contains("passport.jpg"), "{mail}");
    let rejected = intake::EvidenceRejected { evidence_id, reason: RejectionReason::Blurred };
    world.happens(case, taken_in(rejected)).await?;
    let mail = told_by_mail(&world, case, NotificationKind::EvidenceRejected).await?;
    assert!(mail.contains("blurred") && mail.contains("in good light"), "{mail}");
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn an_agent_introduces_themselves_by_name_once_a_case() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    world.register_agent("mette", "Mette Holm").await?;
    let case = world.open(1, &Opening::default()).await?;
    world.happens(case, assigned("mette")).await?;
    let told = told_in_chat(&world, case, NotificationKind::AgentIntroduction).await?;
    assert!(told.contains("Mette Holm"), "{told}");
    world.happens(case, assigned("mette")).await?;
    assert_eq!(world.count(case, NotificationKind::AgentIntroduction).await?, 1);
    world.happens(case, assigned("jonas")).await?;
    assert_eq!(world.count(case, NotificationKind::AgentIntroduction).await?, 2);
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_reply_goes_out_through_the_channel_it_was_written_for() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    world.register_agent("mette", "Mette Holm").await?;
    let chat = world.open(1, &english()).await?;
    world.happens(chat, reply(Channel::Chat, "We found your withdrawal.")).await?;
    let told = told_in_chat(&world, chat, NotificationKind::Reply).await?;
    assert!(told.contains("We found your withdrawal.") && told.contains("Mette Holm"), "{told}");
    let letter = world.open(2, &Opening { channel: Channel::Email, ..english() }).await?;
    world.happens(letter, reply(Channel::Email, "Your papers are fine.")).await?;
    let mail = told_by_mail(&world, letter, NotificationKind::Reply).await?;
    assert!(mail.contains("Your papers are fine.") && mail.contains("freja@example.dk"), "{mail}");
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_payments_asks_and_refuses_reaches_the_player_as_a_reply() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let asked = world.open(1, &english()).await?;
    let question = PaymentInformationRequested {
        question_id: Uuid::from_u128(8),
        question: Personal::new("Which bank did you use?"),
    };
    world.happens(asked, escalated(question)).await?;
    let told = told_in_chat(&world, asked, NotificationKind::Reply).await?;
    assert!(told.contains("Which bank did you use?") && told.contains("mette"), "{told}");
    let refused = world.open(2, &english()).await?;
    let reason = PaymentRefused { reason: Personal::new("The transfer was made to another account.") };
    world.happens(refused, escalated(reason)).await?;
    let told = told_in_chat(&world, refused, NotificationKind::Reply).await?;
    assert!(told.contains("The transfer was made to another account."), "{told}");
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn the_end_of_a_case_is_told_and_asked_about_and_so_is_its_return() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(1, &english()).await?;
    let resolved = intake::CaseResolved {
        resolution: intake::Resolution::Solved,
        summary: Personal::new("Your withdrawal of 12,500.00 DKK was paid out."),
    };
    world.happens(case, taken_in(resolved)).await?;
    let mail = told_by_mail(&world, case, NotificationKind::Resolved).await?;
    assert!(mail.contains("was paid out."), "{mail}");
    let mail = told_by_mail(&world, case, NotificationKind::FeedbackRequest).await?;
    assert!(mail.contains("How did we do?"), "{mail}");
    world.happens(case, taken_in(intake::CaseReopened { reason: Personal::new("Not there yet") })).await?;
    let mail = told_by_mail(&world, case, NotificationKind::Reopened).await?;
    assert!(mail.contains("open again"), "{mail}");
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn answers_callbacks_and_verdicts_on_the_papers_are_told() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(1, &english()).await?;
    let suggested =
        intake::AnswerSuggested { article_id: "bonus_wagering".to_owned(), language: Language::En };
    world.happens(case, taken_in(suggested)).await?;
    let told = told_in_chat(&world, case, NotificationKind::AnswerSuggested).await?;
    assert!(told.contains("Why is my bonus missing?"), "{told}");

    let not_before = Some(at("2026-03-11T16:00:00+01:00"));
    let callback = intake::CallbackRequested { phone: Personal::new("+4512345678"), not_before };
    world.happens(case, taken_in(callback)).await?;
    let mail = told_by_mail(&world, case, NotificationKind::CallbackBooked).await?;
    assert!(mail.contains("11 March 2026 at 16:00"), "{mail}");
    let other = world.open(2, &english()).await?;
    let callback = intake::CallbackRequested { phone: Personal::new("+4512345678"), not_before: None };
    world.happens(other, taken_in(callback)).await?;
    let mail = told_by_mail(&world, other, NotificationKind::CallbackBooked).await?;
    assert!(mail.contains("as soon as we can"), "{mail}");

    let player_id: case::PlayerId = "player-7".parse()?;
    world.happens(case, taken_in(intake::PlayerVerified { player_id: player_id.clone() })).await?;
    told_by_mail(&world, case, NotificationKind::VerificationApproved).await?;
    let reason = Personal::new("the passport belongs to somebody else");
    world.happens(other, taken_in(intake::PlayerRefused { player_id, reason })).await?;
    let mail = told_by_mail(&world, other, NotificationKind::VerificationRefused).await?;
    assert!(!mail.contains("somebody else"), "the reason is for the file: {mail}");
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_clock_past_its_target_warns_the_team_and_reassures_the_waiting_player() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(412, &english()).await?;
    let queued = CaseQueued {
        team: Team::Payments,
        skills: Vec::new(),
        queued_at: at(NOON),
        reason: QueueReason::Triaged,
        preferred_agent: None,
        preferred_until: None,
    };
    let started = SlaStarted {
        clock: ClockKind::NextUpdate,
        generation: 1,
        started_at: at(NOON),
        used_seconds: 0,
        policy_version: 1,
        calendar: "always".to_owned(),
        target_seconds: 300,
        breach_seconds: 600,
        target_at: at("2026-03-11T12:05:00+01:00"),
        breach_at: at("2026-03-11T12:10:00+01:00"),
    };
    let wrote = intake::MessageReceived {
        message_id: Uuid::from_u128(3),
        channel: Channel::Chat,
        text: Personal::new("Are you there?"),
    };
    let horizon = HorizonSet { horizon: at("2026-03-12T15:30:00Z") };
    world.record(case, vec![routed(queued), routed(started), taken_in(wrote), routed(horizon)]).await?;
    world.happens(case, routed(SlaWarned { clock: ClockKind::NextUpdate, generation: 1 })).await?;
    let (id, warning) = world.only(case, NotificationKind::SlaWarning).await?;
    let queued = warning.queued.expect("it was queued");
    assert_eq!(queued.audience, Audience::Team("payments".to_owned()));
    assert_eq!(queued.channel, DeliveryChannel::Webhook);
    let told = world.webhook(id)?.to_string();
    for word in [number(412).as_str(), "payments", "next update", "11 March 2026 at 12:10"] {
        assert!(told.contains(word), "{word} in {told}");
    }
    told_by_mail(&world, case, NotificationKind::StillWorking).await?;

    world.happens(case, routed(SlaBreached { clock: ClockKind::NextUpdate, generation: 1 })).await?;
    told_in_chat(&world, case, NotificationKind::SlaBreach).await?;
    assert_eq!(world.count(case, NotificationKind::StillWorking).await?, 1);
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_rebuild_from_the_log_records_nothing_and_says_nothing_again() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    world.register_agent("mette", "Mette Holm").await?;
    let case = world.open(1, &english()).await?;
    world.happens(case, routed(HorizonSet { horizon: at("2026-03-11T15:30:00Z") })).await?;
    world.happens(case, assigned("mette")).await?;
    world.happens(case, reply(Channel::Chat, "Hello")).await?;
    let (said, head) = (world.outbox_files()?, world.parts.log.head().await?);
    assert_eq!(said, 3);
    let clock = world.clock.clone();
    world.stop().await;
    // Everything but the log and the keys is lost, and the outbox emptied.
    for entry in std::fs::read_dir(folder.path())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("bus.db") || name.starts_with("notifications.db") {
            std::fs::remove_file(path)?;
        }
    }
    std::fs::remove_dir_all(folder.path().join("outbox"))?;
    let world = World::start_at(&folder, "", clock).await?;
    world.settled().await?;
    assert_eq!(world.parts.log.head().await?, head);
    assert_eq!(world.outbox_files()?, 0);
    world.stop().await;
    Ok(())
}
