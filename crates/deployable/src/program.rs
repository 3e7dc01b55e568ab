//! A process from its command line to its end.

use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;

use ambient::{SystemClock, SystemIds};
use clap::{CommandFactory, FromArgMatches, Parser};
use serde::de::DeserializeOwned;
use service_kit::reload::{Read, Reload};
use service_kit::shutdown;
use service_kit::telemetry;

use crate::config::all_defaults;
use crate::{Common, Config, Options, Service};

/// What can be typed.
#[derive(Debug, Parser)]
#[command(
    version = crate::built::DESCRIPTION,
    max_term_width = 100,
    after_help = "\
Any setting can be changed by the file or by the environment: CASETRAIL__GRPC__ADDRESS=127.0.0.1:7800 sets
grpc.address. Its database must have been made by `casetrail migrate`."
)]
pub struct Program {
    /// A configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "CASETRAIL_CONFIG")]
    pub config: Option<PathBuf>,
    /// Print every setting with its default and its meaning, and end
    #[arg(long)]
    pub print_config: bool,
    /// Print the addresses as one JSON line when ready
    #[arg(long)]
    pub json: bool,
}

impl Program {
    /// Reads the command line of a program of this name.
    pub fn read(name: &'static str, about: &'static str) -> Self {
        let command = Self::command().name(name).about(about);
        let matches = command.get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// Says that the process serves.
    pub fn announce(&self, name: &str, grpc: std::net::SocketAddr, http: std::net::SocketAddr) {
        if self.json {
            let ready = serde_json::json!({
                "ready": true, "name": name, "grpc": grpc.to_string(), "http": http.to_string(),
            });
            println!("{ready}");
        }
        tracing::info!(%grpc, %http, "{name} is ready");
    }
}

/// Runs a service until Ctrl-C or SIGTERM: the whole of its `main`.
pub fn main<C: DeserializeOwned + Send + 'static>(service: Service<C>) -> ExitCode {
    // The name lives as long as the process.
    let program = Program::read(service.process_name().leak(), service.about);
    if program.print_config {
        anstream::print!("{}", all_defaults(service.defaults));
        return ExitCode::SUCCESS;
    }
    ended(&service.process_name(), run(&program, &service))
}

/// Runs to the end on a runtime of its own, and tells why when it failed.
pub fn run_until_signal(name: &str, running: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    ended(name, running)
}

fn ended(name: &str, running: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    let ended = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(running));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run<C: DeserializeOwned>(program: &Program, service: &Service<C>) -> anyhow::Result<()> {
    let read = || Config::<C>::read(service.stage, service.defaults, program.config.as_deref());
    let (config, tables) = read()?;
    let name = service.process_name();
    let telemetry = telemetry::start(&config.common.telemetry, &name)?;
    let reload = Reload::new(tables, telemetry.clone(), || {
        let (Config { common: Common { telemetry, .. }, .. }, tables) = read()?;
        Ok(Read { tables, telemetry })
    })?;
    let options = Options {
        config,
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
        telemetry: telemetry.clone(),
    };
    // One and the same from the start to the end, so that none is lost in between: a signal while it still waits
    // for its database ends it as well.
    let mut signal = pin!(shutdown::signal());
    let started = tokio::select! {
        started = crate::start(service, options) => started,
        () = &mut signal => {
            telemetry.stop().await;
            return Ok(());
        }
    };
    let deployment = match started {
        Ok(deployment) => deployment,
        Err(error) => {
            telemetry.stop().await;
            return Err(error.into());
        }
    };
    program.announce(&name, deployment.grpc, deployment.http);
    tokio::select! {
        () = signal => {}
        () = reload.run() => {}
    }
    tracing::info!("stopping");
    if !deployment.stop().await {
        tracing::warn!("some work was still going on at the end of the drain time and was dropped");
    }
    telemetry.stop().await;
    Ok(())
}
