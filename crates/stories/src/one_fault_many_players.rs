//! Story 5: one technical fault, fifteen players, within an hour, in Danish.
//!
//! The pattern is flagged on their cases; and what one of them began by chat goes on by e-mail, found by
//! the case number in the subject.

use std::time::Duration;

use anyhow::{Context, ensure};
use contracts::intake::v1::{Channel, ReceiveMessageRequest};

use crate::Told;
use crate::acts::{Opening, number_of};
use crate::follow::Follow;
use crate::stage::Stage;

const PLAYERS: usize = 15;

pub(crate) async fn play(stage: &Stage) -> anyhow::Result<Told> {
    let mut cases = Vec::with_capacity(PLAYERS);
    for index in 1..=PLAYERS {
        let player = stage.player(&format!("Spiller{index}"), &format!("p-5{index:03}"));
        let opened = stage
            .open(
                &player,
                Opening {
                    channel: if index == 1 { Channel::Chat } else { Channel::Form },
                    language: "da",
                    product: "viking-gold",
                    text: "Spillet Viking Gold fryser og viser en fejl, når jeg spinner.",
                    ..Opening::default()
                },
            )
            .await?;
        cases.push(number_of(&opened)?);
        stage.pass(Duration::from_mins(3)).await;
    }
    let mut pattern = None;
    for number in &cases {
        let mut follow = Follow::case(stage, number).await?;
        let flagged = follow.until("intake.pattern_flagged", |_| true).await?;
        let id = flagged["pattern_id"].clone();
        ensure!(pattern.get_or_insert_with(|| id.clone()) == &id, "all belong to one pattern: {flagged}");
    }
    stage.step("casetrail", format!("flags the same pattern on all {PLAYERS} cases"));
    by_mail(stage, &cases[0]).await?;
    Ok(Told { cases })
}

async fn by_mail(stage: &Stage, number: &str) -> anyhow::Result<()> {
    let player = stage.player("Spiller1", "p-5001");
    let request = ReceiveMessageRequest {
        request_id: stage.new_id(),
        case: String::new(),
        subject: format!("Sv: [{number}] Viking Gold"),
        channel: Channel::Email.into(),
        text: "Her er flere oplysninger: det sker på både telefon og computer.".to_owned(),
    };
    let answer =
        stage.intake().receive_message(player.ask(request)?).await.context("ReceiveMessage")?.into_inner();
    let found = answer.case.map(|case| case.number);
    ensure!(found.as_deref() == Some(number), "threaded by the number in the subject: {found:?}");
    let mut follow = Follow::case(stage, number).await?;
    follow.until("intake.message_received", |details| details["channel"] == "email").await?;
    stage.step("Spiller1", format!("goes on by e-mail; the subject's number leads to {number}"));
    Ok(())
}
