//! What a story is played on: the API's clients, a clock that can be moved, and somebody who listens.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Ids};
use async_trait::async_trait;
use contracts::history::v1::history_service_client::HistoryServiceClient;
use contracts::intake::v1::intake_service_client::IntakeServiceClient;
use contracts::notifications::v1::notifications_service_client::NotificationsServiceClient;
use contracts::payments_escalation::v1::payments_escalation_service_client::PaymentsEscalationServiceClient;
use contracts::privacy::v1::privacy_service_client::PrivacyServiceClient;
use contracts::routing::v1::routing_service_client::RoutingServiceClient;
use tonic::transport::Channel;

use crate::people::{self, Person};

/// Hears the story as it happens.
pub trait Narrator: Send + Sync {
    /// Somebody did something, or something happened.
    fn step(&self, who: &str, what: &str);
}

/// Lets time pass.
#[async_trait]
pub trait PassTime: Send + Sync {
    /// Lets `by` pass; returns once everything that fell due meanwhile has been begun.
    async fn pass(&self, by: Duration);
}

/// What a story is played on.
pub struct Stage {
    channel: Channel,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    time: Arc<dyn PassTime>,
    narrator: Arc<dyn Narrator>,
    outbox: Option<PathBuf>,
    run: String,
}

impl Stage {
    /// The brand that the stories play at.
    pub const BRAND: &'static str = "NB";

    /// A stage over a connection to the API. `outbox` is the folder where mails land, if there is one.
    pub fn new(
        channel: Channel,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        time: Arc<dyn PassTime>,
        narrator: Arc<dyn Narrator>,
        outbox: Option<PathBuf>,
    ) -> Self {
        let mut run = [0; 4];
        ids.fill(&mut run);
        let run = format!("{:08x}", u32::from_be_bytes(run));
        Self { channel, clock, ids, time, narrator, outbox, run }
    }

    /// Registers the brand's agents and puts them at their desks.
    pub async fn staff(&self) -> anyhow::Result<()> {
        people::staff(self).await
    }

    /// Intake's client.
    pub fn intake(&self) -> IntakeServiceClient<Channel> {
        IntakeServiceClient::new(self.channel.clone())
    }

    /// Routing's client.
    pub fn routing(&self) -> RoutingServiceClient<Channel> {
        RoutingServiceClient::new(self.channel.clone())
    }

    /// Payments-escalation's client.
    pub fn payments(&self) -> PaymentsEscalationServiceClient<Channel> {
        PaymentsEscalationServiceClient::new(self.channel.clone())
    }

    /// Notifications' client.
    pub fn notifications(&self) -> NotificationsServiceClient<Channel> {
        NotificationsServiceClient::new(self.channel.clone())
    }

    /// The history's client.
    pub fn history(&self) -> HistoryServiceClient<Channel> {
        HistoryServiceClient::new(self.channel.clone())
    }

    /// The client for players' data.
    pub fn privacy(&self) -> PrivacyServiceClient<Channel> {
        PrivacyServiceClient::new(self.channel.clone())
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// A new request id.
    pub fn new_id(&self) -> String {
        self.ids.new_id(self.clock.now()).to_string()
    }

    /// A player of this telling: the stories may be told again in the same system, and whoever was excluded
    /// in an earlier one stays excluded.
    pub fn player(&self, name: &str, player_id: &str) -> Person {
        Person::player(name, &self.player_id(player_id))
    }

    /// A player's id in this telling.
    pub fn player_id(&self, player_id: &str) -> String {
        format!("{player_id}-{}", self.run)
    }

    /// Lets time pass.
    pub async fn pass(&self, by: Duration) {
        self.time.pass(by).await;
    }

    /// Tells a step.
    pub(crate) fn step(&self, who: &str, what: impl AsRef<str>) {
        self.narrator.step(who, what.as_ref());
    }

    /// What was sent for a notification, as it lies in the outbox: a mail or a webhook's body. `None` where
    /// there is no outbox.
    pub(crate) fn sent(&self, notification_id: &str) -> anyhow::Result<Option<String>> {
        let Some(outbox) = &self.outbox else { return Ok(None) };
        for ending in ["eml", "json"] {
            let path = outbox.join(format!("{notification_id}.{ending}"));
            if path.is_file() {
                return Ok(Some(std::fs::read_to_string(&path)?));
            }
        }
        anyhow::bail!("{notification_id} was sent, but nothing lies in {}", outbox.display())
    }
}
