//! A case asks for less: it may fit somebody now.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnSkillRelaxed(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnSkillRelaxed {
    fn name(&self) -> &'static str {
        "routing.on_skill_relaxed"
    }

    fn events(&self) -> &'static [&'static str] {
        &["routing.skill_relaxed"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.dispatcher.case(fact.stream, Some(fact)).await
    }
}
