//! One deployable as a child process: started, watched, and started again when it ends unasked.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use service_kit::Shutdown;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use super::{Folder, Foundation, Settings, UpArgs};

/// How long a process may take until it serves.
const START: Duration = Duration::from_secs(90);
/// How long to wait before one that ended is started again.
const AGAIN: Duration = Duration::from_millis(500);

/// What a process is started from. It keeps its ports when it is started again.
pub(super) struct Spec {
    /// `routing`, or `routing-2` for the second of several.
    name: String,
    program: PathBuf,
    environment: Settings,
    config: Option<PathBuf>,
    output: PathBuf,
    grpc: SocketAddr,
    http: SocketAddr,
}

impl Spec {
    pub(super) fn new(
        args: &UpArgs,
        folder: &Folder,
        foundation: &Foundation,
        common: &Settings,
        stage: &str,
        replica: u16,
    ) -> anyhow::Result<Self> {
        let word = stage.replace('_', "-");
        let name = if args.replicas == 1 { word.clone() } else { format!("{word}-{replica}") };
        let program = beside_this_program(&format!("casetrail-{word}"))?;
        let (grpc, http) = (free_address()?, free_address()?);
        let mut environment = common.clone();
        environment.extend([
            ("CASETRAIL__GRPC__ADDRESS".to_owned(), grpc.to_string()),
            ("CASETRAIL__GRPC__HTTP_ADDRESS".to_owned(), http.to_string()),
            ("CASETRAIL__POSTGRES__URL".to_owned(), foundation.postgres_as(&distributed::role_of(stage))),
            (
                "CASETRAIL__PAYMENTS_ESCALATION__GATEWAY__CALLBACK_URL".to_owned(),
                format!("http://{http}/gateway/callbacks"),
            ),
        ]);
        let output = folder.path.join("logs").join(format!("{name}.log"));
        Ok(Self { name, program, environment, config: args.config.clone(), output, grpc, http })
    }

    /// Starts it and waits until it serves.
    async fn spawn(&self) -> anyhow::Result<Child> {
        let output = File::options().create(true).append(true).open(&self.output)?;
        let mut command = Command::new(&self.program);
        command.arg("--json").envs(&self.environment).stdin(Stdio::null()).stdout(Stdio::piped());
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        // In a process group of its own: Ctrl-C reaches us alone, and we stop them in order.
        command.process_group(0).stderr(output).kill_on_drop(true);
        let mut child =
            command.spawn().with_context(|| format!("{} cannot be run", self.program.display()))?;
        let stdout = child.stdout.take().context("its output")?;
        let mut lines = BufReader::new(stdout).lines();
        match tokio::time::timeout(START, lines.next_line()).await {
            Ok(Ok(Some(_))) => Ok(child),
            Ok(_) => bail!("{} ended before it served: see {}", self.name, self.output.display()),
            Err(_) => bail!("{} does not serve yet: see {}", self.name, self.output.display()),
        }
    }
}

/// A process that runs, or is being started again.
pub(super) struct Process {
    spec: Arc<Spec>,
    pid: Arc<AtomicU32>,
    started_in: Duration,
    /// Held by whoever watches it; free once it is gone for good.
    gone: Arc<Mutex<()>>,
}

impl Process {
    /// Starts it, and watches it until `stop`.
    pub(super) async fn start(spec: Spec, stop: &Shutdown) -> anyhow::Result<Self> {
        let began = Instant::now();
        let child = spec.spawn().await?;
        let spec = Arc::new(spec);
        let process = Self {
            spec: Arc::clone(&spec),
            pid: Arc::new(AtomicU32::new(child.id().unwrap_or(0))),
            started_in: began.elapsed(),
            gone: Arc::default(),
        };
        let held = Arc::clone(&process.gone).lock_owned().await;
        let (pid, stop) = (Arc::clone(&process.pid), stop.clone());
        stop.clone().spawn(async move {
            let _held = held;
            watch(&spec, child, &pid, &stop).await;
        });
        Ok(process)
    }

    pub(super) fn grpc(&self) -> SocketAddr {
        self.spec.grpc
    }

    /// Asks it to end, waits, and kills it when that takes too long. Nothing starts it again: the stop was
    /// announced before.
    pub(super) async fn stop(&self, patience: Duration) {
        self.signal("TERM").await;
        if tokio::time::timeout(patience, self.gone.lock()).await.is_err() {
            self.signal("KILL").await;
        }
    }

    async fn signal(&self, signal: &str) {
        let pid = self.pid.load(Ordering::SeqCst);
        if pid != 0 {
            let _ = Command::new("kill")
                .args(["-s", signal, &pid.to_string()])
                .stderr(Stdio::null())
                .status()
                .await;
        }
    }

    /// For machines.
    pub(super) fn describe(&self) -> serde_json::Value {
        serde_json::json!({
            "name": self.spec.name,
            "pid": self.pid.load(Ordering::SeqCst),
            "grpc": self.spec.grpc.to_string(),
            "http": self.spec.http.to_string(),
            "log": self.spec.output,
            "started_in_ms": u64::try_from(self.started_in.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// For people.
    pub(super) fn line(&self) -> String {
        let Spec { name, grpc, http, .. } = &*self.spec;
        let pid = self.pid.load(Ordering::SeqCst);
        format!("{name:<32} process {pid}  gRPC {grpc}  http://{http}  {} ms", self.started_in.as_millis())
    }
}

/// Starts it again whenever it ends, until everything stops.
async fn watch(spec: &Spec, mut child: Child, pid: &AtomicU32, stop: &Shutdown) {
    loop {
        let ended = child.wait().await;
        pid.store(0, Ordering::SeqCst);
        if stop.soft().is_cancelled() {
            return;
        }
        let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
        anstream::eprintln!("{} ended ({how}); starting it again", spec.name);
        child = loop {
            tokio::time::sleep(AGAIN).await;
            if stop.soft().is_cancelled() {
                return;
            }
            match spec.spawn().await {
                Ok(child) => break child,
                Err(error) => anstream::eprintln!("{error:#}; trying again"),
            }
        };
        pid.store(child.id().unwrap_or(0), Ordering::SeqCst);
    }
}

fn beside_this_program(name: &str) -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let path = here.with_file_name(name);
    if path.is_file() {
        return Ok(path);
    }
    bail!("{} is not there: build all programs with `cargo build --bins`", path.display())
}

/// A port that nobody listens on now: a process that is started again has to keep it.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
