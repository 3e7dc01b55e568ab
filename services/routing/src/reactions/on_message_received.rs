//! The player wrote: a pause ends, an update may be owed.

use std::sync::Arc;

use async_trait::async_trait;
use service_kit::Failure;
use service_kit::reaction::{Fact, Reaction};

use crate::desk::Desk;

pub(super) struct OnMessageReceived(pub(super) Arc<Desk>);

#[async_trait]
impl Reaction for OnMessageReceived {
    fn name(&self) -> &'static str {
        "routing.on_message_received"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.message_received"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        self.0.keep_clocks(self.name(), fact).await.map(drop)
    }
}
