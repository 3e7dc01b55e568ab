//! An agent answered: the first response or the update that was owed is met.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnReplySent(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnReplySent {
    fn name(&self) -> &'static str {
        "routing.on_reply_sent"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.reply_sent"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.keep_clocks(self.name(), fact).await.map(drop)
    }
}
