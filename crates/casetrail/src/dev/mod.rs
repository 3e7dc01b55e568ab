//! `casetrail dev`: everything in one process, on loopback, with nothing to install.

mod demo;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use access::mint::{self, Mint};
use ambient::{Clock, ShiftedClock, SystemIds};
use anyhow::Context;
use embedded::{Config, Embedded, Options, Unprotected};
use event_log::{EventLog, SqliteLog};
use owo_colors::OwoColorize;
use service_kit::config::Tables;
use service_kit::reload::{Read, Reload};
use service_kit::shutdown;
use service_kit::telemetry::{self, LogFormat};
use tempfile::TempDir;

/// Options of `casetrail dev`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  casetrail dev --demo                    play the stories, then leave everything running
  casetrail dev --data ./casetrail-data   keep everything across restarts
  casetrail dev --port 0 --http-port 0    take free ports; with --json they are printed for machines
  casetrail dev --tls --data ./d          encrypt connections; clients believe ./d/development-ca.pem

Any setting can be changed by a file (--config) or the environment: CASETRAIL__GRPC__DEADLINE_MS=5000.
With --print-config every setting is shown with its default and its meaning.")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own on the command line")]
pub(crate) struct DevArgs {
    /// Play the stories through the API, print each step and then each case's history.
    #[arg(long)]
    demo: bool,
    /// End after the demonstration instead of leaving the system running.
    #[arg(long, requires = "demo")]
    exit_after_demo: bool,
    /// Keep log, keys, read models, evidence and mails in this folder; without it everything is thrown
    /// away at the end.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where gRPC listens on 127.0.0.1; 0 takes a free port [default: 7700]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Where HTTP (metrics, probes, gateway callbacks) listens; 0 takes a free port [default: 7701]
    #[arg(long, value_name = "PORT")]
    http_port: Option<u16>,
    /// Where the sandbox payment gateway listens; 0 takes a free port [default: 7702]
    #[arg(long, value_name = "PORT")]
    gateway_port: Option<u16>,
    /// Encrypt connections, with an authority and a certificate that are made in the data folder.
    #[arg(long, conflicts_with = "demo")]
    tls: bool,
    /// Believe nobody without a token of this data folder (casetrail token).
    #[arg(long, conflicts_with = "demo")]
    tokens: bool,
    /// A configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Send traces and metrics there: OTLP over HTTP, such as `http://127.0.0.1:4318`.
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,
    /// Write log lines as JSON.
    #[arg(long)]
    json_logs: bool,
    /// Print every setting with its default and its meaning, and end.
    #[arg(long)]
    print_config: bool,
}

/// Runs until Ctrl-C or SIGTERM. With `json` the addresses are printed as one JSON line when ready.
pub(crate) async fn run(args: DevArgs, json: bool) -> anyhow::Result<()> {
    run_with(args, json, None).await
}

/// The same, leaving out some of what protects personal data: for a benchmark.
pub(crate) async fn run_unprotected(args: DevArgs, json: bool, left_out: Unprotected) -> anyhow::Result<()> {
    run_with(args, json, Some(left_out)).await
}

async fn run_with(args: DevArgs, json: bool, left_out: Option<Unprotected>) -> anyhow::Result<()> {
    if args.print_config {
        anstream::print!("{}", Config::defaults());
        return Ok(());
    }
    let mut config = args.configuration()?;
    let folder = Folder::new(args.data.clone())?;
    let clock = Arc::new(ShiftedClock::new(ahead_of(&folder.path).await));
    if args.tokens {
        std::fs::create_dir_all(&folder.path).context("--data")?;
        let mint = Mint::open_or_create(&folder.path, &SystemIds)?;
        config.grpc.tokens.jwks = mint.jwks().display().to_string();
        mint::ISSUER.clone_into(&mut config.grpc.tokens.issuer);
    }
    let mut authority = None;
    if args.tls {
        let (tls, ca) = embedded::development_tls(&folder.path, clock.now())?;
        (config.grpc.tls, authority) = (tls, Some(ca));
    }
    let telemetry = telemetry::start(&config.telemetry, "casetrail")?;
    let tables = || Tables::load(&Config::defaults(), args.config.as_deref());
    let reload = Reload::new(tables()?, telemetry.clone(), || {
        let Config { telemetry, .. } = Config::load(args.config.as_deref())?;
        Ok(Read { tables: tables()?, telemetry })
    })?;
    let options = Options {
        data: folder.path.clone(),
        config,
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ids: Arc::new(SystemIds),
        telemetry: telemetry.clone(),
    };
    let started = match left_out {
        None => embedded::start(options).await,
        Some(left_out) => embedded::start_unprotected(options, left_out).await,
    };
    let system = match started {
        Ok(system) => system,
        Err(error) => {
            telemetry.stop().await;
            return Err(error.into());
        }
    };
    announce(&system, &folder, authority.as_deref(), json);
    let stopped = async {
        tokio::select! {
            () = shutdown::signal() => {}
            () = reload.run() => {}
        }
    };
    tokio::pin!(stopped);
    let mut interrupted = false;
    let told = if args.demo {
        tokio::select! {
            told = demo::play(&system, &clock) => told,
            () = &mut stopped => {
                interrupted = true;
                Ok(())
            }
        }
    } else {
        Ok(())
    };
    if told.is_ok() && !args.exit_after_demo && !interrupted {
        if args.demo {
            anstream::println!("\nEverything is still running; Ctrl-C ends it.");
        }
        stopped.await;
    }
    let finished = system.stop().await;
    telemetry.stop().await;
    if !finished {
        anstream::eprintln!("some calls were still going on at the end of the drain time and were dropped");
    }
    told
}

