//! The configuration of one process: what all have in common (`deployable.toml`), and its service's own
//! table.

use std::path::{Path, PathBuf};

use event_bus::nats::{NatsOptions, NatsTls};
use event_log::PostgresLogOptions;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service_kit::config::{ConfigError, Tables};
use service_kit::schema;
use service_kit::server::ServerConfig;
use service_kit::telemetry::TelemetryConfig;

/// Every common setting with its default and its meaning.
pub const DEFAULTS: &str = include_str!("../deployable.toml");

/// The tables that a file shared by all processes may hold.
const TABLES: &[&str] = &[
    "grpc",
    "telemetry",
    "postgres",
    "nats",
    "keys",
    "seals",
    "data",
    "intake",
    "routing",
    "payments_escalation",
    "notifications",
];

/// What every process is configured with.
#[derive(Debug, Clone)]
pub struct Common {
    /// The listeners.
    pub grpc: ServerConfig,
    /// Logs, traces, metrics.
    pub telemetry: TelemetryConfig,
    /// The database.
    pub postgres: PostgresConfig,
    /// The bus.
    pub nats: NatsConfig,
    /// The master key.
    pub keys: KeysConfig,
    /// Seals over the log.
    pub seals: SealsConfig,
    /// Files.
    pub data: DataConfig,
}

/// `[postgres]` in a configuration file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostgresConfig {
    /// The database's URL, with this service's role.
    pub url: String,
    /// Connections that read the log at a time.
    pub log_connections: u32,
    /// Connections to the service's own tables.
    pub store_connections: u32,
    /// How long to wait at the start, in seconds.
    pub startup_patience_seconds: u64,
}

/// `[nats]` in a configuration file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NatsConfig {
    /// The servers' URLs, separated by commas.
    pub url: String,
    /// A credentials file; empty for none.
    pub credentials_file: PathBuf,
    /// The authorities that the servers' certificates come from; empty: as the URL says.
    pub ca_file: PathBuf,
    /// Our certificate; empty for none.
    pub certificate_file: PathBuf,
    /// Its private key.
    pub key_file: PathBuf,
    /// What subjects begin with.
    pub prefix: String,
    /// Copies of the stream.
    pub stream_replicas: usize,
}

/// `[keys]` in a configuration file.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// The file with the master key; empty for none.
    pub master_key_file: PathBuf,
    /// The master key itself; empty for none.
    pub master_key: String,
    /// Files with master keys that wrapped keys before.
    pub earlier_master_key_files: Vec<PathBuf>,
    /// Which of them wraps, where several are named; the others only unwrap.
    pub current: Current,
    /// A key management service in the place of a master key.
    pub vault: VaultConfig,
    /// Another one.
    pub kms: KmsConfig,
}

/// What wraps the players' keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Current {
    /// The first that is named, of `vault`, `kms` and the master key.
    First,
    /// The key in Vault.
    Vault,
    /// The key in AWS KMS.
    Kms,
    /// The master key.
    MasterKey,
}

/// `[keys.kms]` in a configuration file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KmsConfig {
    /// The key's id, its ARN, or an alias; empty for none.
    pub key: String,
    /// The region.
    pub region: String,
    /// Where it is asked; empty for the region's usual address.
    pub endpoint: String,
}

/// `[keys.vault]` in a configuration file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultConfig {
    /// Its address; empty for none.
    pub address: String,
    /// Where its transit engine is.
    pub mount: String,
    /// The key's name.
    pub key: String,
    /// The file with the token.
    pub token_file: PathBuf,
    /// The certificates that vouch for it; empty for the public authorities.
    pub ca_file: PathBuf,
}

impl std::fmt::Debug for KeysConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeysConfig").field("master_key_file", &self.master_key_file).finish_non_exhaustive()
    }
}

/// `[seals]` in a configuration file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SealsConfig {
    /// The file with the key to sign with; empty for no seals.
    pub key_file: PathBuf,
    /// The file with the public keys of earlier seals; empty for none.
    pub trusted_keys_file: PathBuf,
    /// Files that every seal is added to as well.
    pub witness_files: Vec<PathBuf>,
}

/// `[data]` in a configuration file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// The folder.
    pub folder: PathBuf,
}

impl PostgresConfig {
    /// For one shard of `shards`, which share the connections that read.
    pub(crate) fn log_options(&self, process: &str, shard: u16, shards: u16) -> PostgresLogOptions {
        PostgresLogOptions {
            shard,
            read_connections: self.log_connections.div_ceil(u32::from(shards.max(1))),
            application_name: process.to_owned(),
            read_only: false,
        }
    }
}

impl NatsConfig {
    pub(crate) fn options(&self, process: &str, shard: u16) -> NatsOptions {
        let named = |path: &PathBuf| (!path.as_os_str().is_empty()).then(|| path.clone());
        NatsOptions {
            url: self.url.clone(),
            credentials_file: named(&self.credentials_file),
            tls: named(&self.ca_file).map(|ca_file| NatsTls {
                ca_file,
                client: named(&self.certificate_file).zip(named(&self.key_file)),
            }),
            prefix: self.prefix.clone(),
            shard,
            replicas: self.stream_replicas,
            client_name: process.to_owned(),
        }
    }
}

/// The configuration of one service's process: what all have in common, and the service's own.
#[derive(Debug, Clone)]
pub struct Config<C> {
    /// What all have in common.
    pub common: Common,
    /// The service's own table.
    pub service: C,
}

