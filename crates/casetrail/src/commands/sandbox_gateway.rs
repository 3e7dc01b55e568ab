//! `casetrail sandbox-gateway`: the gateway that `casetrail dev` brings along, alone.

use std::net::IpAddr;
use std::sync::Arc;

use ambient::SystemClock;
use sandbox_gateway::{Config, SandboxGateway};
use service_kit::{Shutdown, shutdown};

/// Options of `casetrail sandbox-gateway`.
#[derive(Debug, clap::Args)]
pub(crate) struct SandboxGatewayArgs {
    /// Where it listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    address: IpAddr,
    /// The port there; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 7702)]
    port: u16,
    /// What callbacks are signed with: `whsec_` and at least 24 bytes in base64, the same as
    /// `payments_escalation.gateway.callback_secret`
    #[arg(long, value_name = "SECRET", env = "CASETRAIL_GATEWAY_CALLBACK_SECRET", hide_env_values = true)]
    callback_secret: String,
    /// How long an answer takes when the transaction id says LATE, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 20_000)]
    late_reply_ms: u64,
}

impl SandboxGatewayArgs {
    /// What `--help` ends with.
    pub(crate) const EXAMPLES: &str = "\
Examples:
  casetrail sandbox-gateway --callback-secret \"whsec_$(openssl rand -base64 24)\"";
}

/// Runs it until Ctrl-C or SIGTERM.
pub(crate) async fn run(args: SandboxGatewayArgs, json: bool) -> anyhow::Result<()> {
    let config = Config {
        address: args.address,
        port: args.port,
        late_reply_ms: args.late_reply_ms,
        ..Config::with_secret(args.callback_secret)
    };
    let stop = Shutdown::new();
    let gateway = SandboxGateway::start(config, Arc::new(SystemClock), stop.soft().clone()).await?;
    if json {
        println!("{}", serde_json::json!({ "ready": true, "url": gateway.url() }));
    } else {
        anstream::println!("the sandbox gateway listens on {}", gateway.url());
    }
    shutdown::signal().await;
    stop.soft().cancel();
    gateway.stopped().await;
    Ok(())
}
