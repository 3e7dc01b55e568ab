//! Getting it out: failures, retries, giving up, redriving, quiet hours, crashes.

use std::time::Duration;

use anyhow::Result;
use case::notifications::{NotificationKind, NotificationStanding, may_send};
use case::{CaseEvent, CaseId, Channel, Personal, intake, notifications as stage};
use contracts::notifications::v1::{
    DeliveryStanding, ListDeliveriesRequest, RedriveNotificationRequest, list_deliveries_request::Scope,
};
use uuid::Uuid;

use super::receiver::Receiver;
use super::world::{NOON, Opening, World, by, reason, request_id};

const HOUR: Duration = Duration::from_hours(1);

fn reply(text: &str) -> CaseEvent {
    let sent = intake::ReplySent {
        message_id: Uuid::from_u128(77),
        channel: Channel::Chat,
        author: intake::Author::Agent("mette".parse().expect("an agent id")),
        text: Personal::new(text),
        machine_translated: false,
    };
    intake::Event::ReplySent(sent).into()
}

fn resolved() -> CaseEvent {
    let summary = Personal::new("Done.");
    intake::Event::CaseResolved(intake::CaseResolved { resolution: intake::Resolution::Solved, summary })
        .into()
}

async fn answered(world: &World) -> Result<(CaseId, Uuid)> {
    let case = world.open(1, &Opening::default()).await?;
    world.happens(case, reply("Hej Freja")).await?;
    Ok((case, world.only(case, NotificationKind::Reply).await?.0))
}

#[tokio::test]
async fn a_failure_is_tried_again_after_its_pause_with_the_same_id_and_body() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut receiver = Receiver::start(503).await?;
    let world = World::start(&folder, &receiver.as_player_webhook()).await?;
    let (case, id) = answered(&world).await?;
    let first = receiver.next().await?;
    assert_eq!(first.0, id.to_string());
    let one = world.until_so(case, id, |one| one.attempts == 1).await?;
    assert_eq!(one.standing, NotificationStanding::Queued);
    assert_eq!(one.last_error_code.as_deref(), Some("503"));
    let pause = one.due_at.expect("a next try").duration_since(one.queued_at).as_secs();
    assert!((30..=36).contains(&pause), "{pause} s");
    assert!(receiver.is_empty(), "not before its moment");

    receiver.answer_with(204);
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(receiver.next().await?, first);
    let one = world.until(case, id, NotificationStanding::Sent).await?;
    assert_eq!((one.attempts, one.times_sent), (2, 1));
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn after_five_failures_it_is_given_up_shown_and_redriven_by_an_operator() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut receiver = Receiver::start(500).await?;
    let mut world = World::start(&folder, &receiver.as_player_webhook()).await?;
    let (case, id) = answered(&world).await?;
    for attempt in 1..=5 {
        receiver.next().await?;
        world.until_so(case, id, |one| one.attempts == attempt).await?;
        world.clock.advance(2 * HOUR);
    }
    world.until(case, id, NotificationStanding::DeadLettered).await?;
    world.settled().await?;
    let list = ListDeliveriesRequest {
        scope: Some(Scope::Brand("NB".to_owned())),
        standing: DeliveryStanding::DeadLettered.into(),
        ..ListDeliveriesRequest::default()
    };
    let shown = world.client.list_deliveries(by("agent:olga", list)).await?.into_inner().deliveries;
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].attempts, shown[0].last_error_code.as_str()), (5, "500"));

    receiver.answer_with(204);
    let redrive = RedriveNotificationRequest {
        request_id: request_id(),
        case: case.to_string(),
        notification_id: id.to_string(),
        ..RedriveNotificationRequest::default()
    };
    let by_player = world.client.redrive_notification(by("player:player-7", redrive.clone())).await;
    assert_eq!(reason(&by_player.expect_err("players may not")), "ACTOR_NOT_ALLOWED");
    world.client.redrive_notification(by("agent:olga", redrive.clone())).await?;
    receiver.next().await?;
    let one = world.until(case, id, NotificationStanding::Sent).await?;
    assert_eq!((one.attempts, one.redriven, one.times_sent), (1, 1, 1));
    let again = RedriveNotificationRequest { request_id: request_id(), ..redrive };
    let refused = world.client.redrive_notification(by("agent:olga", again)).await;
    assert_eq!(reason(&refused.expect_err("it was sent")), "NOTIFICATION_NOT_DEAD_LETTERED");
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_is_gone_for_good_is_not_tried_again() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut receiver = Receiver::start(410).await?;
    let world = World::start(&folder, &receiver.as_player_webhook()).await?;
    let (case, id) = answered(&world).await?;
    receiver.next().await?;
    let one = world.until(case, id, NotificationStanding::DeadLettered).await?;
    assert_eq!(one.attempts, 1);
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_nothing_is_configured_for_is_given_up_where_an_operator_sees_it() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "[notifications.outbox]\nenabled = false").await?;
    let (case, id) = answered(&world).await?;
    let one = world.until(case, id, NotificationStanding::DeadLettered).await?;
    assert_eq!(one.last_error_code.as_deref(), Some("not_configured"));
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn quiet_hours_put_off_what_can_wait_until_they_end() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(1, &Opening::default()).await?;
    let preferences = stage::PreferencesChanged {
        channel: stage::DeliveryChannel::Email,
        marketing_consent: false,
        quiet_from_hour: Some(11),
        quiet_until_hour: Some(14),
    };
    world.happens(case, stage::Event::PreferencesChanged(preferences)).await?;
    world.happens(case, resolved()).await?;
    let (id, one) = world.only(case, NotificationKind::Resolved).await?;
    assert_eq!(one.standing, NotificationStanding::Queued);
    assert_eq!(one.due_at, Some("2026-03-11T14:00:00+01:00".parse()?));
    assert_eq!(world.outbox_files()?, 0);
    world.clock.advance(2 * HOUR);
    let one = world.until(case, id, NotificationStanding::Sent).await?;
    assert_eq!(one.sent_at, Some("2026-03-11T14:00:00+01:00".parse()?));
    assert!(world.mail(id)?.contains("NB-2026-000001"));
    world.stop().await;
    Ok(())
}

