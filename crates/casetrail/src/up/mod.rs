//! `casetrail up`: the deployables as processes of their own over Postgres and NATS, behind one address.
//!
//! - `foundation`: the database and NATS, given or thrown away; migrated.
//! - `process`: one deployable as a child: started, watched, started again when it ends unasked.

mod foundation;
mod process;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use access::mint::{self, Mint};
use ambient::{Clock, Ids, SystemClock, SystemIds};
use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployable::front::{self, Backend};
use embedded::proof;
use owo_colors::OwoColorize;
use sandbox_gateway::SandboxGateway;
use sealing::MasterKey;
use seals::SigningKey;
use service_kit::{Shutdown, shutdown};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tonic::transport::Identity;

use foundation::Foundation;
use process::{Process, Spec};

/// The environment that a process is given beside its own.
type Settings = BTreeMap<String, String>;

/// Options of `casetrail up`.
#[derive(Debug, clap::Args)]
pub(crate) struct UpArgs {
    /// The database, with a role that may make schemas and roles in it
    #[arg(long, value_name = "URL", required_unless_present = "scratch", env = "CASETRAIL_UP_POSTGRES")]
    #[arg(hide_env_values = true)]
    postgres: Option<String>,
    /// NATS with JetStream; several servers are separated by commas
    #[arg(long, value_name = "URL", required_unless_present = "scratch", env = "CASETRAIL_UP_NATS")]
    nats: Option<String>,
    /// Start a Postgres and a NATS of one's own, and throw them away at the end. Those given are used as they are
    #[arg(long)]
    scratch: bool,
    /// How many of each service, and of the relay
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=9))]
    replicas: u16,
    /// How many shards the log has; it keeps those that it has already
    #[arg(long, value_name = "N", default_value_t = 1, env = "CASETRAIL_UP_SHARDS")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=256))]
    shards: u16,
    /// Where gRPC listens on 127.0.0.1, for all services; 0 takes a free port
    #[arg(long, value_name = "PORT", default_value_t = 7700)]
    port: u16,
    /// Where the sandbox payment gateway listens; 0 takes a free port
    #[arg(long, value_name = "PORT", default_value_t = 7702)]
    gateway_port: u16,
    /// Keep the master key, evidence, mails and the processes' output in this folder; without it they are
    /// thrown away at the end, and with the key what players wrote
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A configuration file (TOML) for every process
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What subjects in NATS begin with
    #[arg(long, value_name = "WORD", default_value = "case")]
    prefix: String,
    /// Believe nobody without a token of the data folder (casetrail token --data)
    #[arg(long)]
    tokens: bool,
    /// Encrypt connections to the one address, with an authority and a certificate that are made in the data folder
    #[arg(long)]
    tls: bool,
}

impl UpArgs {
    /// What `--help` ends with.
    pub(crate) const EXAMPLES: &str = "\
Examples:
  casetrail up --scratch                   a throw-away Postgres and NATS, and everything over them
  casetrail up --scratch --replicas 2      two of each service, and two relays of which one works
  casetrail up --scratch --tokens --data ./up   nobody is believed without a token of ./up
  casetrail up --scratch --tls --data ./up clients believe ./up/development-ca.pem
  casetrail up --scratch --shards 4        cases spread over four shards, each with its own order and stream
  casetrail up --postgres postgres://postgres@127.0.0.1:5432/casetrail --nats nats://127.0.0.1:4222 --data ./up

It migrates the database, starts the services and the relay as processes of their own, and starts again
what ends unasked. The programs (casetrail-intake and so on) must lie beside this one:
`cargo build --bins`. The environment reaches every process: CASETRAIL__TELEMETRY__LOG_FILTER=debug.";
}

