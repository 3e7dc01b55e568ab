//! One command a file: its options, its examples, and what it does.

pub(crate) mod agents;
pub(crate) mod artefacts;
pub(crate) mod cases;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod consumers;
pub(crate) mod dead_letters;
pub(crate) mod deliveries;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod keys;
pub(crate) mod migrate;
pub(crate) mod nats_users;
pub(crate) mod open;
pub(crate) mod privacy;
pub(crate) mod queue;
pub(crate) mod rebuild;
pub(crate) mod relay;
pub(crate) mod sandbox_gateway;
pub(crate) mod say;
pub(crate) mod schemas;
pub(crate) mod token;
pub(crate) mod traces;
pub(crate) mod verify;
pub(crate) mod verify_bundle;
pub(crate) mod version;
pub(crate) mod watch;

mod log_progress;
mod proof;
mod read_models;
mod text;

use crate::cli::{Cli, Command, Global};
use crate::client::Client;
use crate::output::Output;
use crate::problem::Problem;
use crate::{bench, dev, up};

/// Does what the command line asks.
pub(crate) async fn run(cli: Cli) -> Result<(), Problem> {
    let asks = Asks { global: &cli.global };
    match cli.command {
        Command::Dev(args) => Ok(Box::pin(dev::run(args, cli.global.json)).await?),
        Command::Up(args) => Ok(Box::pin(up::run(args, cli.global.json)).await?),
        Command::Migrate(args) => Ok(migrate::run(&args, cli.global.json).await?),
        Command::Keys(args) => keys::run(args, &asks.output()?).await,
        Command::NatsUsers(args) => nats_users::run(&args, &asks.output()?),
        Command::Rebuild(args) => rebuild::run(&args, &asks.output()?).await,
        Command::Check(args) => check::run(&args, &asks.output()?).await,
        Command::SandboxGateway(args) => Ok(sandbox_gateway::run(args, cli.global.json).await?),
        Command::Bench(bench) => Ok(bench::run(bench, cli.global.json).await?),
        Command::Config(args) => config::run(&args, cli.global.json),
        Command::Version(args) => version::run(&args, cli.global.json),
        Command::Completions(args) => completions::run(&args),
        Command::Artefacts(args) => artefacts::run(&args, &asks.output()?),
        Command::Schemas(args) => schemas::run(&args, &asks.output()?),
        Command::Verify(args) => match &args.case {
            Some(case) => verify::one_case(case, &asks.client().await?, &asks.output()?).await,
            None => verify::whole_log(&args, &asks.output()?).await,
        },
        Command::Export(args) => export::run(&args, &asks).await,
        Command::VerifyBundle(args) => verify_bundle::run(&args, &asks.output()?),
        Command::Token(args) => token::run(args, &asks.output()?).await,
        Command::Open(args) => open::run(args, &asks.client().await?, &asks.output()?).await,
        Command::Say(args) => say::run(args, &asks.client().await?, &asks.output()?).await,
        Command::History(args) => history::run(args, &asks.client().await?, &asks.output()?).await,
        Command::Watch(args) => watch::run(args, &asks.client().await?, &asks.output()?).await,
        Command::Traces(args) => traces::run(args, &asks.client().await?, &asks.output()?).await,
        Command::Queue(args) => queue::run(args, &asks.client().await?, &asks.output()?).await,
        Command::Cases(args) => cases::run(args, &asks.client().await?, &asks.output()?).await,
        Command::Agents(args) => agents::run(args, &asks.client().await?, &asks.output()?).await,
        Command::Consumers(args) => consumers::run(&args, &asks.client().await?, &asks.output()?).await,
        Command::DeadLetters(args) => dead_letters::run(args, &asks.client().await?, &asks.output()?).await,
        Command::Relay(args) => relay::run(args, &asks.output()?).await,
        Command::Privacy(args) => privacy::run(args, &asks.client().await?, &asks.output()?).await,
        Command::Deliveries(args) => deliveries::run(args, &asks.client().await?, &asks.output()?).await,
    }
}

/// What a command asks for when it needs it: some need no server, some write nothing.
struct Asks<'a> {
    global: &'a Global,
}

impl Asks<'_> {
    async fn client(&self) -> Result<Client, Problem> {
        Client::connect(self.global).await
    }

    fn output(&self) -> Result<Output, Problem> {
        Output::new(self.global)
    }
}
