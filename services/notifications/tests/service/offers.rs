//! Offers: with consent only, and asked for through the API.

use std::time::Duration;

use anyhow::Result;
use case::notifications::{NotificationKind, NotificationStanding, SuppressionReason as Why};
use case::{CaseId, Channel, Language};
use contracts::notifications::v1::{
    DeliveryChannel, DeliveryStanding, Preferences, QueueOfferRequest, QueueOfferResponse,
    SetPreferencesRequest, SuppressionReason,
};
use tonic::Code;

use super::world::{Opening, World, by, reason, request_id};

pub(crate) fn offer(case: CaseId) -> QueueOfferRequest {
    QueueOfferRequest {
        request_id: request_id(),
        case: case.to_string(),
        title: "Friday bonus".to_owned(),
        text: "20 free spins on Friday".to_owned(),
        ..QueueOfferRequest::default()
    }
}

pub(crate) async fn queue(world: &World, request: &QueueOfferRequest) -> Result<QueueOfferResponse> {
    Ok(world.client.clone().queue_offer(by("service:crm", request.clone())).await?.into_inner())
}

fn english() -> Opening {
    Opening { channel: Channel::Email, language: Language::En, ..Opening::default() }
}

#[tokio::test]
async fn an_offer_to_a_consenting_player_is_mailed_with_its_title_and_text() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(1, &english()).await?;
    let answer = queue(&world, &offer(case)).await?;
    assert_eq!(answer.standing, i32::from(DeliveryStanding::Queued));
    let id = answer.notification_id.parse()?;
    world.until(case, id, NotificationStanding::Sent).await?;
    let mail = world.mail(id)?;
    assert!(mail.contains("Friday bonus") && mail.contains("20 free spins on Friday"), "{mail}");
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_repeated_request_is_the_same_offer_and_another_body_is_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(1, &english()).await?;
    let request = offer(case);
    let first = queue(&world, &request).await?;
    world.settled().await?;
    assert_eq!(queue(&world, &request).await?, first, "the first answer, whatever happened since");
    assert_eq!(world.count(case, NotificationKind::Offer).await?, 1);
    let other = QueueOfferRequest { text: "40 free spins".to_owned(), ..request };
    let refused = world.client.clone().queue_offer(by("service:crm", other)).await.expect_err("reused");
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::AlreadyExists, "REQUEST_ID_REUSED"));
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn without_consent_an_offer_is_suppressed_and_the_caller_is_told_why() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(1, &Opening { marketing_consent: false, ..english() }).await?;
    let answer = queue(&world, &offer(case)).await?;
    assert_eq!(answer.standing, i32::from(DeliveryStanding::Suppressed));
    assert_eq!(answer.suppression_reason, i32::from(SuppressionReason::NoConsent));
    world.settled().await?;
    assert_eq!(world.outbox_files()?, 0);
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn consent_withdrawn_on_one_case_counts_on_all() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let (one, other) = (world.open(1, &english()).await?, world.open(2, &english()).await?);
    let tomorrow = Some(prost_types::Timestamp { seconds: world.clock_seconds() + 86_400, nanos: 0 });
    let waiting = queue(&world, &QueueOfferRequest { send_after: tomorrow, ..offer(other) }).await?;
    let preferences =
        Preferences { channel: DeliveryChannel::Email.into(), marketing_consent: false, quiet_hours: None };
    let request = SetPreferencesRequest {
        request_id: request_id(),
        case: one.to_string(),
        preferences: Some(preferences),
        ..SetPreferencesRequest::default()
    };
    world.clock.advance(Duration::from_secs(1));
    world.client.clone().set_preferences(by("player:player-7", request)).await?;
    let now = queue(&world, &offer(other)).await?;
    assert_eq!(now.suppression_reason, i32::from(SuppressionReason::NoConsent));
    world.clock.advance(Duration::from_secs(1));
    let opened_later = world.open(3, &english()).await?;
    world.settled().await?;
    let later = queue(&world, &offer(opened_later)).await?;
    assert_eq!(later.suppression_reason, i32::from(SuppressionReason::NoConsent), "their own word counts");
    world.clock.advance(Duration::from_hours(24));
    let waiting = waiting.notification_id.parse()?;
    let suppressed = NotificationStanding::Suppressed(Why::NoConsent);
    world.until(other, waiting, suppressed).await?;
    assert_eq!(world.outbox_files()?, 0);
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn players_do_not_queue_offers_and_bad_words_name_their_field() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(1, &english()).await?;
    let mut client = world.client.clone();
    let refused = client.queue_offer(by("player:player-7", offer(case))).await.expect_err("players");
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "ACTOR_NOT_ALLOWED"));
    let table = [
        (
            QueueOfferRequest { title: "a\nBcc: all@example.dk".to_owned(), ..offer(case) },
            "NOTIFICATION_TITLE_INVALID",
        ),
        (QueueOfferRequest { text: "  ".to_owned(), ..offer(case) }, "NOTIFICATION_TEXT_EMPTY"),
        (QueueOfferRequest { text: "x".repeat(20_001), ..offer(case) }, "NOTIFICATION_TEXT_TOO_LONG"),
    ];
    for (request, expected) in table {
        let refused = client.queue_offer(by("service:crm", request)).await.expect_err(expected);
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, expected));
    }
    world.stop().await;
    Ok(())
}