/// How long the processes may take to end before they are killed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs until Ctrl-C or SIGTERM. With `json` the addresses are printed as one JSON line when ready.
pub(crate) async fn run(args: UpArgs, json: bool) -> anyhow::Result<()> {
    let folder = Folder::new(args.data.clone())?;
    let foundation = Foundation::lay(&args, json).await?;
    let master_key = folder.path.join("master.key");
    MasterKey::from_file_or_create(&master_key, &SystemIds)?;
    let seal_key = folder.path.join(proof::KEY);
    let public = SigningKey::from_file_or_create(&seal_key, &SystemIds)?.public();
    std::fs::write(folder.path.join(proof::PUBLIC_KEYS), public.to_pem())
        .context("the public key of seals")?;
    let (stop, front) = (Shutdown::new(), Shutdown::new());
    let secret = callback_secret();
    let gateway =
        sandbox_gateway::Config { port: args.gateway_port, ..sandbox_gateway::Config::with_secret(&secret) };
    // It outlives the services: what they still ask of it is answered.
    let gateway_stop = CancellationToken::new();
    let gateway = SandboxGateway::start(gateway, Arc::new(SystemClock), gateway_stop.clone()).await?;

    let mut common = Settings::from([
        ("CASETRAIL__NATS__URL".to_owned(), foundation.nats.clone()),
        ("CASETRAIL__NATS__PREFIX".to_owned(), args.prefix.clone()),
        ("CASETRAIL__KEYS__MASTER_KEY_FILE".to_owned(), master_key.display().to_string()),
        ("CASETRAIL__SEALS__KEY_FILE".to_owned(), seal_key.display().to_string()),
        (
            "CASETRAIL__SEALS__WITNESS_FILES".to_owned(),
            format!("[{:?}]", folder.path.join(proof::WITNESS).display().to_string()),
        ),
        ("CASETRAIL__DATA__FOLDER".to_owned(), folder.path.display().to_string()),
        ("CASETRAIL__GRPC__REFLECTION".to_owned(), "true".to_owned()),
        ("CASETRAIL__PAYMENTS_ESCALATION__GATEWAY__URL".to_owned(), gateway.url()),
        ("CASETRAIL__PAYMENTS_ESCALATION__GATEWAY__CALLBACK_SECRET".to_owned(), secret),
    ]);
    if args.tokens {
        let mint = Mint::open_or_create(&folder.path, &SystemIds)?;
        common.insert("CASETRAIL__GRPC__TOKENS__JWKS".to_owned(), mint.jwks().display().to_string());
        common.insert("CASETRAIL__GRPC__TOKENS__ISSUER".to_owned(), mint::ISSUER.to_owned());
    }
    let mut processes = Vec::new();
    let started = start_all(&args, &folder, &foundation, &common, (&stop, &front), &mut processes).await;
    let served = match started {
        Ok((address, authority)) => {
            announce(address, authority.as_deref(), &gateway.url(), &foundation, &folder, &processes, json);
            shutdown::signal().await;
            Ok(())
        }
        Err(error) => Err(error),
    };
    if !json {
        anstream::println!("stopping");
    }
    // The front first, which holds connections to the services; then they; the relay last, so that what they
    // still say is published.
    stop.soft().cancel();
    front.stop(Duration::from_secs(1)).await;
    for process in processes.iter().rev() {
        process.stop(PATIENCE).await;
    }
    gateway_stop.cancel();
    gateway.stopped().await;
    stop.stop(Duration::from_secs(5)).await;
    foundation.remove().await;
    served
}