impl Common {
    /// The defaults, then `file` if given, then the environment.
    ///
    /// # Errors
    /// Names every wrong key.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::of(&Tables::load(DEFAULTS, file)?)
    }

    /// The defaults, then these settings (TOML texts, later ones win); the environment is not asked.
    ///
    /// # Errors
    /// Names every wrong key.
    pub fn from_overrides(overrides: &[&str]) -> Result<Self, ConfigError> {
        Self::of(&Tables::parse(DEFAULTS, overrides))
    }

    /// The defaults, then `file` if given, then the environment; with every setting beside it.
    ///
    /// # Errors
    /// Names every wrong key.
    pub(crate) fn read(file: Option<&Path>) -> Result<(Self, Tables), ConfigError> {
        let tables = Tables::load(DEFAULTS, file)?;
        Ok((Self::of(&tables)?, tables))
    }

    /// What makes no sense in it, a text each. Whether a server, a file or a key is there is seen only at the start.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let telemetry = self.telemetry.check().map_err(|error| error.to_string());
        let grpc = self.grpc.check().map_err(|error| error.to_string());
        [telemetry, grpc].into_iter().filter_map(Result::err).collect()
    }

    fn of(tables: &Tables) -> Result<Self, ConfigError> {
        tables.only(TABLES)?;
        Ok(Self {
            grpc: tables.table("grpc")?,
            telemetry: tables.table("telemetry")?,
            postgres: tables.table("postgres")?,
            nats: tables.table("nats")?,
            keys: tables.table("keys")?,
            seals: tables.table("seals")?,
            data: tables.table("data")?,
        })
    }
}

impl<C: DeserializeOwned> Config<C> {
    /// The defaults, then `file` if given, then the environment. `stage` is the name of the service's table.
    ///
    /// # Errors
    /// Names every wrong key.
    pub fn load(stage: &str, defaults: &str, file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::of(stage, &Tables::load(&all_defaults(defaults), file)?)
    }

    /// The defaults, then these settings (TOML texts, later ones win); the environment is not asked.
    ///
    /// # Errors
    /// Names every wrong key.
    pub fn from_overrides(stage: &str, defaults: &str, overrides: &[&str]) -> Result<Self, ConfigError> {
        Self::of(stage, &Tables::parse(&all_defaults(defaults), overrides))
    }

    /// As [`load`](Self::load), with every setting beside it.
    pub(crate) fn read(
        stage: &str,
        defaults: &str,
        file: Option<&Path>,
    ) -> Result<(Self, Tables), ConfigError> {
        let tables = Tables::load(&all_defaults(defaults), file)?;
        Ok((Self::of(stage, &tables)?, tables))
    }

    fn of(stage: &str, tables: &Tables) -> Result<Self, ConfigError> {
        Ok(Self { common: Common::of(tables)?, service: tables.table(stage)? })
    }
}

/// The schemas of the tables that all processes have in common.
pub fn schemas() -> Vec<(&'static str, serde_json::Value)> {
    vec![
        ("grpc", schema::of_table::<ServerConfig>()),
        ("telemetry", schema::of_table::<TelemetryConfig>()),
        ("postgres", schema::of_table::<PostgresConfig>()),
        ("nats", schema::of_table::<NatsConfig>()),
        ("keys", schema::of_table::<KeysConfig>()),
        ("seals", schema::of_table::<SealsConfig>()),
        ("data", schema::of_table::<DataConfig>()),
    ]
}

/// Every setting of a process with its default, documented.
pub(crate) fn all_defaults(service: &str) -> String {
    format!("{DEFAULTS}\n{service}")
}

#[cfg(test)]
mod tests {
    use service_kit::limits::LimitsConfig;
    use service_kit::tls::TlsConfig;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        answer: u32,
    }

    const SAMPLE: &str = "[intake]\nanswer = 42\n";

    fn read(overrides: &str) -> Result<Config<Sample>, ConfigError> {
        Config::from_overrides("intake", SAMPLE, &[overrides])
    }

    #[test]
    fn the_defaults_are_a_configuration() {
        let config = read("").unwrap();
        assert_eq!(config.service.answer, 42);
        assert!(config.common.grpc.address.ip().is_loopback());
        assert!(!format!("{config:?}").contains("master_key:"));
        // What is documented is what holds where nothing is said.
        assert_eq!(config.common.grpc.limits, LimitsConfig::default());
        assert_eq!(config.common.grpc.tls, TlsConfig::default());
    }

    #[test]
    fn a_wrong_key_of_any_table_is_named() {
        for (typo, key) in [
            ("[grpc]\nprot = 1", "grpc.prot"),
            ("[postgres]\nurll = 'x'", "postgres.urll"),
            ("[nats]\nstream_replicas = 'three'", "nats.stream_replicas"),
            ("[grpc.tokens]\nissuers = 'x'", "grpc.tokens.issuers"),
            ("[grpc]\nmode = 'prod'", "grpc.mode"),
            ("[grpc.limits]\nwatchs = 1", "grpc.limits.watchs"),
            ("[grpc.tls.services.'spiffe://x']\nnam = 'x'", "grpc.tls.services"),
            ("[intake]\nanswr = 1", "intake.answr"),
            ("[intaek]\n", "intaek"),
        ] {
            let error = read(typo).unwrap_err().to_string();
            assert!(error.contains(key), "{key} in: {error}");
        }
        assert!(read("[routing]\nrules = 1").is_ok(), "a file may be shared by all");
    }
}
