//! Story 3: a missing bonus, in Polish.
//!
//! The help centre answers at once; it does not help; a human does. Two days later the player comes back
//! and gets the same agent.

use std::time::Duration;

use anyhow::{Context, ensure};
use contracts::intake::v1::{Channel, ReopenCaseRequest, RequestHumanRequest, Resolution};
use contracts::routing::v1::{Presence, SetPresenceRequest};

use crate::Told;
use crate::acts::{Opening, number_of};
use crate::follow::Follow;
use crate::people::Person;
use crate::stage::Stage;

pub(crate) async fn play(stage: &Stage) -> anyhow::Result<Told> {
    let tomek = stage.player("Tomek", "p-3001");
    let kasia = Person::agent("Kasia", "general");
    let opened = stage
        .open(
            &tomek,
            Opening {
                channel: Channel::HelpCentre,
                language: "pl",
                time_zone: "Europe/Warsaw",
                text: "Dzień dobry, nie dostałem bonusu powitalnego po pierwszej wpłacie.",
                ..Opening::default()
            },
        )
        .await?;
    let number = number_of(&opened)?;
    let article = opened.suggested_answer.context("a help-centre answer is offered at once")?;
    ensure!(article.language_code == "pl", "in Polish: {article:?}");
    stage.step("casetrail", format!("answers at once: \"{}\"", article.title));
    let mut follow = Follow::case(stage, &number).await?;

    let request =
        RequestHumanRequest { request_id: stage.new_id(), etag: String::new(), case: number.clone() };
    stage.intake().request_human(tomek.ask(request)?).await.context("RequestHuman")?;
    stage.step("Tomek", "says: that did not help");
    follow.until("routing.case_queued", |details| details["team"] == "general").await?;
    stage.take(&kasia, &mut follow, 0).await?;
    stage
        .reply(&kasia, &number, "Dzień dobry, tu Kasia. Sprawdzam Twój bonus i zaraz wracam z odpowiedzią.")
        .await?;
    stage.resolve(&kasia, &number, Resolution::Solved, "Bonus powitalny jest już na Twoim koncie.").await?;
    follow.told("resolved").await?;

    reopened(stage, &mut follow, &tomek, &kasia).await?;
    stage.resolve(&kasia, &number, Resolution::Solved, "Darmowe spiny też są już na koncie.").await?;
    stage.close(&kasia, &number).await?;
    follow.until("intake.case_closed", |_| true).await?;
    Ok(Told { cases: vec![number] })
}

async fn reopened(
    stage: &Stage,
    follow: &mut Follow<'_>,
    tomek: &Person,
    kasia: &Person,
) -> anyhow::Result<()> {
    // A colleague who could take it as well: the same agent is still preferred.
    let marek = SetPresenceRequest {
        request_id: stage.new_id(),
        etag: String::new(),
        brand: Stage::BRAND.to_owned(),
        agent_id: "marek".to_owned(),
        presence: Presence::Available.into(),
    };
    stage.routing().set_presence(Person::system("workforce").ask(marek)?).await.context("SetPresence")?;
    stage.step("clock", "two days pass");
    stage.pass(Duration::from_hours(48)).await;
    let before = follow.version();
    let request = ReopenCaseRequest {
        request_id: stage.new_id(),
        etag: String::new(),
        case: follow.number.clone(),
        reason: "Bonus jest, ale brakuje darmowych spinów.".to_owned(),
    };
    stage.intake().reopen_case(tomek.ask(request)?).await.context("ReopenCase")?;
    stage.step("Tomek", "reopens the case: \"Bonus jest, ale brakuje darmowych spinów.\"");
    follow.until_after(before, "intake.case_reopened", |_| true).await?;
    let offered = follow.until_after(before, "routing.case_offered", |_| true).await?.1;
    ensure!(
        offered["agent_id"] == "kasia" && offered["reason"] == "previous_owner",
        "the previous owner is preferred: {offered}"
    );
    stage.take(kasia, follow, before).await?;
    stage.step("casetrail", "gave it to the agent who knows the case");
    Ok(())
}
