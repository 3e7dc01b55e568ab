//! A running `casetrail up`, and what is done to it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use scratch::shared::{Database, SharedNats};
use scratch::{Nats, Postgres};
use serde::Deserialize;
use tempfile::TempDir;
use tonic::transport::Channel;

/// How long anything may take that a test waits for: outages of ten seconds included.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// What `casetrail up --json` prints when it is ready.
#[derive(Debug, Deserialize)]
pub(crate) struct Ready {
    pub(crate) grpc: String,
    pub(crate) gateway: String,
    pub(crate) processes: Vec<Running>,
}

/// One of its processes.
#[derive(Debug, Deserialize)]
pub(crate) struct Running {
    pub(crate) name: String,
    pub(crate) pid: u32,
    pub(crate) http: String,
}

/// A running `casetrail up`.
pub(crate) struct Up {
    child: Child,
    pub(crate) ready: Ready,
    data: TempDir,
}

/// A program that was built beside this test.
pub(crate) fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    // target/debug/deps/processes-... -> target/debug/casetrail
    let path = here.parent().unwrap().parent().unwrap().join(name);
    assert!(path.is_file(), "{} is not there: `cargo build --bins`", path.display());
    path
}

/// Tests and the fault run's callers ask again and again, faster than any person.
const IMPATIENT: [(&str, &str); 3] = [
    ("CASETRAIL__GRPC__LIMITS__PERSON_CALLS_PER_SECOND", "100000"),
    ("CASETRAIL__GRPC__LIMITS__PERSON_BURST", "100000"),
    ("CASETRAIL__GRPC__LIMITS__PERSON_CALLS_IN_HAND", "1000"),
];

impl Up {
    /// Over these servers, with so many of each and this environment.
    pub(crate) fn start(
        postgres: &str,
        nats: &str,
        prefix: &str,
        replicas: u16,
        env: &[(&str, &str)],
    ) -> Self {
        // For the probes' client; a provider that was installed before is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let data = tempfile::tempdir().unwrap();
        let mut command = Command::new(program("casetrail"));
        command.args(["--json", "up", "--port", "0", "--gateway-port", "0", "--postgres", postgres]);
        command.args(["--nats", nats, "--prefix", prefix, "--replicas", &replicas.to_string()]);
        command.arg("--data").arg(data.path()).envs(IMPATIENT).envs(env.iter().copied());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|error| {
            let logs = std::fs::read_dir(data.path().join("logs")).into_iter().flatten().flatten();
            for log in logs {
                eprintln!("{}:\n{}", log.path().display(), std::fs::read_to_string(log.path()).unwrap());
            }
            panic!("casetrail up said {line:?}: {error}")
        });
        Self { child, ready, data }
    }

    /// Over the servers that tests share, or over a test's own.
    pub(crate) async fn on_shared_servers(
        replicas: u16,
        env: &[(&str, &str)],
    ) -> (Self, Database, SharedNats) {
        let (database, nats) = (Database::create().await.unwrap(), SharedNats::find().await.unwrap());
        let up = Self::start(&database.url, &nats.url, &nats.prefix, replicas, env);
        (up, database, nats)
    }

    /// Over servers that a test may stop.
    pub(crate) async fn on_own_servers(env: &[(&str, &str)]) -> (Self, Postgres, Nats) {
        let (postgres, nats) = (Postgres::start().await.unwrap(), Nats::start().await.unwrap());
        let up = Self::start(&postgres.url("postgres"), &nats.url(), "case", 1, env);
        (up, postgres, nats)
    }

    /// A connection to all services.
    pub(crate) async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.ready.grpc)).unwrap().connect().await.unwrap()
    }

    /// The process of this name.
    pub(crate) fn process(&self, name: &str) -> &Running {
        self.ready.processes.iter().find(|process| process.name == name).unwrap()
    }

    /// Its own process, whose children the others are.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills a process without a word; `casetrail up` starts it again.
    pub(crate) fn kill(&self, name: &str) {
        signal("KILL", self.process(name).pid);
    }

    /// What readiness says: its HTTP status and its lines; `None` while nobody answers.
    pub(crate) async fn readiness(&self, name: &str) -> Option<(u16, String)> {
        let url = format!("http://{}/readyz", self.process(name).http);
        let answer = reqwest::get(url).await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    /// What liveness says.
    pub(crate) async fn is_alive(&self, name: &str) -> bool {
        let url = format!("http://{}/livez", self.process(name).http);
        reqwest::get(url).await.is_ok_and(|answer| answer.status().is_success())
    }

    /// Everything that a process has logged.
    pub(crate) fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.data.path().join("logs").join(format!("{name}.log"))).unwrap()
    }

    /// What the processes wrote, for a failing test's message.
    pub(crate) fn logs(&self) -> String {
        let logs = std::fs::read_dir(self.data.path().join("logs")).unwrap().flatten();
        let mut logs: Vec<PathBuf> = logs.map(|entry| entry.path()).collect();
        logs.sort();
        let last = |path: &PathBuf| {
            let text = std::fs::read_to_string(path).unwrap();
            let lines: Vec<&str> = text.lines().rev().take(30).collect();
            let lines: Vec<&str> = lines.into_iter().rev().collect();
            format!("{}:\n{}\n", path.display(), lines.join("\n"))
        };
        logs.iter().map(last).collect()
    }

    /// Where it keeps everything but what is in the database.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// The folder where mails land.
    pub(crate) fn outbox(&self) -> PathBuf {
        self.data.path().join("outbox")
    }

    /// Every mail that was handed over, by its file's name.
    pub(crate) fn mails(&self) -> Vec<String> {
        let outbox = std::fs::read_dir(self.outbox()).into_iter().flatten().flatten();
        outbox.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// Asks it to stop, and returns whether it ended well.
    pub(crate) fn stop(mut self) -> bool {
        signal("TERM", self.pid());
        self.child.wait().unwrap().success()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // A test that failed: its processes must not outlive it.
        if matches!(self.child.try_wait(), Ok(None)) {
            if std::thread::panicking() {
                eprintln!("{}", self.logs());
            }
            signal("TERM", self.child.id());
            let _ = self.child.wait();
        }
    }
}

pub(crate) fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).status().unwrap();
    assert!(sent.success(), "kill -s {name} {pid}");
}

/// Looks until the condition gives something; fails the test when that takes too long.
pub(crate) async fn eventually<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let began = Instant::now();
    let mut ticks = tokio::time::interval(LOOK);
    loop {
        ticks.tick().await;
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what} did not happen within {} s", PATIENCE.as_secs());
    }
}

/// Repeats a call with the same request id until it is answered: what a client does when a service is
/// away. A refusal is an answer too, and fails the test.
pub(crate) async fn insist<T>(
    what: &str,
    call: impl AsyncFn() -> Result<tonic::Response<T>, tonic::Status>,
) -> T {
    use tonic::Code::{Cancelled, DeadlineExceeded, Unavailable, Unknown};
    eventually(what, async || match call().await {
        Ok(answer) => Some(answer.into_inner()),
        Err(status) if matches!(status.code(), Unavailable | DeadlineExceeded | Unknown | Cancelled) => None,
        Err(status) => panic!("{what}: {status:?}"),
    })
    .await
}
