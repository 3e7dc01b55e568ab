//! What can be typed. Help texts are the doc comments here and in `commands/`.

use std::str::FromStr;
use std::time::Duration;

use case::{Actor, ActorKind, AgentId, Team};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use tonic::metadata::{Ascii, MetadataValue};

use crate::bench::Bench;
use crate::commands::{
    agents::AgentsArgs, artefacts::ArtefactsArgs, cases::CasesArgs, check::CheckArgs,
    completions::CompletionsArgs, config::ConfigArgs, consumers::ConsumersArgs,
    dead_letters::DeadLettersArgs, deliveries::DeliveriesArgs, export::ExportArgs, history::HistoryArgs,
    keys::KeysArgs, migrate::MigrateArgs, nats_users::NatsUsersArgs, open::OpenArgs, privacy::PrivacyArgs,
    queue::QueueArgs, rebuild::RebuildArgs, relay::RelayArgs, sandbox_gateway::SandboxGatewayArgs,
    say::SayArgs, schemas::SchemasArgs, token::TokenArgs, traces::TracesArgs, verify::VerifyArgs,
    verify_bundle::VerifyBundleArgs, version::VersionArgs, watch::WatchArgs,
};
use crate::dev::DevArgs;
use crate::up::UpArgs;

const EXAMPLES: &str = "\
Examples:
  casetrail dev --demo                       start everything and watch real cases travel through it
  casetrail open --brand NB --channel chat --player p-1001 --text 'Min udbetaling mangler'
  casetrail say NB-2026-000001-X 'Er der nyt?'
  casetrail history NB-2026-000001-X         what happened, and who did it
  casetrail watch NB-2026-000001-X           the same, as it happens

Exit codes:
  0  done
  1  something else went wrong
  2  wrong usage, or a value that the server does not accept
  3  not found
  4  refused: not in this state, not by this caller, or changed meanwhile
  5  the server is not reachable, or did not answer in time
  6  verification failed: the history is not what was recorded
  7  a read model is not what the log says";

const BENCH_EXAMPLES: &str = "\
Examples:
  casetrail bench journey --cases 10000 --callers 64 --json
  casetrail bench log --scratch --callers 256";

/// Follow player support cases from case number to close
#[derive(Debug, Parser)]
#[command(name = "casetrail", version = deployable::built::DESCRIPTION, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Where the API is
    #[arg(long, global = true, value_name = "URL", env = "CASETRAIL_SERVER")]
    #[arg(default_value = "http://127.0.0.1:7700")]
    pub(crate) server: String,
    /// The authority (PEM) that the server's certificate comes from, where the URL says https
    #[arg(long, global = true, value_name = "FILE", env = "CASETRAIL_CA")]
    pub(crate) ca: Option<std::path::PathBuf>,
    /// Who acts: agent:ID, player:ID, bot:ID or service:ID. Otherwise service:cli, and for `open` and
    /// `say` the player whose case it is
    #[arg(long = "as", global = true, value_name = "ACTOR", env = "CASETRAIL_ACTOR", value_parser = actor)]
    pub(crate) actor: Option<Actor>,
    /// The teams an agent acts for, separated by commas
    #[arg(long, global = true, value_name = "TEAMS", env = "CASETRAIL_TEAMS", value_delimiter = ',')]
    #[arg(hide_possible_values = true, value_parser = words(Team::ALL, Team::as_str))]
    pub(crate) teams: Vec<Team>,
    /// A bearer token: it says who acts, instead of --as and --teams
    #[arg(long, global = true, value_name = "TOKEN", env = "CASETRAIL_TOKEN", hide_env_values = true)]
    #[arg(conflicts_with_all = ["actor", "teams"], value_parser = bearer)]
    pub(crate) token: Option<Bearer>,
    /// JSON for programs: one document, or one object a line from commands that go on
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// Zone of the times shown, such as Europe/Copenhagen. Otherwise the system's
    #[arg(long, global = true, value_name = "ZONE", env = "CASETRAIL_TIME_ZONE")]
    pub(crate) time_zone: Option<String>,
    /// How long to wait for an answer, such as 10s or 500ms
    #[arg(long, global = true, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) timeout: Duration,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Makes it hold for all output of the program.
    pub(crate) fn set(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::AlwaysAnsi,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in this process, with nothing to install
    Dev(DevArgs),
    /// Run the deployables as processes of their own, over Postgres and NATS
    #[command(after_help = UpArgs::EXAMPLES)]
    Up(UpArgs),
    /// Look after the keys that personal data is sealed with
    #[command(after_help = KeysArgs::EXAMPLES)]
    Keys(KeysArgs),
    /// Make or bring up to date everything in a database: log, keys, schemas, roles
    #[command(after_help = MigrateArgs::EXAMPLES)]
    Migrate(MigrateArgs),
    /// Write what NATS' configuration says of our processes: who may say and hear what
    #[command(name = "nats-users", after_help = NatsUsersArgs::EXAMPLES)]
    NatsUsers(NatsUsersArgs),
    /// Build a read model again from the log, while the services run
    #[command(after_help = RebuildArgs::EXAMPLES)]
    Rebuild(RebuildArgs),
    /// Compare every read model with what the log says, while the services run
    #[command(after_help = CheckArgs::EXAMPLES)]
    Check(CheckArgs),
    /// Run the sandbox payment gateway alone: for development without a real one
    #[command(after_help = SandboxGatewayArgs::EXAMPLES)]
    SandboxGateway(SandboxGatewayArgs),
    /// Measure the whole system on this machine
    #[command(subcommand, after_help = BENCH_EXAMPLES)]
    Bench(Bench),
    /// Print a token for development, signed with the key in a data folder
    #[command(after_help = TokenArgs::EXAMPLES)]
    Token(TokenArgs),
    /// Open a case for a player
    #[command(after_help = OpenArgs::EXAMPLES)]
    Open(OpenArgs),
    /// Write on a case: as its player, or as an agent with --as
    #[command(after_help = SayArgs::EXAMPLES)]
    Say(SayArgs),
    /// Show a case and everything that happened to it
    #[command(after_help = HistoryArgs::EXAMPLES)]
    History(HistoryArgs),
    /// Follow a case as it happens
    #[command(after_help = WatchArgs::EXAMPLES)]
    Watch(WatchArgs),
    /// Prove that history is what was recorded: of one case, or of a whole log
    #[command(after_help = VerifyArgs::EXAMPLES)]
    Verify(VerifyArgs),
    /// Write a case's history to a file that proves itself
    #[command(after_help = ExportArgs::EXAMPLES)]
    Export(ExportArgs),
    /// Check an exported case with nothing else at hand
    #[command(name = "verify-bundle", after_help = VerifyBundleArgs::EXAMPLES)]
    VerifyBundle(VerifyBundleArgs),
    /// List the traces of a case
    #[command(after_help = TracesArgs::EXAMPLES)]
    Traces(TracesArgs),
    /// Show who waits, and in which order
    #[command(after_help = QueueArgs::EXAMPLES)]
    Queue(QueueArgs),
    /// List cases
    #[command(after_help = CasesArgs::EXAMPLES)]
    Cases(CasesArgs),
    /// List agents: who is there, and how much they have to do
    #[command(after_help = AgentsArgs::EXAMPLES)]
    Agents(AgentsArgs),
    /// List what was said to players and teams, and what became of it
    #[command(after_help = DeliveriesArgs::EXAMPLES)]
    Deliveries(DeliveriesArgs),
    /// Answer what players ask about their data: hand it out, erase it, keep it
    #[command(after_help = PrivacyArgs::EXAMPLES)]
    Privacy(PrivacyArgs),
    /// List the consumers of events, with how far each is behind the log
    #[command(after_help = ConsumersArgs::EXAMPLES)]
    Consumers(ConsumersArgs),
    /// Look after events that a consumer could not handle and put aside
    #[command(name = "dead-letters", after_help = DeadLettersArgs::EXAMPLES)]
    DeadLetters(DeadLettersArgs),
    /// Ask the relays, which publish the log to NATS, how far they are
    #[command(after_help = RelayArgs::EXAMPLES)]
    Relay(RelayArgs),
    /// Write the JSON Schema of every event, for programs in other languages
    #[command(after_help = SchemasArgs::EXAMPLES)]
    Schemas(SchemasArgs),
    /// Write what clients are made from: descriptors, service config, schemas of events, and a bill of materials
    #[command(after_help = ArtefactsArgs::EXAMPLES)]
    Artefacts(ArtefactsArgs),
    /// Look at a configuration before a process does
    #[command(after_help = ConfigArgs::EXAMPLES)]
    Config(ConfigArgs),
    /// Tell which program this is, and what it was built from
    #[command(after_help = VersionArgs::EXAMPLES)]
    Version(VersionArgs),
    /// Print the completions for a shell
    #[command(after_help = CompletionsArgs::EXAMPLES)]
    Completions(CompletionsArgs),
}

