//! An agent can do something else than before: cases may fit them now.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnAgentRegistered(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnAgentRegistered {
    fn name(&self) -> &'static str {
        "routing.on_agent_registered"
    }

    fn events(&self) -> &'static [&'static str] {
        &["agent.registered"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let agent = self.0.agents.load(fact.stream).await?;
        match &agent.registered {
            Some(registered) => self.0.dispatcher.agent(&registered.brand, &registered.agent_id, fact).await,
            None => Ok(()),
        }
    }
}
