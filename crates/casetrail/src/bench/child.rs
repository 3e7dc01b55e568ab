//! The system under measurement: this very program as a child process, in a folder of its own, wired one
//! way or the other.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use access::mint::Mint;
use anyhow::{Context, bail};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::system::LeftOut;

/// How long a start may take before it counts as failed.
const PATIENCE: Duration = Duration::from_mins(2);

/// How the services are wired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wiring {
    /// Everything in one process, over SQLite: `casetrail dev`
    Embedded,
    /// Processes of their own, over a throw-away Postgres and NATS: `casetrail up --scratch`
    Distributed,
}

/// A running system. Dropping it ends it.
pub(crate) struct System {
    process: Child,
    folder: TempDir,
    /// Where intake listens for gRPC, which also serves the history: `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    /// From the start of the whole until it said it was ready.
    pub(crate) start_to_ready: Duration,
    processes: Vec<Running>,
}

/// What `casetrail dev --json` and `casetrail up --json` print when they are ready.
#[derive(Deserialize)]
struct Ready {
    grpc: String,
    #[serde(default)]
    processes: Vec<Running>,
}

#[derive(Deserialize)]
struct Running {
    name: String,
    pid: u32,
    grpc: String,
    started_in_ms: u64,
}

/// What a process takes.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Taken {
    /// `intake`, `relay`, or `all` where everything is in one process.
    pub(crate) process: String,
    /// From its start until it served, in milliseconds.
    pub(crate) start_to_ready_ms: u64,
    /// Resident memory, in bytes; `None` where the system does not tell (outside Linux).
    pub(crate) resident_bytes: Option<u64>,
}

impl System {
    /// Starts one on free ports, with this environment too, and waits until it is ready.
    ///
    /// With `tokens` nobody is believed without one.
    pub(crate) async fn start(
        wiring: Wiring,
        tokens: bool,
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a folder for the data")?;
        let mut command = command(wiring, folder.path())?;
        command.envs(environment.iter().copied());
        Self::launch(command, folder, tokens).await
    }

    /// One in one process that leaves out some of what protects personal data.
    pub(crate) async fn start_without(left_out: &[LeftOut], tokens: bool) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a folder for the data")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--json", "bench", "system", "--port", "0", "--http-port", "0", "--gateway-port", "0"]);
        command.arg("--data").arg(folder.path());
        for one in left_out {
            command.arg("--without").arg(one.word());
        }
        Self::launch(command, folder, tokens).await
    }

    async fn launch(mut command: Command, folder: TempDir, tokens: bool) -> anyhow::Result<Self> {
        if tokens {
            command.arg("--tokens");
        }
        let started = Instant::now();
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting the system")?;
        let stdout = process.stdout.take().context("the system's output")?;
        let mut lines = BufReader::new(stdout).lines();
        let line =
            tokio::time::timeout(PATIENCE, lines.next_line()).await.context("the system did not start")??;
        let Some(line) = line else { bail!("the system ended before it was ready; see its message above") };
        let start_to_ready = started.elapsed();
        let Ready { grpc, mut processes } =
            serde_json::from_str(&line).with_context(|| format!("it said: {line}"))?;
        if processes.is_empty() {
            let started_in_ms = u64::try_from(start_to_ready.as_millis())?;
            let pid = process.id().context("the system's process")?;
            processes.push(Running { name: "all".to_owned(), pid, grpc: grpc.clone(), started_in_ms });
        }
        // Past the front: what is measured is the service.
        let intake = processes.iter().find(|process| process.name == "intake");
        let url = format!("http://{}", intake.map_or(&grpc, |intake| &intake.grpc));
        Ok(Self { process, folder, url, start_to_ready, processes })
    }

    /// The key that signs tokens which it believes.
    pub(crate) fn mint(&self) -> anyhow::Result<Mint> {
        Ok(Mint::open(self.folder.path())?)
    }

    /// What each of its processes takes now.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        let taken = |one: &Running| Taken {
            process: one.name.clone(),
            start_to_ready_ms: one.started_in_ms,
            resident_bytes: resident_bytes(one.pid),
        };
        self.processes.iter().map(taken).collect()
    }

    /// The processor time that all of its processes have taken so far, in milliseconds; `None` where the system does
    /// not tell (outside Linux).
    pub(crate) fn processor_ms(&self) -> Option<u64> {
        self.processes.iter().map(|one| processor_ms(one.pid)).sum()
    }

    /// Lets every process but intake's stand still (`STOP`) or go on (`CONT`): what is measured meanwhile is one
    /// service over its database.
    pub(crate) async fn signal_others(&self, signal: &str) -> anyhow::Result<()> {
        for process in self.processes.iter().filter(|process| process.name != "intake") {
            Command::new("kill").args(["-s", signal, &process.pid.to_string()]).status().await?;
        }
        Ok(())
    }

    /// Asks it to end, and waits: nothing of it may run beside what is measured next.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(pid) = self.process.id() {
            Command::new("kill").args(["-s", "TERM", &pid.to_string()]).status().await?;
        }
        self.process.wait().await?;
        Ok(())
    }
}

fn command(wiring: Wiring, folder: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(match wiring {
        Wiring::Embedded => &["--json", "dev", "--port", "0", "--http-port", "0", "--gateway-port", "0"][..],
        Wiring::Distributed => &["--json", "up", "--scratch", "--port", "0", "--gateway-port", "0"][..],
    });
    command.arg("--data").arg(folder);
    Ok(command)
}

/// Ticks of `/proc/PID/stat` are hundredths of a second in every Linux.
const TICK_MS: u64 = 10;

fn processor_ms(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Behind the name, which may hold anything: state is the first, and user and system time are the 12th and 13th.
    let (_, behind_the_name) = stat.rsplit_once(") ")?;
    let mut times = behind_the_name.split(' ').skip(11).take(2).map(str::parse::<u64>);
    Some((times.next()?.ok()? + times.next()?.ok()?) * TICK_MS)
}

fn resident_bytes(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}