impl DevArgs {
    fn configuration(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref())?;
        let local = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        if let Some(port) = self.port {
            config.grpc.address = local(port);
        }
        if let Some(port) = self.http_port {
            config.grpc.http_address = local(port);
        }
        if let Some(port) = self.gateway_port {
            config.gateway.port = port;
        }
        if let Some(endpoint) = &self.otlp {
            config.telemetry.otlp_endpoint.clone_from(endpoint);
        }
        if self.json_logs {
            config.telemetry.log_format = LogFormat::Json;
        }
        Ok(config)
    }
}

/// The data folder: the one that was named, or one that is thrown away.
struct Folder {
    path: PathBuf,
    throw_away: Option<TempDir>,
}

impl Folder {
    fn new(named: Option<PathBuf>) -> anyhow::Result<Self> {
        if let Some(path) = named {
            return Ok(Self { path, throw_away: None });
        }
        let folder =
            tempfile::tempdir().context("a folder for the data cannot be made; name one with --data")?;
        Ok(Self { path: folder.path().to_owned(), throw_away: Some(folder) })
    }
}

/// How far the clock must run ahead of the system's: a demonstration may have let days pass, and time
/// must not go back for the cases it left.
pub(crate) async fn ahead_of(data: &std::path::Path) -> Duration {
    let path = data.join("log.db");
    if !path.is_file() {
        return Duration::ZERO;
    }
    let Ok(log) = SqliteLog::open_read_only(&path).await else { return Duration::ZERO };
    let last = log.last_recorded_at().await.ok().flatten();
    log.close().await;
    let now = ambient::SystemClock.now();
    last.map_or(Duration::ZERO, |last| last.duration_since(now).try_into().unwrap_or(Duration::ZERO))
}

fn announce(system: &Embedded, folder: &Folder, authority: Option<&Path>, json: bool) {
    if json {
        let ready = serde_json::json!({
            "ready": true,
            "grpc": system.grpc.to_string(),
            "http": system.http.to_string(),
            "gateway": system.gateway.to_string(),
            "data": folder.path,
            "outbox": system.outbox,
            "authority": authority,
        });
        println!("{ready}");
        return;
    }
    let token = format!("casetrail token --data {} --role agent --brand NB", folder.path.display());
    let kept =
        if folder.throw_away.is_some() { "  (thrown away at the end; keep it with --data DIR)" } else { "" };
    let grpc = match authority {
        Some(_) => format!("https://{}", system.grpc),
        None => format!("http://{}", system.grpc),
    };
    let rows = [
        ("gRPC", grpc.clone()),
        ("HTTP", format!("http://{}  /metrics /livez /readyz", system.http)),
        ("sandbox gateway", format!("http://{}", system.gateway)),
        ("data", format!("{}{kept}", folder.path.display())),
        ("outbox", system.outbox.display().to_string()),
        ("a caller's token", token),
    ];
    anstream::println!(
        "{} {}: all services in one process, ready",
        "casetrail".bold(),
        env!("CARGO_PKG_VERSION")
    );
    for (what, place) in rows {
        anstream::println!("  {what:<16} {place}");
    }
    if let Some(authority) = authority {
        let authority = authority.display();
        anstream::println!(
            "  {:<16} casetrail cases --brand NB --server {grpc} --ca {authority}",
            "a client"
        );
        let method = "casetrail.intake.v1.IntakeService/ListCases";
        anstream::println!(
            "  {:<16} buf curl --cacert {authority} -H 'casetrail-actor: agent:mette' -d '{{\"brand\":\"NB\"}}' {grpc}/{method}",
            "a stock client"
        );
    }
}
