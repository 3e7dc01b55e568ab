//! I11: no marketing to an excluded player, on whichever of their cases they said so.

use std::time::Duration;

use anyhow::Result;
use case::notifications::{
    Audience, NotificationKind, NotificationStanding, SuppressionReason as Why, invariants::violations,
};
use case::routing::PersonalContactAssigned;
use case::{CaseEvent, intake, routing};
use contracts::notifications::v1::{DeliveryStanding, QueueOfferRequest, SuppressionReason};
use uuid::Uuid;

use super::offers::{offer, queue};
use super::world::{Opening, World, number};

const DAY: Duration = Duration::from_hours(24);

fn exclusion() -> CaseEvent {
    let player_id = "player-7".parse().expect("a player id");
    let requested = intake::SelfExclusionRequested { message_id: Uuid::from_u128(9), player_id };
    intake::Event::SelfExclusionRequested(requested).into()
}

fn contact(agent_id: &str) -> CaseEvent {
    let assigned = PersonalContactAssigned { agent_id: agent_id.parse().expect("an agent id") };
    routing::Event::PersonalContactAssigned(assigned).into()
}

fn tomorrow(world: &World) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: world.clock_seconds() + 86_400, nanos: 0 }
}

#[tokio::test]
async fn an_exclusion_suppresses_offers_on_all_cases_of_the_player_and_of_nobody_else() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let said_so = world.open(1, &Opening::default()).await?;
    let other_case = world.open(2, &Opening::default()).await?;
    let somebody = world.open(3, &Opening { player_id: "player-8", ..Opening::default() }).await?;
    let mut waiting = Vec::new();
    for case in [said_so, other_case, somebody] {
        let answer =
            queue(&world, &QueueOfferRequest { send_after: Some(tomorrow(&world)), ..offer(case) }).await?;
        assert_eq!(answer.standing, i32::from(DeliveryStanding::Queued));
        waiting.push(answer.notification_id.parse::<Uuid>()?);
    }
    world.happens(said_so, exclusion()).await?;
    let excluded = NotificationStanding::Suppressed(Why::PlayerExcluded);
    world.until(said_so, waiting[0], excluded).await?;
    world.until(other_case, waiting[1], excluded).await?;
    let later = queue(&world, &offer(other_case)).await?;
    assert_eq!(later.suppression_reason, i32::from(SuppressionReason::PlayerExcluded));
    let young = world.open(4, &Opening::default()).await?;
    let young = queue(&world, &offer(young)).await?;
    assert_eq!(young.suppression_reason, i32::from(SuppressionReason::PlayerExcluded));

    world.clock.advance(DAY);
    world.until(somebody, waiting[2], NotificationStanding::Sent).await?;
    world.settled().await?;
    for case in [said_so, other_case, somebody] {
        assert_eq!(violations(world.case(case).await?.as_ref()), Vec::<String>::new());
    }
    let offers_sent = waiting.iter().filter(|id| world.mail(**id).is_ok()).count();
    assert_eq!(offers_sent, 1, "somebody else's");
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn an_offer_that_falls_due_the_moment_the_player_is_excluded_is_not_sent() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let (said_so, other_case) =
        (world.open(1, &Opening::default()).await?, world.open(2, &Opening::default()).await?);
    let request = QueueOfferRequest { send_after: Some(tomorrow(&world)), ..offer(other_case) };
    let waiting = queue(&world, &request).await?.notification_id.parse::<Uuid>()?;
    world.settled().await?;
    // Nothing is waited for in between: the timer and the reaction run a race that neither can lose.
    world.record(said_so, vec![exclusion()]).await?;
    world.clock.advance(DAY);
    world.until(other_case, waiting, NotificationStanding::Suppressed(Why::PlayerExcluded)).await?;
    world.settled().await?;
    assert!(world.mail(waiting).is_err());
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn the_player_gets_a_receipt_and_the_personal_contact_is_told_once() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    world.register_agent("sigrid", "Sigrid Berg").await?;
    let case = world.open(412, &Opening::default()).await?;
    world.happens(case, contact("sigrid")).await?;
    assert_eq!(world.count(case, NotificationKind::PersonalContactInformed).await?, 0);
    world.happens(case, exclusion()).await?;
    let (receipt, one) = world.only(case, NotificationKind::SelfExclusionReceived).await?;
    assert_eq!(one.standing, NotificationStanding::Sent);
    assert!(world.mail(receipt)?.contains("freja@example.dk"));
    let (informed, one) = world.only(case, NotificationKind::PersonalContactInformed).await?;
    assert_eq!(one.queued.expect("it was queued").audience, Audience::Agent("sigrid".to_owned()));
    let told = world.webhook(informed)?.to_string();
    assert!(told.contains("Sigrid Berg") && told.contains(&number(412)), "{told}");
    world.happens(case, exclusion()).await?;
    assert_eq!(world.count(case, NotificationKind::PersonalContactInformed).await?, 1);
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_contact_found_after_the_exclusion_is_told_too() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(1, &Opening::default()).await?;
    world.happens(case, exclusion()).await?;
    world.happens(case, contact("sigrid")).await?;
    world.only(case, NotificationKind::PersonalContactInformed).await?;
    world.stop().await;
    Ok(())
}
