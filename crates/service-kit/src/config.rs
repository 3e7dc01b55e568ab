//! Configuration: defaults, then a file, then the environment (`CASETRAIL__SECTION__KEY`). Every error
//! names its key and where it came from.

use std::path::Path;

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::de::DeserializeOwned;

/// The prefix of environment variables that override configuration.
pub const ENV_PREFIX: &str = "CASETRAIL__";

/// Why a configuration cannot be used: one line per wrong key.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is wrong:\n  {0}")]
pub struct ConfigError(String);

/// Reads `defaults` (TOML text), then `file` if given, then the environment.
pub fn load<C: DeserializeOwned>(defaults: &str, file: Option<&Path>) -> Result<C, ConfigError> {
    let mut figment = Figment::new().merge(Toml::string(defaults));
    if let Some(path) = file {
        if !path.is_file() {
            return Err(ConfigError(format!("the file {} does not exist", path.display())));
        }
        figment = figment.merge(Toml::file_exact(path));
    }
    read(figment.merge(Env::prefixed(ENV_PREFIX).split("__")))
}

/// Reads a configuration from TOML text alone: defaults, and what tests override.
pub fn parse<C: DeserializeOwned>(defaults: &str, overrides: &str) -> Result<C, ConfigError> {
    read(Figment::new().merge(Toml::string(defaults)).merge(Toml::string(overrides)))
}

fn read<C: DeserializeOwned>(figment: Figment) -> Result<C, ConfigError> {
    figment.extract().map_err(|errors| {
        let lines: Vec<String> = errors.into_iter().map(|error| describe(&error)).collect();
        ConfigError(lines.join("\n  "))
    })
}

fn describe(error: &figment::Error) -> String {
    let mut key = error.path.join(".");
    if let figment::error::Kind::UnknownField(field, _) = &error.kind {
        // The path ends in the table that holds the unknown key.
        if error.path.last().is_none_or(|last| last != field) {
            key = if key.is_empty() { field.clone() } else { format!("{key}.{field}") };
        }
    }
    let source = error.metadata.as_ref().and_then(|metadata| metadata.source.as_ref());
    let place = match (source, error.metadata.as_ref()) {
        (Some(source), _) => format!(" (in {source})"),
        (None, Some(metadata)) => format!(" (from {})", metadata.name),
        (None, None) => String::new(),
    };
    format!("{key}: {}{place}", error.kind)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        grpc: Grpc,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Grpc {
        port: u16,
    }

    const DEFAULTS: &str = "[grpc]\nport = 7700\n";

    #[test]
    fn a_typo_names_its_key_and_what_was_expected() {
        let error = parse::<Sample>(DEFAULTS, "[grpc]\nprot = 1\n").unwrap_err().to_string();
        assert!(error.contains("grpc.prot"), "{error}");
        assert!(error.contains("port"), "{error}");
    }

    #[test]
    fn a_wrong_type_names_its_key() {
        let error = parse::<Sample>(DEFAULTS, "[grpc]\nport = \"many\"\n").unwrap_err().to_string();
        assert!(error.contains("grpc.port"), "{error}");
    }

    #[test]
    fn overrides_win() {
        assert_eq!(parse::<Sample>(DEFAULTS, "[grpc]\nport = 1\n").unwrap().grpc.port, 1);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load::<Sample>(DEFAULTS, Some(Path::new("/nonexistent/casetrail.toml"))).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/casetrail.toml"));
    }
}