/// One of the domain's words.
pub(crate) fn words<T>(all: &'static [T], word: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: FromStr + Copy + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    PossibleValuesParser::new(all.iter().map(|one| word(*one))).try_map(|word| word.parse::<T>())
}

fn actor(text: &str) -> Result<Actor, String> {
    let wrong = || "say agent:ID, player:ID, bot:ID or service:ID, such as agent:mette".to_owned();
    let (kind, id) = text.split_once(':').ok_or_else(wrong)?;
    let kind = match kind {
        "agent" => ActorKind::Agent,
        "player" => ActorKind::Player,
        "bot" => ActorKind::Bot,
        "service" => ActorKind::Service,
        _ => return Err(wrong()),
    };
    let id: AgentId = id.parse().map_err(|_| wrong())?;
    Ok(Actor { kind, id: id.to_string(), teams: Vec::new(), second_factor_at: None })
}

/// What goes into a call's metadata; not shown where options are.
#[derive(Clone)]
pub(crate) struct Bearer(pub(crate) MetadataValue<Ascii>);

impl std::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bearer")
    }
}

fn bearer(text: &str) -> Result<Bearer, String> {
    let value = format!("Bearer {}", text.trim());
    value.parse().map(Bearer).map_err(|_| "no token: take what `casetrail token` prints".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("'{text}' is no time to wait; use for example 10s or 500ms");
    let read: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    if read.is_positive() { Ok(read.unsigned_abs()) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_command_line_fits_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn who_acts_and_for_which_teams_is_read_at_any_place() {
        let cli = parse("casetrail queue --brand NB --as agent:mette --teams payments,general").unwrap();
        let actor = cli.global.actor.unwrap();
        assert_eq!((actor.kind, actor.id.as_str()), (ActorKind::Agent, "mette"));
        assert_eq!(cli.global.teams, [Team::Payments, Team::General]);
    }

    #[test]
    fn mistakes_say_what_to_write_instead() {
        for (line, hint) in [
            ("casetrail queue --brand NB --as mette", "agent:mette"),
            ("casetrail queue --brand nb", "capital letters"),
            ("casetrail queue --brand NB --team paymnts", "payments"),
            ("casetrail traces X --timeout soon", "10s"),
            ("casetrail verify", "--data"),
        ] {
            let error = parse(line).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(hint), "{line}: {error}");
        }
    }

    #[test]
    fn every_command_teaches_with_an_example() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("casetrail {}", command.get_name())), "{}", command.get_name());
        }
    }
}
