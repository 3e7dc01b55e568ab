//! Configuration: defaults, then a file, then the environment (`CASETRAIL__SECTION__KEY`). Every error
//! names its key and where it came from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use figment::Figment;
use figment::error::Kind;
use figment::providers::{Env, Format, Toml};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The prefix of environment variables that override configuration.
pub const ENV_PREFIX: &str = "CASETRAIL__";

/// Why a configuration cannot be used: one line per wrong key.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is wrong:\n  {0}")]
pub struct ConfigError(String);

/// Reads `defaults` (TOML text), then `file` if given, then the environment.
pub fn load<C: DeserializeOwned>(defaults: &str, file: Option<&Path>) -> Result<C, ConfigError> {
    extracted(layered(defaults, file)?.extract())
}

/// Reads a configuration from TOML text alone: defaults, and what tests override.
pub fn parse<C: DeserializeOwned>(defaults: &str, overrides: &str) -> Result<C, ConfigError> {
    parse_all(defaults, &[overrides])
}

/// As [`parse`], with several texts that override; later ones win.
pub fn parse_all<C: DeserializeOwned>(defaults: &str, overrides: &[&str]) -> Result<C, ConfigError> {
    extracted(overridden(defaults, overrides).extract())
}

fn layered(defaults: &str, file: Option<&Path>) -> Result<Figment, ConfigError> {
    let mut figment = Figment::new().merge(Toml::string(defaults));
    if let Some(path) = file {
        if !path.is_file() {
            return Err(ConfigError(format!("the file {} does not exist", path.display())));
        }
        figment = figment.merge(Toml::file_exact(path));
    }
    Ok(figment.merge(Env::prefixed(ENV_PREFIX).split("__")))
}

fn overridden(defaults: &str, overrides: &[&str]) -> Figment {
    let defaults = Figment::new().merge(Toml::string(defaults));
    overrides.iter().fold(defaults, |figment, text| figment.merge(Toml::string(text)))
}

/// A configuration of several tables that belong to different parts of a process, read table by table.
pub struct Tables(Figment);

impl Tables {
    /// `defaults` (TOML text), then `file` if given, then the environment.
    pub fn load(defaults: &str, file: Option<&Path>) -> Result<Self, ConfigError> {
        Ok(Self(layered(defaults, file)?))
    }

    /// TOML text alone: defaults, and what overrides them, the last one first of all.
    pub fn parse(defaults: &str, overrides: &[&str]) -> Self {
        Self(overridden(defaults, overrides))
    }

    /// One table.
    pub fn table<C: DeserializeOwned>(&self, name: &str) -> Result<C, ConfigError> {
        // Not `extract_inner`: it puts the table's name at the end of an error's path.
        extracted(self.0.focus(name).extract().map_err(|errors| within(name, errors)))
    }

    /// Refuses a table of any other name: most likely a typo. A file may be shared by several processes,
    /// so `known` may hold more than one of them reads.
    pub fn only(&self, known: &[&str]) -> Result<(), ConfigError> {
        let tables: figment::value::Dict = extracted(self.0.extract())?;
        let unknown = tables.keys().filter(|name| !known.contains(&name.as_str()));
        let lines: Vec<String> = unknown
            .map(|name| format!("{name}: there is no such table; there are {}", known.join(", ")))
            .collect();
        if lines.is_empty() { Ok(()) } else { Err(ConfigError(lines.join("\n  "))) }
    }
}

impl Tables {
    /// The keys of the settings that are others than they were `before`.
    pub fn changed(&self, before: &Self) -> Result<Vec<String>, ConfigError> {
        let (now, before) = (self.settings()?, before.settings()?);
        let keys = now.keys().chain(before.keys()).collect::<BTreeSet<_>>();
        Ok(keys.into_iter().filter(|key| now.get(*key) != before.get(*key)).cloned().collect())
    }

    /// Every table as it is in the end.
    pub(crate) fn all(&self) -> Result<Value, ConfigError> {
        extracted(self.0.extract())
    }

    fn settings(&self) -> Result<BTreeMap<String, Value>, ConfigError> {
        let tables: BTreeMap<String, Value> = extracted(self.0.extract())?;
        let mut settings = BTreeMap::new();
        for (name, value) in tables {
            flatten(name, value, &mut settings);
        }
        Ok(settings)
    }

    /// Every setting as it is in the end, by its whole key, such as `grpc.address`; secrets are hidden.
    pub fn shown(&self) -> Result<BTreeMap<String, Value>, ConfigError> {
        let mut shown = self.settings()?;
        for (key, value) in &mut shown {
            hide(key, value);
        }
        Ok(shown)
    }
}

/// Takes tables apart; lists stay whole.
fn flatten(key: String, value: Value, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(below) => {
            for (name, value) in below {
                flatten(format!("{key}.{name}"), value, into);
            }
        }
        value => {
            into.insert(key, value);
        }
    }
}

/// What stands in the place of a secret.
const HIDDEN: &str = "(hidden)";

/// Hides what nobody should read over an operator's shoulder: secrets whole, of a URL its password.
fn hide(key: &str, value: &mut Value) {
    match value {
        Value::Object(below) => below.iter_mut().for_each(|(name, value)| hide(name, value)),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(key, item)),
        Value::String(text) if is_secret(key) && !key.ends_with("_file") && !text.is_empty() => {
            *text = match text.split_once("://") {
                Some((scheme, rest)) => format!("{scheme}://{}", without_password(rest)),
                None => HIDDEN.to_owned(),
            };
        }
        _ => {}
    }
}

