//! The set of real processes over a Postgres and a NATS of its own, with a proxy on every way in.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use event_log::{EventLog, PostgresLog, PostgresLogOptions};
use futures_util::future::join_all;
use scratch::{Nats, Postgres};
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::patience::{Patience, within};
use crate::proxy::{Proxy, pause};
use crate::up::Up;

/// How long a process may take to say how it is.
const ANSWER: Duration = Duration::from_secs(2);
/// How often it is looked whether something is as it should be.
const LOOK: Duration = Duration::from_millis(100);
/// How long the log stands still until it counts as settled: longer than what was missed takes to be noticed.
const STILL: Duration = Duration::from_secs(3);
/// What begins the stream's and its subjects' names.
const PREFIX: &str = "case";

/// Everything that runs.
pub(crate) struct Rig {
    pub(crate) up: Up,
    pub(crate) to_postgres: Proxy,
    pub(crate) to_nats: Proxy,
    pub(crate) to_services: Proxy,
    pub(crate) postgres: Mutex<Postgres>,
    pub(crate) nats: Mutex<Nats>,
    /// Where copies of folders are kept.
    pub(crate) kept: TempDir,
    /// The database as its superuser, past the proxy.
    pub(crate) database: String,
    /// NATS, past the proxy.
    pub(crate) nats_url: String,
}

impl Rig {
    /// So many of each service, and of the relay.
    pub(crate) async fn start(replicas: u16) -> Self {
        let (postgres, nats) = (Postgres::start().await.unwrap(), Nats::start().await.unwrap());
        let (database, nats_url) = (postgres.url("postgres"), nats.url());
        let to_postgres = Proxy::before(address_in(&database)).await;
        let to_nats = Proxy::before(address_in(&nats_url)).await;
        let through = format!("postgres://postgres@{}/postgres", to_postgres.address);
        let up = Up::start(&through, &format!("nats://{}", to_nats.address), PREFIX, replicas, &[]);
        let to_services = Proxy::before(up.ready.grpc.parse().unwrap()).await;
        let (postgres, nats) = (Mutex::new(postgres), Mutex::new(nats));
        let kept = tempfile::tempdir().unwrap();
        Self { up, to_postgres, to_nats, to_services, postgres, nats, kept, database, nats_url }
    }

    /// The JetStream stream's name.
    pub(crate) fn stream() -> String {
        format!("{}_0", PREFIX.to_uppercase())
    }

    /// The processes' names, as `casetrail up` calls them.
    fn names(&self) -> Vec<String> {
        self.up.ready.processes.iter().map(|process| process.name.clone()).collect()
    }

    /// Of the replicas of this name the one that runs for longest. `casetrail up` starts it again when it was
    /// killed; then another one is it.
    pub(crate) async fn pid(&self, name: &str) -> u32 {
        let parent = self.up.pid().to_string();
        let found = within(Duration::from_mins(1), async || {
            let program = format!("casetrail-{name}");
            let pgrep = Command::new("pgrep").args(["-o", "-P", &parent, "-f", &program]).output().unwrap();
            String::from_utf8_lossy(&pgrep.stdout).trim().parse().ok()
        });
        found.await.unwrap_or_else(|| panic!("{name} is not started again"))
    }

    /// Who does not serve, or is not ready; empty when all are.
    pub(crate) async fn not_ready(&self) -> Vec<String> {
        let names = self.names();
        let looks = names.iter().map(|name| async move {
            match tokio::time::timeout(ANSWER, self.up.readiness(name)).await {
                Ok(Some((200, _))) => None,
                Ok(Some((_, text))) => Some(format!("{name} says {:?}", text.trim())),
                _ => Some(format!("{name} does not answer")),
            }
        });
        join_all(looks).await.into_iter().flatten().collect()
    }

    /// Waits until all are ready, and returns how long that took; or who is not.
    pub(crate) async fn ready_again(&self, patience: Duration) -> Result<Duration, String> {
        let mut patience = Patience::of(patience);
        loop {
            let not_ready = self.not_ready().await;
            let is_over = patience.is_over();
            if not_ready.is_empty() {
                return Ok(patience.spent());
            }
            if is_over {
                return Err(not_ready.join("; "));
            }
            pause(LOOK).await;
        }
    }

    /// The log, past the proxy.
    pub(crate) async fn log(&self) -> PostgresLog {
        let clock = std::sync::Arc::new(ambient::SystemClock);
        PostgresLog::open(&self.database, PostgresLogOptions::default(), clock).await.unwrap()
    }

    /// Waits until every consumer has handled everything and nothing new comes of it, and returns the log's
    /// head; or what is behind.
    pub(crate) async fn settled(&self, log: &PostgresLog, patience: Duration) -> Result<u64, String> {
        let mut patience = Patience::of(patience);
        let mut still = None;
        loop {
            let head = log.head().await.map_err(|error| error.to_string())?;
            let behind = self.behind().await;
            let since = match still {
                Some((at, since)) if at == head && behind.is_empty() => since,
                _ => Instant::now(),
            };
            still = behind.is_empty().then_some((head, since));
            if behind.is_empty() && since.elapsed() > STILL {
                return Ok(head);
            }
            if patience.is_over() {
                let behind: Vec<String> = behind.into_iter().collect();
                return Err(format!("head {head}, behind: {}", behind.join(", ")));
            }
            pause(LOOK * 3).await;
        }
    }

    /// Waits for a moment at which every consumer has handled everything; or tells what is behind.
    pub(crate) async fn caught_up(&self, patience: Duration) -> Result<(), String> {
        let mut patience = Patience::of(patience);
        loop {
            let behind = self.behind().await;
            if behind.is_empty() {
                return Ok(());
            }
            if patience.is_over() {
                return Err(behind.into_iter().collect::<Vec<_>>().join(", "));
            }
            pause(LOOK).await;
        }
    }

    /// A process' metrics; `None` while nobody answers.
    async fn metrics(&self, name: &str) -> Option<String> {
        let url = format!("http://{}/metrics", self.up.process(name).http);
        reqwest::get(url).await.ok()?.text().await.ok()
    }

    /// Consumers that have not handled everything, the relay included, and who does not say.
    async fn behind(&self) -> BTreeSet<String> {
        let names = self.names();
        let looks = names.iter().map(|name| async move {
            match tokio::time::timeout(ANSWER, self.metrics(name)).await {
                Ok(Some(text)) => text.lines().filter_map(lag).collect(),
                _ => vec![format!("{name} (does not answer)")],
            }
        });
        join_all(looks).await.into_iter().flatten().collect()
    }
}

/// A line of a process' metrics that says that something is behind.
fn lag(line: &str) -> Option<String> {
    let is_lag = line.starts_with("casetrail_projection_lag") || line.starts_with("casetrail_relay_pending");
    let (_, value) = line.rsplit_once(' ')?;
    (is_lag && value != "0").then(|| line.to_owned())
}

/// Host and port of a URL.
fn address_in(url: &str) -> SocketAddr {
    let rest = url.split_once("://").unwrap().1;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, server)| server);
    rest.split('/').next().unwrap().parse().unwrap()
}
