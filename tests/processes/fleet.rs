//! The deployables as children of a test, which decides when each starts and is told to stop: what an operator's
//! cluster does. `casetrail up` starts again what ends, and keeps ports; here a new replica has new ones.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ambient::SystemClock;
use distributed::{Place, RELAY, role_of};
use sandbox_gateway::SandboxGateway;
use scratch::shared::{Database, SharedNats};
use serde::Deserialize;
use service_kit::Shutdown;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::up::{program, signal};

/// The services, in the order of the journey.
pub(crate) const STAGES: [&str; 4] = ["intake", "routing", "payments_escalation", "notifications"];

/// What the children's callbacks are signed with.
const SECRET: &str = "whsec_dGVzdC10ZXN0LXRlc3QtdGVzdC10ZXN0LXRlc3Q=";

/// Names a folder with the programs of an earlier build: a rollout then goes from those to today's.
const PREVIOUS_VARIABLE: &str = "CASETRAIL_TEST_PREVIOUS_RELEASE";

/// What the children stand on.
pub(crate) struct Fleet {
    pub(crate) database: Database,
    place: Place,
    settings: String,
    gateway: String,
    stop_gateway: Shutdown,
    data: TempDir,
    started: AtomicUsize,
    _nats: SharedNats,
}

/// A running child.
pub(crate) struct Replica {
    /// `intake-3`: the third child of the fleet.
    pub(crate) name: String,
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
    child: Child,
}

/// What a child prints when it serves.
#[derive(Deserialize)]
struct Ready {
    grpc: SocketAddr,
    http: SocketAddr,
}

impl Fleet {
    /// A migrated database, NATS and a gateway. `settings` (TOML) are every child's.
    pub(crate) async fn lay(settings: &str) -> Self {
        Self::lay_over(Database::create().await.unwrap(), &BTreeMap::new(), settings).await
    }

    /// The same over this database, whose roles get these passwords.
    pub(crate) async fn lay_over(
        database: Database,
        passwords: &BTreeMap<String, String>,
        settings: &str,
    ) -> Self {
        // For the probes' client; a provider that was installed before is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let nats = SharedNats::find().await.unwrap();
        distributed::migrate(&database.url, 1, passwords).await.unwrap();
        let place = Place {
            database: database.url.clone(),
            nats: nats.url.clone(),
            prefix: nats.prefix.clone(),
            nats_password: None,
            master_key: "0d".repeat(32),
        };
        let stop_gateway = Shutdown::new();
        let sandbox = sandbox_gateway::Config { port: 0, ..sandbox_gateway::Config::with_secret(SECRET) };
        let stopping = stop_gateway.soft().clone();
        let gateway = SandboxGateway::start(sandbox, Arc::new(SystemClock), stopping).await.unwrap();
        Self {
            database,
            place,
            settings: settings.to_owned(),
            gateway: gateway.url(),
            stop_gateway,
            data: tempfile::tempdir().unwrap(),
            started: AtomicUsize::new(0),
            _nats: nats,
        }
    }

    /// Starts one more replica of a service, and returns when it serves.
    pub(crate) async fn start(&self, stage: &str) -> Replica {
        self.start_from(None, stage, None).await
    }

    /// The same, with this password of its role.
    pub(crate) async fn start_with_password(&self, stage: &str, password: &str) -> Replica {
        self.start_from(None, stage, Some(password)).await
    }

    /// The same with the program of the release before, where the environment names a folder with one.
    pub(crate) async fn start_previous(&self, stage: &str) -> Replica {
        self.start_from(std::env::var_os(PREVIOUS_VARIABLE).map(PathBuf::from), stage, None).await
    }

    async fn start_from(&self, programs: Option<PathBuf>, stage: &str, password: Option<&str>) -> Replica {
        let name = format!("{stage}-{}", self.started.fetch_add(1, Ordering::Relaxed));
        let http = free_port();
        let (role, program_name) = match stage {
            "relay" => (RELAY.to_owned(), "casetrail-relay".to_owned()),
            stage => (role_of(stage), format!("casetrail-{}", stage.replace('_', "-"))),
        };
        let mut settings: toml::Table = self.place.settings(&role, self.data.path(), http).parse().unwrap();
        merge(&mut settings, self.settings.parse().unwrap());
        if let Some(password) = password {
            let url = self.place.database_as(&format!("{role}:{password}"));
            merge(&mut settings, format!("[postgres]\nurl = '{url}'").parse().unwrap());
        }
        let gateway = format!(
            "[payments_escalation.gateway]\nurl = '{}'\ncallback_url = 'http://127.0.0.1:{http}/gateway/callbacks'\n\
             callback_secret = '{SECRET}'",
            self.gateway
        );
        merge(&mut settings, gateway.parse().unwrap());
        if programs.is_some() {
            // A setting that a program does not know is refused, and this one came with the rollouts.
            settings.get_mut("grpc").unwrap().as_table_mut().unwrap().remove("leave_seconds");
        }
        let file = self.data.path().join(format!("{name}.toml"));
        std::fs::write(&file, settings.to_string()).unwrap();
        let path = programs.map_or_else(|| program(&program_name), |folder| folder.join(&program_name));
        let mut child = Command::new(path)
            .args(["--json", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(self.log(&name)).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap();
        let Some(line) = line else {
            panic!("{name} did not start:\n{}", std::fs::read_to_string(self.log(&name)).unwrap());
        };
        let Ready { grpc, http } = serde_json::from_str(&line).unwrap();
        Replica { name, grpc, http, child }
    }

    fn log(&self, name: &str) -> PathBuf {
        self.data.path().join(format!("{name}.log"))
    }

    /// What a child wrote.
    pub(crate) fn said(&self, replica: &str) -> String {
        std::fs::read_to_string(self.log(replica)).unwrap()
    }

    /// Throws everything away that the children stood on.
    pub(crate) async fn remove(self) {
        self.stop_gateway.stop(Duration::from_secs(5)).await;
        self.database.drop().await.unwrap();
    }
}

impl Replica {
    /// Tells it to stop.
    pub(crate) fn terminate(&self) {
        signal("TERM", self.child.id().unwrap());
    }

    /// Waits until it has ended, and says how long that took since `asked`.
    pub(crate) async fn ended(mut self, asked: Instant) -> (ExitStatus, Duration) {
        let status = self.child.wait().await.unwrap();
        (status, asked.elapsed())
    }
}

/// Settings on top of others, table by table.
fn merge(settings: &mut toml::Table, more: toml::Table) {
    for (key, value) in more {
        match (settings.get_mut(&key), value) {
            (Some(toml::Value::Table(there)), toml::Value::Table(value)) => merge(there, value),
            (_, value) => drop(settings.insert(key, value)),
        }
    }
}

/// A port that nobody listens on now: the gateway is told a callback address before the listener is there.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