#[test]
fn a_crash_between_handing_over_and_recording_repeats_the_same_message() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let outside = tokio::runtime::Runtime::new()?;
    // Takes the webhook and never answers: the service cannot know whether it arrived.
    let mut silent = outside.block_on(Receiver::start(0))?;
    let overrides = silent.as_player_webhook();
    let doomed = tokio::runtime::Runtime::new()?;
    let (case, first, clock) = doomed.block_on(async {
        let world = World::start(&folder, &overrides).await?;
        let case = world.open(1, &Opening::default()).await?;
        world.record(case, vec![reply("Hej Freja")]).await?;
        let first = silent.next().await?;
        let id: Uuid = first.0.parse()?;
        let stands = world.case(case).await?;
        let verdict = may_send(&stands, id, NOON.parse()?, &stage::Circumstances::default());
        assert!(matches!(verdict, stage::SendVerdict::Send { attempt: 1, .. }), "nothing is recorded yet");
        anyhow::Ok((case, first, world.clock.clone()))
    })?;
    // As if the power went.
    doomed.shutdown_timeout(Duration::from_secs(10));
    outside.block_on(async {
        silent.answer_with(204);
        let world = World::start_once_free(&folder, &overrides, clock).await?;
        assert_eq!(silent.next().await?, first, "the same id and the same body");
        let one = world.until(case, first.0.parse()?, NotificationStanding::Sent).await?;
        assert_eq!((one.attempts, one.times_sent), (1, 1));
        world.stop().await;
        anyhow::Ok(())
    })
}
