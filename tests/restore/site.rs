//! Where a system lives that can be lost: a Postgres, a NATS, and a folder with what is in neither.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use ambient::{Clock, Ids, ManualClock, SystemIds};
use distributed::Place;
use event_bus::nats::RelayState;
use scratch::{Nats, Postgres};
use seals::{SealStore, SigningKey, Witness};
use tempfile::TempDir;
use world::{START, System, World, keep_place};

use crate::scene::Scene;
use crate::up::{eventually, program};

/// The database's name, on whichever server.
pub(crate) const DATABASE: &str = "casetrail";
/// How long an event waits at most for its seal, and a little more.
const SEALED: Duration = Duration::from_secs(61);

/// A system's servers and its folder.
pub(crate) struct Site {
    pub(crate) postgres: Postgres,
    pub(crate) nats: Nats,
    clock: ManualClock,
    data: TempDir,
    master_key: String,
    witness: &'static str,
}

impl Site {
    /// A new one, whose Postgres archives its log.
    pub(crate) async fn new() -> Self {
        let (postgres, nats) = (Postgres::start_archiving().await.unwrap(), Nats::start().await.unwrap());
        postgres.psql("postgres", &format!("CREATE DATABASE {DATABASE};")).unwrap();
        distributed::migrate(&postgres.url(DATABASE), 1, &std::collections::BTreeMap::new()).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let key = SigningKey::from_file_or_create(&data.path().join("seal.key"), &SystemIds).unwrap();
        std::fs::write(data.path().join("seal-keys.pem"), key.public().to_pem()).unwrap();
        let mut master_key = [0_u8; 32];
        SystemIds.fill(&mut master_key);
        let clock = ManualClock::new(START.parse().unwrap());
        let master_key = hex::encode(master_key);
        Self { postgres, nats, clock, data, master_key, witness: "seals.jsonl" }
    }

    /// The same over another Postgres: its keys and files were kept elsewhere than the database.
    pub(crate) fn on_postgres(self, postgres: Postgres) -> Self {
        Self { postgres, ..self }
    }

    /// The same over another NATS.
    pub(crate) fn on_nats(self, nats: Nats) -> Self {
        Self { nats, ..self }
    }

    /// The same, whose seals go to another witness from now on.
    pub(crate) fn with_witness(self, witness: &'static str) -> Self {
        Self { witness, ..self }
    }

    /// Starts every process.
    pub(crate) async fn start(&self) -> Scene {
        let place = Place {
            database: self.postgres.url(DATABASE),
            nats: self.nats.url(),
            nats_password: None,
            prefix: "case".to_owned(),
            master_key: self.master_key.clone(),
        };
        keep_place(self.data.path(), &place).unwrap();
        let seals = format!(
            "[seals]\nkey_file = '{}'\nwitness_files = ['{}']",
            self.data.path().join("seal.key").display(),
            self.witness_file(self.witness).display()
        );
        let world = World::start_replicas(self.data.path(), self.clock.clone(), &seals, 1).await.unwrap();
        let stage = world.stage_as_it_is().await.unwrap();
        Scene { world, stage }
    }

    /// Moves the clock until everything that is recorded is sealed, at the witness too. Returns the head.
    pub(crate) async fn sealed(&self, scene: &Scene) -> u64 {
        self.rests(scene).await;
        self.clock.advance(SEALED);
        let head = self.rests(scene).await;
        self.clock.advance(SEALED);
        let path = self.witness_file(self.witness);
        eventually("everything is sealed", async || {
            let last = Witness::open_read_only(&path).await.ok()?.last().await.ok()??;
            (last.to >= head).then_some(())
        })
        .await;
        self.rests(scene).await
    }

    /// Waits until everybody has reacted to everything and all that was due is done. Returns the head.
    async fn rests(&self, scene: &Scene) -> u64 {
        let now = self.clock.now().as_microsecond();
        let due: Vec<String> = distributed::SCHEMAS
            .iter()
            .map(|schema| format!("SELECT 1 FROM {}.timer WHERE due_us <= {now}", schema.stage))
            .collect();
        let due = due.join(" UNION ALL ");
        eventually("all that was due is done", async || {
            let before = scene.head().await[0];
            let is_done = self.postgres.psql(DATABASE, &due).unwrap().is_empty();
            let head = scene.head().await[0];
            (is_done && head == before).then_some(head)
        })
        .await
    }

    /// What `casetrail verify` finds, with this witness if one is named.
    pub(crate) fn verify(&self, witness: Option<&str>) -> Output {
        let mut verify = Command::new(program("casetrail"));
        verify.args(["verify", "--all", "--postgres", &self.postgres.url(DATABASE)]);
        verify.arg("--keys").arg(self.data.path().join("seal-keys.pem"));
        if let Some(witness) = witness {
            verify.arg("--witness").arg(self.witness_file(witness));
        }
        verify.output().unwrap()
    }

    fn witness_file(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    /// Waits until the relay is in a state, and gives its problem if it has one.
    pub(crate) async fn relay_comes_to(&self, scene: &Scene, wanted: impl Fn(&RelayState) -> bool) -> String {
        let System::Distributed(system) = &*scene.world.system else { unreachable!("a set of processes") };
        let mut status = system.relays[0].status[0].clone();
        let reached = status.wait_for(|status| wanted(&status.state));
        let reached = tokio::time::timeout(Duration::from_mins(1), reached).await;
        let reached =
            reached.unwrap_or_else(|_| panic!("{:?}", *system.relays[0].status[0].borrow())).unwrap();
        match &reached.state {
            RelayState::Refused(problem) | RelayState::Unavailable(problem) => problem.clone(),
            RelayState::Active | RelayState::Standby => String::new(),
        }
    }

    /// Removes the stream, as `nats stream rm CASE_0` does.
    pub(crate) async fn remove_stream(&self) {
        let jetstream = async_nats::jetstream::new(async_nats::connect(self.nats.url()).await.unwrap());
        assert!(jetstream.delete_stream("CASE_0").await.unwrap().success);
    }

    /// Checks that the stream is the log: it has each position's event under that sequence, and nothing else.
    pub(crate) async fn stream_is_the_log(&self, scene: &Scene) {
        let jetstream = async_nats::jetstream::new(async_nats::connect(self.nats.url()).await.unwrap());
        let head = scene.head().await[0];
        let stream = eventually("the relay has filled the stream", async || {
            let stream = jetstream.get_stream("CASE_0").await.ok()?;
            (stream.cached_info().state.last_sequence >= head).then_some(stream)
        })
        .await;
        assert_eq!(stream.cached_info().state.messages, head);
        for event in scene.world.events().await.unwrap() {
            let message = stream.get_raw_message(event.position).await.unwrap();
            assert_eq!(message.headers.get("ce-id").unwrap().as_str(), event.event_id.to_string());
        }
    }
}
