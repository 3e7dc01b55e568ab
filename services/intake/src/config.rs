//! Settings of intake; `default.toml` documents each of them.

use std::path::PathBuf;

use case::Language;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;
use service_kit::StartError;

/// Every setting with its default, as TOML under `[intake]`.
pub const DEFAULTS: &str = include_str!("../default.toml");

/// `[intake]` in a configuration file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where evidence is kept: a folder in the data folder, or an absolute path.
    pub evidence_folder: PathBuf,
    /// How many cases make a pattern.
    pub pattern_threshold: u32,
    /// How far apart they may have been opened, in minutes.
    pub pattern_window_minutes: u32,
    /// The language to answer in when nothing tells.
    pub assumed_language: Language,
}

fn wrong(key: &str, problem: &str) -> StartError {
    StartError::Value { key: format!("intake.{key}"), problem: problem.to_owned() }
}

impl Config {
    /// Whether the values make sense.
    ///
    /// # Errors
    /// Names the first key that does not.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        if self.evidence_folder.as_os_str().is_empty() {
            return Err(wrong("evidence_folder", "is empty; name a folder, such as evidence"));
        }
        if self.pattern_threshold < 2 {
            return Err(wrong("pattern_threshold", "must be at least 2: one case is no pattern"));
        }
        if self.pattern_window_minutes == 0 {
            return Err(wrong("pattern_window_minutes", "must be at least 1"));
        }
        Ok(())
    }

    pub(crate) fn pattern_window(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.pattern_window_minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        intake: Config,
    }

    fn read(overrides: &str) -> Result<Config, service_kit::config::ConfigError> {
        let text = format!("[intake]\n{overrides}\n");
        service_kit::config::parse::<File>(DEFAULTS, &text).map(|file| file.intake)
    }

    #[test]
    fn the_defaults_read_and_make_sense() {
        let config = read("").unwrap();
        config.check().unwrap();
        assert_eq!((config.pattern_threshold, config.assumed_language), (10, Language::En));
        assert_eq!(config.pattern_window(), SignedDuration::from_hours(1));
    }

    #[test]
    fn a_wrong_value_is_named_with_its_key() {
        for (key, value) in
            [("evidence_folder", "''"), ("pattern_threshold", "1"), ("pattern_window_minutes", "0")]
        {
            let error = read(&format!("{key} = {value}")).unwrap().check().unwrap_err().to_string();
            assert!(error.contains(&format!("intake.{key}")), "{error}");
        }
    }

    #[test]
    fn a_typo_or_an_unknown_language_names_its_key() {
        for (key, value) in [("pattern_treshold", "5"), ("assumed_language", "'xx'")] {
            let error = read(&format!("{key} = {value}")).unwrap_err().to_string();
            assert!(error.contains(&format!("intake.{key}")), "{error}");
        }
    }
}
