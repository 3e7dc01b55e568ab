//! What reactions, timers and the API work with.

use std::sync::Arc;

use ambient::Clock;
use case::Case;
use case::routing::agent::Agent;
use case::routing::{Command, KeepClocks, Reprioritise, Routing, Rules, Triage};
use service_kit::reaction::{Fact, case_of};
use service_kit::{Executor, Failure, Parts};

use crate::dispatcher::Dispatcher;
use crate::read_model::ReadModel;

/// Everything routing works with.
pub(crate) struct Desk {
    pub(crate) executor: Executor<Case>,
    pub(crate) agents: Executor<Agent>,
    pub(crate) model: ReadModel,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) rules: Arc<Rules>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) parts: Parts,
    pub(crate) away_after_missed_offers: u32,
}

impl Desk {
    /// Answers a fact with a command; the case as it is afterwards.
    pub(crate) async fn answer(
        &self,
        reaction: &str,
        fact: &Fact,
        command: Command,
    ) -> Result<Arc<Case>, Failure> {
        Ok(self.executor.execute(fact.command::<Routing>(reaction, command)).await?.state)
    }

    /// A case asks for a human: it gets its place, with the player's personal contact as known by then.
    pub(crate) async fn triage(&self, reaction: &str, fact: &Fact) -> Result<(), Failure> {
        let case = case_of(&self.executor, fact).await?;
        self.model.reach(fact.committed.position).await?;
        let personal_contact = match (case.brand(), &case.intake.player) {
            (Some(brand), Some(player)) => self.model.personal_contact(brand, &player.player_id).await?,
            _ => None,
        };
        let (rules, at) = (Arc::clone(&self.rules), fact.committed.recorded_at);
        self.answer(reaction, fact, Command::Triage(Triage { rules, at, personal_contact })).await?;
        Ok(())
    }

    /// A fact may start, pause or end clocks.
    pub(crate) async fn keep_clocks(&self, reaction: &str, fact: &Fact) -> Result<Arc<Case>, Failure> {
        let (rules, at) = (Arc::clone(&self.rules), fact.committed.recorded_at);
        self.answer(reaction, fact, Command::KeepClocks(KeepClocks { rules, at, spoken: false })).await
    }

    /// A fact may change the priority, and with it the team.
    pub(crate) async fn reprioritise(&self, reaction: &str, fact: &Fact) -> Result<Arc<Case>, Failure> {
        let (rules, at) = (Arc::clone(&self.rules), fact.committed.recorded_at);
        self.answer(reaction, fact, Command::Reprioritise(Reprioritise { rules, at })).await
    }

    /// The case is over: its clocks end, and whoever had it can take another one.
    pub(crate) async fn end(&self, reaction: &str, fact: &Fact) -> Result<(), Failure> {
        let case = self.keep_clocks(reaction, fact).await?;
        let (Some(brand), Some(team)) = (case.brand(), case.routing.team) else { return Ok(()) };
        match &case.routing.previous_owner {
            Some(agent_id) => self.dispatcher.agent(brand, agent_id, fact).await,
            None => self.dispatcher.team(brand, team, fact).await,
        }
    }
}
