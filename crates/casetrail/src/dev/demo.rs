//! `casetrail dev --demo`: plays the stories and shows each case's history.

use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, ShiftedClock, SystemIds};
use anyhow::Context;
use async_trait::async_trait;
use embedded::Embedded;
use owo_colors::OwoColorize;
use stories::{ALL, Narrator, PassTime, Stage};
use tonic::transport::Channel;

use crate::commands::history;

/// How many of a story's cases are shown with their whole history.
const SHOWN: usize = 1;

/// Plays every story, as an outside client would.
pub(super) async fn play(system: &Embedded, clock: &Arc<ShiftedClock>) -> anyhow::Result<()> {
    let url = format!("http://{}", system.grpc);
    let channel = Channel::from_shared(url)?.connect().await.context("connecting to the API")?;
    let stage = Stage::new(
        channel.clone(),
        Arc::clone(clock) as Arc<dyn Clock>,
        Arc::new(SystemIds),
        Arc::new(Skip(Arc::clone(clock))),
        Arc::new(Aloud),
        Some(system.outbox.clone()),
    );
    stage.staff().await?;
    for (number, story) in (1..).zip(ALL) {
        anstream::println!("\n{} {}", format!("Story {number}.").bold().cyan(), story.title.bold());
        let told = (story.play)(&stage).await.with_context(|| format!("story {number} ({})", story.name))?;
        for case in told.cases.iter().take(SHOWN) {
            anstream::println!();
            history::show(channel.clone(), case).await?;
        }
    }
    anstream::println!(
        "\n{} mails lie in {}",
        std::fs::read_dir(&system.outbox).map_or(0, Iterator::count),
        system.outbox.display()
    );
    Ok(())
}

/// Lets time pass on the clock that everything runs by.
struct Skip(Arc<ShiftedClock>);

#[async_trait]
impl PassTime for Skip {
    async fn pass(&self, by: Duration) {
        self.0.advance(by);
    }
}

/// Prints each step as it happens.
struct Aloud;

impl Narrator for Aloud {
    fn step(&self, who: &str, what: &str) {
        let who = format!("{who:>10}");
        anstream::println!("  {}  {what}", who.green());
    }
}
