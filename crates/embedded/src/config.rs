//! The configuration of everything in one process: each service's own defaults, and what the process
//! itself needs (`embedded.toml`).

use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use service_kit::config::{self, ConfigError};
use service_kit::schema;
use service_kit::server::ServerConfig;
use service_kit::telemetry::TelemetryConfig;

/// Every setting with its default and its meaning.
const DEFAULTS: &[&str] = &[
    include_str!("../embedded.toml"),
    intake::DEFAULTS,
    routing::DEFAULTS,
    payments_escalation::DEFAULTS,
    notifications::DEFAULTS,
];

/// Everything in one process.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The listeners.
    pub grpc: ServerConfig,
    /// Logs, traces, metrics.
    pub telemetry: TelemetryConfig,
    /// The sandbox gateway.
    pub gateway: GatewayConfig,
    /// Intake.
    pub intake: intake::Config,
    /// Routing.
    pub routing: routing::Config,
    /// Payments-escalation.
    pub payments_escalation: payments_escalation::Config,
    /// Notifications.
    pub notifications: notifications::Config,
}

/// `[gateway]`: the sandbox gateway.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// Its port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// How long an answer to an inquiry takes when the transaction id says `LATE`, in milliseconds.
    pub late_reply_ms: u64,
    /// How long other callbacks take, in milliseconds.
    pub callback_delay_ms: u64,
}

impl GatewayConfig {
    pub(crate) fn sandbox(&self, callback_secret: &str) -> sandbox_gateway::Config {
        sandbox_gateway::Config {
            port: self.port,
            late_reply_ms: self.late_reply_ms,
            callback_delay_ms: self.callback_delay_ms,
            ..sandbox_gateway::Config::with_secret(callback_secret)
        }
    }
}

impl Config {
    /// The defaults, then `file` if given, then the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        config::load(&Self::defaults(), file)
    }

    /// The defaults, then these settings (TOML texts, later ones win); the environment is not asked. For
    /// tests.
    pub fn from_overrides(overrides: &[&str]) -> Result<Self, ConfigError> {
        config::parse_all(&Self::defaults(), overrides)
    }

    /// The JSON Schema of a configuration file.
    pub fn schema() -> Result<serde_json::Value, ConfigError> {
        let tables = [
            ("grpc", schema::of_table::<ServerConfig>()),
            ("telemetry", schema::of_table::<TelemetryConfig>()),
            ("gateway", schema::of_table::<GatewayConfig>()),
            ("intake", schema::of_table::<intake::Config>()),
            ("routing", schema::of_table::<routing::Config>()),
            ("payments_escalation", schema::of_table::<payments_escalation::Config>()),
            ("notifications", schema::of_table::<notifications::Config>()),
        ];
        schema::of_file("casetrail dev", tables, &Self::defaults())
    }

    /// Every setting with its default, documented: what a configuration file may hold.
    pub fn defaults() -> String {
        DEFAULTS.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_a_configuration() {
        let config = Config::from_overrides(&[]).unwrap();
        // What is documented is what holds where nothing is said.
        assert_eq!(config.grpc.limits, service_kit::limits::LimitsConfig::default());
    }

    #[test]
    fn a_typo_in_any_table_names_its_key() {
        for (typo, key) in [
            ("[grpc]\nprot = 1", "grpc.prot"),
            ("[intake]\nevidence_max = 1", "intake.evidence_max"),
            ("[payments_escalation.gateway]\nurll = 'x'", "payments_escalation.gateway.urll"),
            ("[notificatons]\n", "notificatons"),
        ] {
            let error = Config::from_overrides(&[typo]).unwrap_err().to_string();
            assert!(error.contains(key), "{key} in: {error}");
        }
    }
}
