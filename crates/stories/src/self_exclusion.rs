//! Story 4: a VIP's bonus question turns into a wish to be locked out, in Norwegian.
//!
//! Rerouted to responsible gambling at once, ahead of everything; an offer mail that was waiting is
//! suppressed; the personal contact is told.

use std::time::Duration;

use anyhow::{Context, ensure};
use contracts::intake::v1::{Channel, Resolution, Tier};
use contracts::notifications::v1::{DeliveryStanding, QueueOfferRequest};
use jiff::SignedDuration;

use crate::Told;
use crate::acts::{Opening, number_of};
use crate::follow::Follow;
use crate::people::Person;
use crate::stage::Stage;

pub(crate) async fn play(stage: &Stage) -> anyhow::Result<Told> {
    let lars = stage.player("Lars", "p-4001");
    let ingrid = Person::agent("Ingrid", "vip");
    let solveig = Person::agent("Solveig", "responsible_gambling");
    let opened = stage
        .open(
            &lars,
            Opening {
                language: "nb",
                time_zone: "Europe/Oslo",
                tier: Tier::Vip,
                marketing_consent: true,
                text: "Hei, når får jeg månedens bonus?",
                ..Opening::default()
            },
        )
        .await?;
    let number = number_of(&opened)?;
    let mut follow = Follow::case(stage, &number).await?;
    follow.until("routing.personal_contact_assigned", |details| details["agent_id"] == "ingrid").await?;
    stage.take(&ingrid, &mut follow, 0).await?;
    stage.reply(&ingrid, &number, "Hei Lars, Ingrid her. Jeg ser på bonusen din med en gang.").await?;
    let offer = offer_waits(stage, &number).await?;

    let before = follow.version();
    stage
        .say(&lars, &number, Channel::Chat, "Egentlig vil jeg stoppe helt. Vær så snill å utestenge meg.")
        .await?;
    follow.until("intake.self_exclusion_requested", |_| true).await?;
    let transferred = follow.until_after(before, "routing.case_transferred", |_| true).await?.1;
    ensure!(transferred["to"] == "responsible_gambling", "rerouted: {transferred}");
    let priority = follow.until_after(before, "routing.priority_computed", |_| true).await?.1;
    ensure!(priority["priority"]["safety_rank"] == 0, "ahead of everything: {priority}");
    stage.step("casetrail", "reroutes the case to responsible gambling at once, ahead of everything");

    let ours = |details: &serde_json::Value| details["notification_id"] == offer.as_str();
    let suppressed = follow.until("notifications.notification_suppressed", ours).await?;
    ensure!(suppressed["reason"] == "player_excluded", "{suppressed}");
    stage.step("casetrail", "suppresses the offer mail that was waiting");
    follow.told("personal_contact_informed").await?;
    stage.step("casetrail", "tells Ingrid, his personal contact");

    stage.take(&solveig, &mut follow, before).await?;
    stage
        .reply(
            &solveig,
            &number,
            "Hei Lars, jeg heter Solveig. Kontoen din er stengt fra nå av. Vil du snakke med noen?",
        )
        .await?;
    stage.resolve(&solveig, &number, Resolution::Solved, "Du er utestengt fra alt spill hos oss.").await?;
    stage.pass(Duration::from_hours(30)).await;
    let sent_offer = |details: &serde_json::Value| details["kind"] == "offer";
    follow.told("resolved").await?;
    let case = follow.now().await?;
    ensure!(case.self_exclusion_requested, "the case knows of the exclusion");
    ensure!(follow.count_matching("notifications.notification_sent", sent_offer)? == 0, "no offer went out");
    Ok(Told { cases: vec![number] })
}

/// Marketing has an offer mail waiting for tomorrow.
async fn offer_waits(stage: &Stage, number: &str) -> anyhow::Result<String> {
    let tomorrow = stage.clock().now() + SignedDuration::from_hours(24);
    let request = QueueOfferRequest {
        request_id: stage.new_id(),
        etag: String::new(),
        case: number.to_owned(),
        title: "50 gratisspinn".to_owned(),
        text: "Denne uken har vi 50 gratisspinn til deg.".to_owned(),
        send_after: Some(prost_types::Timestamp { seconds: tomorrow.as_second(), nanos: 0 }),
    };
    let crm = Person::system("crm");
    let queued =
        stage.notifications().queue_offer(crm.ask(request)?).await.context("QueueOffer")?.into_inner();
    ensure!(queued.standing() == DeliveryStanding::Queued, "the offer waits: {queued:?}");
    stage.step("crm", "queues an offer mail for tomorrow");
    Ok(queued.notification_id)
}
