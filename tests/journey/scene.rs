//! What most of these tests begin with: a running system, agents at their desks, and a case that has come
//! so far.

use std::path::PathBuf;

use ambient::ManualClock;
use contracts::routing::v1::AcceptOfferRequest;
use event_log::{Committed, local_position};
use stories::Stage;
use tempfile::TempDir;
use uuid::Uuid;
use world::{Heads, World};

use crate::case_watch::CaseWatch;
use crate::people::{ask, mette, rasmus};
use crate::requests;

/// A system that was stopped in order.
pub(crate) struct Stopped {
    pub(crate) clock: ManualClock,
    pub(crate) data: PathBuf,
    _folder: Option<TempDir>,
}

impl Stopped {
    /// Starts it again over its folder.
    pub(crate) async fn start(&self) -> Scene {
        let world = World::start_in(&self.data, self.clock.clone(), "").await.unwrap();
        let stage = world.stage_as_it_is().await.unwrap();
        Scene { world, stage }
    }
}

/// A running system with agents at their desks.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) stage: Stage,
}

impl Scene {
    /// In a new world.
    pub(crate) async fn begin() -> Self {
        Self::of(World::start().await.unwrap()).await
    }

    /// In this world.
    pub(crate) async fn of(world: World) -> Self {
        let stage = world.stage().await.unwrap();
        Self { world, stage }
    }

    /// Rasmus asks about his withdrawal; gives the case's number.
    pub(crate) async fn opened(&self) -> String {
        let request = requests::open_case(self.stage.new_id());
        let opened = self.stage.intake().open_case(ask(&rasmus(), request)).await.unwrap().into_inner();
        opened.case.unwrap().number
    }

    /// As [`Scene::opened`], and Mette has taken the case.
    pub(crate) async fn taken(&self) -> String {
        let number = self.opened().await;
        let mut watch = CaseWatch::of(&self.stage, &number).await;
        let (_, offer) =
            watch.until_matching("routing.case_offered", |offer| offer["agent_id"] == "mette").await;
        let request = AcceptOfferRequest {
            request_id: self.stage.new_id(),
            etag: String::new(),
            case: number.clone(),
            offer_id: offer["offer_id"].as_str().unwrap().to_owned(),
        };
        self.stage.routing().accept_offer(ask(&mette(), request)).await.unwrap();
        self.world.system.settled().await.unwrap();
        number
    }

    /// As [`Scene::taken`], and escalated about this transaction. What the gateway says is not waited for.
    pub(crate) async fn escalated(&self, transaction_id: &str) -> String {
        let number = self.taken().await;
        let request = requests::escalate_payment(self.stage.new_id(), &number, transaction_id);
        self.stage.payments().escalate_payment(ask(&mette(), request)).await.unwrap();
        number
    }

    /// As [`Scene::escalated`], and the gateway has answered.
    pub(crate) async fn inquired(&self, transaction_id: &str) -> String {
        let number = self.escalated(transaction_id).await;
        CaseWatch::of(&self.stage, &number).await.until("payments_escalation.gateway_replied").await;
        self.world.system.settled().await.unwrap();
        number
    }

    /// The last position of each shard, once everybody has reacted to everything.
    pub(crate) async fn head(&self) -> Heads {
        self.world.system.settled().await.unwrap();
        self.world.heads().await.unwrap()
    }

    /// The types of what was recorded after these positions, once everybody has reacted to everything.
    pub(crate) async fn recorded_after(&self, heads: Heads) -> Vec<String> {
        self.head().await;
        let events = self.world.events().await.unwrap();
        let is_new = |event: &Committed| {
            let (shard, position) = local_position(event.position);
            position > heads[usize::from(shard)]
        };
        events.into_iter().filter(is_new).map(|event| event.event_type).collect()
    }

    /// What was recorded for this request.
    pub(crate) async fn recorded_for(&self, request_id: &str) -> Vec<Committed> {
        let command_id: Uuid = request_id.parse().unwrap();
        let events = self.world.events().await.unwrap();
        events.into_iter().filter(|event| event.command_id == command_id).collect()
    }

    /// Stops the system in order; its folder and its clock are there to go on with.
    pub(crate) async fn stop(self) -> Stopped {
        let Self { world, stage } = self;
        drop(stage);
        let (clock, data) = (world.clock.clone(), world.data.clone());
        Stopped { clock, data, _folder: world.stop().await.unwrap() }
    }

    /// What must hold whatever happened.
    pub(crate) async fn check(&self) {
        self.world.check_invariants().await.unwrap();
    }
}
