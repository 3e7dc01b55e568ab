//! The system under measurement: this very program as a child process, in a folder of its own.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a start may take before it counts as failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `casetrail dev`. Dropping it kills it.
pub(crate) struct System {
    process: Child,
    _folder: TempDir,
    /// Where gRPC listens: `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    /// From the start of the process until it said it was ready.
    pub(crate) start_to_ready: Duration,
}

/// What `casetrail dev --json` prints when it is ready.
#[derive(Deserialize)]
struct Ready {
    grpc: String,
}

impl System {
    /// Starts one on free ports and waits until it is ready.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a folder for the data")?;
        let started = Instant::now();
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--json", "dev", "--port", "0", "--http-port", "0", "--gateway-port", "0", "--data"])
            .arg(folder.path())
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
        let ready: Ready = serde_json::from_str(&line).with_context(|| format!("it said: {line}"))?;
        Ok(Self { process, _folder: folder, url: format!("http://{}", ready.grpc), start_to_ready })
    }

    /// Its resident memory, in bytes; `None` where the system does not tell (outside Linux).
    pub(crate) fn resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()?)).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kibibytes * 1024)
    }
}