/// Starts every process, and then the front.
async fn start_all(
    args: &UpArgs,
    folder: &Folder,
    foundation: &Foundation,
    common: &Settings,
    (stop, front): (&Shutdown, &Shutdown),
    processes: &mut Vec<Process>,
) -> anyhow::Result<(SocketAddr, Option<PathBuf>)> {
    for replica in 1..=args.replicas {
        let spec = Spec::new(args, folder, foundation, common, "relay", replica)?;
        processes.push(Process::start(spec, stop).await?);
    }
    let mut backends = Vec::new();
    for schema in distributed::SCHEMAS {
        let mut replicas = Vec::new();
        for replica in 1..=args.replicas {
            let spec = Spec::new(args, folder, foundation, common, schema.stage, replica)?;
            let process = Process::start(spec, stop).await?;
            replicas.push(process.grpc());
            processes.push(process);
        }
        backends.push(Backend { stage: schema.stage.to_owned(), replicas });
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let (served, authority) = if args.tls {
        let (certificate, authority) = certificate(&folder.path)?;
        (front::serve_encrypted(address, &backends, certificate, front).await, Some(authority))
    } else {
        (front::serve(address, &backends, front).await, None)
    };
    let address = served
        .with_context(|| format!("--port {}: stop the other program or choose another port", args.port))?;
    Ok((address, authority))
}

/// The certificate that is made in the data folder, and the authority that clients believe.
fn certificate(data: &Path) -> anyhow::Result<(Identity, PathBuf)> {
    let (tls, authority) = embedded::development_tls(data, SystemClock.now())?;
    let read = |file: &Path| std::fs::read(file).with_context(|| file.display().to_string());
    Ok((Identity::from_pem(read(&tls.certificate_file)?, read(&tls.key_file)?), authority))
}

/// What the sandbox gateway signs its callbacks with: new at each start.
fn callback_secret() -> String {
    let mut key = [0_u8; 32];
    SystemIds.fill(&mut key);
    format!("whsec_{}", STANDARD.encode(key))
}

/// The data folder: the one that was named, or one that is thrown away.
pub(crate) struct Folder {
    path: PathBuf,
    throw_away: Option<TempDir>,
}

impl Folder {
    fn new(named: Option<PathBuf>) -> anyhow::Result<Self> {
        let (path, throw_away) = if let Some(path) = named {
            (std::path::absolute(path)?, None)
        } else {
            let folder = tempfile::tempdir().context("a folder for the data cannot be made")?;
            (folder.path().to_owned(), Some(folder))
        };
        std::fs::create_dir_all(path.join("logs")).with_context(|| {
            format!("--data {}: cannot be written; choose another folder", path.display())
        })?;
        Ok(Self { path, throw_away })
    }
}

fn announce(
    front: SocketAddr,
    authority: Option<&Path>,
    gateway: &str,
    foundation: &Foundation,
    folder: &Folder,
    processes: &[Process],
    json: bool,
) {
    if json {
        let processes: Vec<_> = processes.iter().map(Process::describe).collect();
        let ready = serde_json::json!({
            "ready": true,
            "grpc": front.to_string(),
            "gateway": gateway,
            "postgres": foundation.postgres,
            "nats": foundation.nats,
            "data": folder.path,
            "authority": authority,
            "processes": processes,
        });
        println!("{ready}");
        return;
    }
    let kept = if folder.throw_away.is_some() { "  (thrown away at the end)" } else { "" };
    anstream::println!("{} {}: ready", "casetrail".bold(), env!("CARGO_PKG_VERSION"));
    for (what, place) in [
        ("gRPC", format!("{}://{front}  all services", if authority.is_some() { "https" } else { "http" })),
        ("sandbox gateway", gateway.to_owned()),
        ("Postgres", foundation.postgres_shown()),
        ("NATS", foundation.nats.clone()),
        ("data", format!("{}{kept}", folder.path.display())),
    ] {
        anstream::println!("  {what:<32} {place}");
    }
    for process in processes {
        anstream::println!("  {}", process.line());
    }
    if let Some(authority) = authority {
        let a_client =
            format!("casetrail cases --brand NB --server https://{front} --ca {}", authority.display());
        anstream::println!("  {:<32} {a_client}", "a client");
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use tonic::transport::server::TcpIncoming;
    use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Server};
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_client::HealthClient;

    use super::*;

    #[tokio::test]
    async fn the_one_address_is_encrypted_for_who_believes_its_authority_and_speaks_to_nobody_else() {
        let (ours, others) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (identity, authority) = certificate(ours.path()).unwrap();
        let (_, another) = certificate(others.path()).unwrap();
        let stop = Shutdown::new();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(any).await.unwrap();
        let behind = Backend { stage: "intake".to_owned(), replicas: vec![listener.local_addr().unwrap()] };
        let (_, health) = tonic_health::server::health_reporter();
        let serving = Server::builder().add_service(health).serve_with_incoming(TcpIncoming::from(listener));
        stop.spawn_background(async move { drop(serving.await) });
        let address = front::serve_encrypted(any, &[behind], identity, &stop).await.unwrap();
        let connected = async |scheme: &str, authority: Option<&Path>| {
            let mut endpoint = Endpoint::from_shared(format!("{scheme}://{address}")).unwrap();
            if let Some(authority) = authority {
                let believed = Certificate::from_pem(std::fs::read(authority).unwrap());
                endpoint = endpoint.tls_config(ClientTlsConfig::new().ca_certificate(believed)).unwrap();
            }
            endpoint.connect().await
        };
        let is_answered =
            async |channel| HealthClient::new(channel).check(HealthCheckRequest::default()).await.is_ok();
        assert!(is_answered(connected("https", Some(&authority)).await.unwrap()).await);
        assert!(connected("https", Some(&another)).await.is_err());
        // Without encryption a connection may be made; nothing is answered on it.
        if let Ok(plain) = connected("http", None).await {
            assert!(!is_answered(plain).await);
        }
        stop.stop(Duration::from_secs(1)).await;
    }
}
