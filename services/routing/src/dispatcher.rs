//! Offers waiting cases to agents: push routing. The choice is `case::routing::matching`, recorded in
//! `CaseOffered` with what it was made from; here is only when to choose, and from what.
//!
//! Between two runs nothing stays unoffered that somebody could take: so a case that changed is looked at
//! alone, and an agent who got free walks down the queues of their teams. Runs of a brand come one after
//! the other, each on read models that hold what the one before recorded: two never fill the same agent.

use std::sync::Arc;

use ambient::{Clock, Ids};
use case::routing::agent::Presence;
use case::routing::matching::{AgentView, Choice, choose};
use case::routing::{Command, OfferCase, Routing};
use case::{Actor, AgentId, Brand, Case, Team};
use jiff::SignedDuration;
use service_kit::reaction::Fact;
use service_kit::store::{Store, Turn};
use service_kit::{CommandRequest, Executor, Failure, Parts};
use uuid::Uuid;

use crate::STAGE;
use crate::read_model::{QueueLine, ReadModel};

/// How many waiting cases are read at a time.
const PAGE: u32 = 100;

/// Offers cases. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    executor: Executor<Case>,
    model: ReadModel,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    offer_time_limit: SignedDuration,
    store: Store,
}

impl Dispatcher {
    pub(crate) fn new(
        parts: &Parts,
        store: &Store,
        executor: &Executor<Case>,
        model: &ReadModel,
        offer_time_limit: SignedDuration,
    ) -> Self {
        Self {
            executor: executor.clone(),
            model: model.clone(),
            clock: Arc::clone(&parts.clock),
            ids: Arc::clone(&parts.ids),
            offer_time_limit,
            store: store.clone(),
        }
    }

    /// Waits for one's turn to change who holds what in a brand: no other task and no other replica does.
    pub(crate) async fn turn(&self, brand: &Brand) -> Result<Turn, Failure> {
        Ok(self.store.turn(&format!("brand/{brand}")).await?)
    }

    /// A case waits, or asks for less than before. `fact` says so; without one, time has passed.
    pub(crate) async fn case(&self, stream: Uuid, fact: Option<&Fact>) -> Result<(), Failure> {
        let case = self.executor.load(stream).await?;
        let (Some(brand), Some(team), Some(_)) = (case.brand(), case.routing.team, &case.routing.queued)
        else {
            return Ok(());
        };
        let position = fact.map_or(0, |fact| fact.committed.position);
        self.model.reach(position).await?;
        // Nobody has room: whoever gets it later comes across this case, which is in the queue by now. Then
        // the turn, which a whole brand waits for, need not be taken.
        if self.choice(stream, brand, team).await?.is_none() {
            return Ok(());
        }
        let _turn = self.turn(brand).await?;
        self.model.reach(position).await?;
        let Some((line, agents)) = self.choice(stream, brand, team).await? else { return Ok(()) };
        let position = self.offer(&line, &agents, fact).await?.map_or(0, |(_, position)| position);
        self.model.reach(position).await
    }

    /// The line of a waiting case that is offered to nobody, and the agents to choose from, if any would do.
    async fn choice(
        &self,
        stream: Uuid,
        brand: &Brand,
        team: Team,
    ) -> Result<Option<(QueueLine, Vec<AgentView>)>, Failure> {
        let Some(line) = self.model.line(stream).await?.filter(|line| line.offer.is_none()) else {
            return Ok(None);
        };
        let agents = self.model.team(brand, team).await?;
        let anybody = choose(&line.entry, &agents, self.clock.now()).is_some();
        Ok(anybody.then_some((line, agents)))
    }

    /// An agent is there, or has room again.
    pub(crate) async fn agent(&self, brand: &Brand, agent_id: &AgentId, fact: &Fact) -> Result<(), Failure> {
        let _turn = self.turn(brand).await?;
        self.model.reach(fact.committed.position).await?;
        let Some(agent) = self.model.agent(brand, agent_id).await? else { return Ok(()) };
        for team in agent.registered.teams {
            self.walk(brand, team, fact).await?;
        }
        Ok(())
    }

    /// Somebody of a team has room again.
    pub(crate) async fn team(&self, brand: &Brand, team: Team, fact: &Fact) -> Result<(), Failure> {
        let _turn = self.turn(brand).await?;
        self.model.reach(fact.committed.position).await?;
        self.walk(brand, team, fact).await
    }

    /// Walks down a queue in its order for as long as anybody of its team has room.
    async fn walk(&self, brand: &Brand, team: Team, fact: &Fact) -> Result<(), Failure> {
        let mut agents = self.model.team(brand, team).await?;
        let has_room =
            |agent: &AgentView| agent.presence == Presence::Available && agent.load < agent.capacity;
        let (mut behind, mut last) = (None, 0);
        while agents.iter().any(has_room) {
            let page = self.model.waiting(brand, team, behind.as_ref(), PAGE).await?;
            for line in &page {
                if let Some((choice, position)) = self.offer(line, &agents, Some(fact)).await? {
                    last = position;
                    if let Some(agent) = agents.iter_mut().find(|agent| agent.agent_id == choice.agent_id) {
                        agent.load += choice.weight;
                    }
                }
            }
            match page.last() {
                Some(line) => behind = Some(line.rank()),
                None => break,
            }
        }
        self.model.reach(last).await
    }

    /// Offers a case to whom the choice falls on; the choice and the position it was recorded at. A case
    /// that has moved on meanwhile refuses, and whatever moved it comes here again.
    async fn offer(
        &self,
        line: &QueueLine,
        agents: &[AgentView],
        fact: Option<&Fact>,
    ) -> Result<Option<(Choice, u64)>, Failure> {
        let now = self.clock.now();
        let Some(choice) = choose(&line.entry, agents, now) else { return Ok(None) };
        let offer_id = self.ids.new_id(now);
        let expires_at = now + self.offer_time_limit;
        let own = fact.filter(|fact| fact.stream == line.case_id);
        let request = CommandRequest::<Routing> {
            stream: line.case_id,
            command_id: offer_id,
            fingerprint: [0; 32],
            actor: Actor::service(STAGE),
            etag: None,
            causation_id: fact.map(|fact| fact.committed.event_id),
            answers: None,
            correlation_id: own.map(|fact| fact.meta.correlation_id),
            creates: false,
            command: Command::OfferCase(OfferCase { offer_id, choice: choice.clone(), expires_at }),
        };
        match self.executor.execute(request).await {
            Ok(outcome) => Ok(outcome.position.map(|position| (choice, position))),
            Err(failure @ Failure::Refused { .. }) => {
                tracing::debug!(reason = failure.reason(), case = %line.case_id, "a case was not offered");
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }
}
