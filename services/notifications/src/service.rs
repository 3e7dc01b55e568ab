//! What methods, reactions and the sender share: the decision loop, the read model, the policy.

use std::sync::Arc;

use ambient::{Clock, Ids};
use case::notifications::{
    Audience, Circumstances, Command, NotificationKind, Notifications, QueueNotification,
};
use case::routing::ClockKind;
use case::{Brand, Case};
use history::{CaseDirectory, ReadAudit};
use jiff::Timestamp;
use service_kit::reaction::{Fact, case_of};
use service_kit::{CommandRequest, Executor, Failure, Outcome, Parts};
use uuid::Uuid;

use crate::config::Config;
use crate::read_model::ReadModel;

/// The service behind its doors.
pub(crate) struct Service {
    executor: Executor<Case>,
    parts: Parts,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// Look-ups.
    pub(crate) read_model: ReadModel,
    directory: CaseDirectory,
    policy: Circumstances,
}

impl Service {
    /// A service with the brand's policy from `config`.
    pub(crate) fn new(
        parts: &Parts,
        executor: Executor<Case>,
        read_model: ReadModel,
        directory: CaseDirectory,
        config: &Config,
    ) -> Self {
        Self {
            executor,
            parts: parts.clone(),
            clock: Arc::clone(&parts.clock),
            ids: Arc::clone(&parts.ids),
            read_model,
            directory,
            policy: config.circumstances(),
        }
    }

    /// The present moment.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A number from 0 to 255 by chance.
    pub(crate) fn chance(&self) -> u8 {
        let mut byte = [0];
        self.ids.fill(&mut byte);
        byte[0]
    }

    /// A case that exists, as it stands now.
    pub(crate) async fn case(&self, case_id: Uuid) -> Result<Arc<Case>, Failure> {
        self.executor.load_existing(case_id).await
    }

    /// Whether the call under way reaches a case.
    pub(crate) async fn reaches(&self, case_id: Uuid) -> Result<bool, Failure> {
        self.executor.reaches(case_id).await
    }

    /// The case of a fact, as it stands now.
    pub(crate) async fn case_of(&self, fact: &Fact) -> Result<Arc<Case>, Failure> {
        case_of(&self.executor, fact).await
    }

    /// Decides and records.
    pub(crate) async fn execute(
        &self,
        request: CommandRequest<Notifications>,
    ) -> Result<Outcome<Case>, Failure> {
        self.executor.execute(request).await
    }

    /// The id of the case that a request names by its id or number.
    pub(crate) async fn find_case(&self, given: &str) -> Result<Uuid, Failure> {
        self.directory.resolve("case", given).await
    }

    /// Who reads what of the cases.
    pub(crate) fn audit(&self) -> &ReadAudit {
        self.directory.audit()
    }

    /// What the rules need to know about something of `kind` that the case alone cannot tell. For
    /// marketing, everything recorded up to now about the player counts (I11).
    pub(crate) async fn circumstances(
        &self,
        case: &Case,
        kind: NotificationKind,
    ) -> Result<Circumstances, Failure> {
        let mut circumstances = self.policy.clone();
        if let (true, Some(brand), Some(player)) = (kind.is_marketing(), case.brand(), &case.intake.player) {
            self.catch_up(self.parts.heads().await?).await?;
            let standing = self.read_model.player(brand.as_str(), player.player_id.as_str()).await?;
            circumstances.player_excluded = standing.excluded;
            circumstances.consent_withdrawn = standing.consent == Some(false);
        }
        Ok(circumstances)
    }

    /// Something to tell the player because of a fact.
    pub(crate) async fn to_player(
        &self,
        case: &Case,
        origin: Uuid,
        kind: NotificationKind,
    ) -> Result<QueueNotification, Failure> {
        let circumstances = self.circumstances(case, kind).await?;
        Ok(QueueNotification::to_player(case, origin, kind, circumstances))
    }

    /// Returns once the read model knows what was recorded before a fact.
    pub(crate) async fn know_what_was_before(&self, fact: &Fact) -> Result<(), Failure> {
        self.catch_up(self.parts.before(fact.committed.position).await?).await
    }

    async fn catch_up(&self, positions: Vec<u64>) -> Result<(), Failure> {
        for position in positions {
            self.read_model.catch_up(position).await?;
        }
        Ok(())
    }

    /// What the players are told an agent is called, as registered by the time of the fact.
    pub(crate) async fn agent_name(
        &self,
        case: &Case,
        fact: &Fact,
        agent_id: &str,
    ) -> Result<String, Failure> {
        self.know_what_was_before(fact).await?;
        self.read_model.agent_name(case.brand().map_or("", Brand::as_str), agent_id).await
    }

    /// Tells the case's team about one of its clocks.
    pub(crate) async fn tell_team_of_clock(
        &self,
        reaction: &str,
        fact: &Fact,
        case: &Case,
        kind: NotificationKind,
        clock: ClockKind,
    ) -> Result<(), Failure> {
        let (Some(team), Some(standing)) = (case.routing.team, case.routing.clocks.get(&clock)) else {
            return Ok(());
        };
        let circumstances = self.circumstances(case, kind).await?;
        let audience = Audience::Team(team.as_str().to_owned());
        let notification =
            QueueNotification::to_staff(fact.committed.event_id, kind, audience, circumstances)
                .argument("team", team.as_str())
                .argument("clock", clock_name(clock))
                .argument("due", standing.breach_at.to_string());
        self.queue(reaction, fact, notification).await
    }

    /// Queues what `reaction` has to say about a fact.
    pub(crate) async fn queue(
        &self,
        reaction: &str,
        fact: &Fact,
        notification: QueueNotification,
    ) -> Result<(), Failure> {
        // One fact may give reason to say several things: each is a command of its own.
        let purpose = format!("{reaction}/{}", notification.kind.as_str());
        let command = Command::QueueNotification(notification);
        self.execute(fact.command::<Notifications>(&purpose, command)).await.map(drop)
    }
}

/// A clock as teams call it.
const fn clock_name(clock: ClockKind) -> &'static str {
    match clock {
        ClockKind::FirstResponse => "first response",
        ClockKind::NextUpdate => "next update",
        ClockKind::Resolution => "resolution",
        ClockKind::Jurisdiction => "jurisdiction",
    }
}