/// What follows a URL's scheme, its password hidden.
fn without_password(rest: &str) -> String {
    // The last one: a password may hold any letter, and rather too much is hidden than too little.
    match rest.rsplit_once('@') {
        Some((who, host)) => {
            let name = who.split(':').next().unwrap_or_default();
            format!("{name}:{HIDDEN}@{host}")
        }
        None => rest.to_owned(),
    }
}

/// The same errors, their keys seen from the root.
fn within(table: &str, errors: figment::Error) -> figment::Error {
    let named = |mut error: figment::Error| {
        error.path.insert(0, table.to_owned());
        error
    };
    let mut all = errors.into_iter().map(named);
    let first = all.next().unwrap_or_else(|| Kind::MissingField(table.to_owned().into()).into());
    all.fold(first, figment::Error::chain)
}

fn extracted<C>(extracted: Result<C, figment::Error>) -> Result<C, ConfigError> {
    extracted.map_err(|errors| {
        let lines: Vec<String> = errors.into_iter().map(|error| describe(&error)).collect();
        ConfigError(lines.join("\n  "))
    })
}

/// Whether what stands under this key must not be printed, not even to say that it is wrong.
fn is_secret(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    ["secret", "password", "master_key", "url"].iter().any(|word| last.contains(word))
}

fn describe(error: &figment::Error) -> String {
    let mut key = error.path.join(".");
    if let Kind::UnknownField(field, _) = &error.kind {
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
    match &error.kind {
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) if is_secret(&key) => {
            format!("{key}: expected {expected}{place}")
        }
        kind => format!("{key}: {kind}{place}"),
    }
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
    fn what_is_shown_hides_secrets_and_passwords() {
        let text = "[grpc]\nport = 7701\n[keys]\nmaster_key = 'd0d0'\nmaster_key_file = '/etc/key'\n[postgres]\n\
                    url = 'postgres://intake:s/e@h0rse@db.example/casetrail'\n[hooks]\n\
                    teams = [{ url = 'https://hooks.example/a', secret = 'whsec_1' }]\n[nats]\nurl = ''\n";
        let shown = Tables::parse(DEFAULTS, &[text]).shown().unwrap();
        let said = |key: &str| shown[key].to_string();
        assert_eq!(said("grpc.port"), "7701");
        assert_eq!(said("keys.master_key"), "\"(hidden)\"");
        assert_eq!(said("keys.master_key_file"), "\"/etc/key\"");
        assert_eq!(said("nats.url"), "\"\"", "nothing to hide");
        assert!(!said("hooks.teams").contains("whsec"), "{}", said("hooks.teams"));
        assert!(said("hooks.teams").contains("https://hooks.example/a"));
        let all = format!("{shown:?}");
        assert!(!all.contains("h0rse"), "{all}");
        assert!(said("postgres.url").contains("db.example/casetrail"), "{}", said("postgres.url"));
    }

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
    fn what_has_changed_is_named_secrets_too() {
        let tables = |text: &str| Tables::parse(DEFAULTS, &[text]);
        let before = tables("[grpc]\nport = 1\n[keys]\nmaster_key = 'a'\n[nats]\nurl = 'x'\n");
        let after = tables("[grpc]\nport = 1\n[keys]\nmaster_key = 'b'\n");
        assert_eq!(after.changed(&before).unwrap(), ["keys.master_key", "nats.url"]);
        assert!(before.changed(&before).unwrap().is_empty());
    }

    #[test]
    fn overrides_win() {
        assert_eq!(parse::<Sample>(DEFAULTS, "[grpc]\nport = 1\n").unwrap().grpc.port, 1);
    }

    #[test]
    fn a_table_is_read_by_its_name_and_names_its_keys() {
        let tables = Tables::parse(DEFAULTS, &["[grpc]\nport = 7\n[intake]\nx = 1\n"]);
        assert_eq!(tables.table::<Grpc>("grpc").unwrap().port, 7);
        let wrong = Tables::parse(DEFAULTS, &["[grpc]\nport = 'many'\n"]).table::<Grpc>("grpc");
        assert!(wrong.err().unwrap().to_string().contains("grpc.port"));
        let typo = Tables::parse(DEFAULTS, &["[grpc]\nprot = 1\n"]).table::<Grpc>("grpc");
        assert!(typo.err().unwrap().to_string().contains("grpc.prot"));
        assert!(tables.only(&["grpc", "intake"]).is_ok());
        assert!(tables.only(&["grpc"]).unwrap_err().to_string().contains("intake: there is no such table"));
    }

    #[test]
    fn a_secret_of_a_wrong_type_is_not_printed() {
        #[derive(Debug, Deserialize)]
        struct Keys {
            #[serde(rename = "master_key")]
            _master_key: String,
        }
        let wrong = Tables::parse("", &["[keys]\nmaster_key = 12345678"]).table::<Keys>("keys");
        let error = wrong.err().unwrap().to_string();
        assert!(error.contains("keys.master_key") && !error.contains("12345678"), "{error}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load::<Sample>(DEFAULTS, Some(Path::new("/nonexistent/casetrail.toml"))).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/casetrail.toml"));
    }
}
