//! Settings of intake; `default.toml` documents each of them.

use std::time::Duration;

use case::Language;
use evidence::{Address, Clamd, Examination, Limits};
use history::ReadLimits;
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
    /// What happens to the files that players send.
    pub evidence: EvidenceConfig,
    /// How many cases make a pattern.
    pub pattern_threshold: u32,
    /// How far apart they may have been opened, in minutes.
    pub pattern_window_minutes: u32,
    /// The language to answer in when nothing tells.
    pub assumed_language: Language,
    /// How many different cases an agent may open within an hour.
    pub cases_read_per_hour: u32,
}

/// `[intake.evidence]`: what happens to the files that players send.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceConfig {
    /// Where they are kept: a folder in the data folder, an absolute path, or a bucket.
    pub store: String,
    /// Where the scanner listens; empty for none.
    pub clamav: String,
    /// How long the scanner may take for a file, in seconds.
    pub clamav_timeout_seconds: u64,
    /// A picture: at most this many pixels.
    pub pixels: u64,
    /// A player: at most this many files on all their cases together.
    pub player_files: u64,
    /// A player: no more files once those there are, are this large together, in bytes.
    pub player_bytes: u64,
    /// Of which media types files are kept as they came too, beside what was made of them.
    pub keep_originals: Vec<String>,
    /// How long leave to look at a file holds, in minutes.
    pub grant_minutes: u32,
    /// How long the pieces of an upload wait for the next one, in hours.
    pub upload_retention_hours: u32,
}

/// The media types whose files are kept otherwise than they came.
const WRITTEN_ANEW: [&str; 3] = ["image/jpeg", "image/png", "image/heic"];

impl EvidenceConfig {
    fn check(&self) -> Result<(), StartError> {
        let positive = [
            ("clamav_timeout_seconds", self.clamav_timeout_seconds),
            ("pixels", self.pixels),
            ("player_files", self.player_files),
            ("player_bytes", self.player_bytes),
            ("grant_minutes", u64::from(self.grant_minutes)),
            ("upload_retention_hours", u64::from(self.upload_retention_hours)),
        ];
        if self.store.trim().is_empty() {
            return Err(wrong("evidence.store", "is empty; name a folder, such as evidence"));
        }
        if let Some(other) = self.keep_originals.iter().find(|kept| !WRITTEN_ANEW.contains(&kept.as_str())) {
            let problem = format!(
                "'{other}' is none of {}: of these what is kept differs from what came",
                WRITTEN_ANEW.join(", ")
            );
            return Err(wrong("evidence.keep_originals", &problem));
        }
        match positive.iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(wrong(&format!("evidence.{key}"), "must be at least 1")),
            None => self.examination().map(drop),
        }
    }

    pub(crate) fn examination(&self) -> Result<Examination, StartError> {
        let limits = Limits { pixels: self.pixels, ..Limits::default() };
        if self.clamav.is_empty() {
            return Ok(Examination::new(limits, None));
        }
        let address: Address =
            self.clamav.parse().map_err(|error| wrong("evidence.clamav", &format!("{error}")))?;
        let scanner = Clamd::new(address, Duration::from_secs(self.clamav_timeout_seconds));
        Ok(Examination::new(limits, Some(scanner)))
    }

    pub(crate) fn grant(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.grant_minutes))
    }

    pub(crate) fn retention(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.upload_retention_hours))
    }
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
        self.evidence.check()?;
        if self.pattern_threshold < 2 {
            return Err(wrong("pattern_threshold", "must be at least 2: one case is no pattern"));
        }
        if self.pattern_window_minutes == 0 {
            return Err(wrong("pattern_window_minutes", "must be at least 1"));
        }
        if self.cases_read_per_hour == 0 {
            return Err(wrong("cases_read_per_hour", "must be at least 1"));
        }
        Ok(())
    }

    pub(crate) fn read_limits(&self) -> ReadLimits {
        let cases = usize::try_from(self.cases_read_per_hour).unwrap_or(usize::MAX);
        ReadLimits { cases, ..ReadLimits::default() }
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
        for (key, value) in [
            ("evidence.store", "''"),
            ("evidence.clamav", "'clamd:3310'"),
            ("evidence.pixels", "0"),
            ("evidence.grant_minutes", "0"),
            ("pattern_threshold", "1"),
            ("pattern_window_minutes", "0"),
            ("cases_read_per_hour", "0"),
        ] {
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
