//! `[notifications]` in a configuration file: how players, teams and agents are reached. Every key is
//! explained in `default.toml`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use case::notifications::{Circumstances, QuietHours, time_zone};
use case::{Brand, Team};
use schemars::JsonSchema;
use serde::Deserialize;
use service_kit::StartError;

use crate::delivery::{ConfigError, Secret, SmtpConfig, SmtpTransport, WebhookConfig};

/// The defaults, with an explanation of every key: TOML with the one table `[notifications]`.
pub const DEFAULTS: &str = include_str!("../default.toml");

/// The table `[notifications]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where a player of unknown time zone is taken to live, and in which teams read moments.
    pub default_time_zone: String,
    /// Seconds to wait after each failed try; the last one holds for all further tries.
    pub retry_after_seconds: Vec<u32>,
    /// When no marketing is sent.
    pub marketing_quiet_hours: Hours,
    /// Where messages land that nothing else is configured for.
    pub outbox: Outbox,
    /// The mail server.
    pub smtp: Option<SmtpConfig>,
    /// What holds for brands that are not named.
    pub default_brand: BrandConfig,
    /// Brands, by their letters.
    #[serde(default)]
    pub brands: BTreeMap<String, BrandConfig>,
}

/// From one hour of the local day until another.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// 0 to 23.
    pub from_hour: u8,
    /// 0 to 23, another one.
    pub until_hour: u8,
}

/// The outbox folder.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outbox {
    /// Whether it is used at all.
    pub enabled: bool,
    /// The folder; a relative one is inside the data folder.
    pub folder: PathBuf,
}

/// How one brand reaches people.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrandConfig {
    /// The sender of e-mail.
    pub from: String,
    /// Takes messages for players on: chat, member area, SMS.
    pub player_webhook: Option<Endpoint>,
    /// Takes messages for agents on, and for teams without a webhook of their own.
    pub staff_webhook: Option<Endpoint>,
    /// Take messages for teams on, by the team's name.
    #[serde(default)]
    pub team_webhooks: BTreeMap<String, Endpoint>,
}

/// A webhook's receiver.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Its address.
    pub url: String,
    /// What messages to it are signed with.
    pub secret: Secret,
    /// How long a call may take, in milliseconds.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// Whether an address without TLS is called.
    #[serde(default)]
    pub allow_http: bool,
}

fn default_timeout_ms() -> u64 {
    10_000
}

/// A key of this configuration whose value makes no sense.
pub(crate) fn wrong_value(key: impl AsRef<str>, problem: impl ToString) -> StartError {
    StartError::Value { key: format!("notifications.{}", key.as_ref()), problem: problem.to_string() }
}

/// Likewise, of the webhook under this key.
pub(crate) fn wrong_webhook(key: &str, error: &ConfigError) -> StartError {
    let setting = error.setting.strip_prefix("webhook").unwrap_or(error.setting);
    wrong_value(format!("{key}{setting}"), &error.problem)
}

impl Endpoint {
    /// How it is posted to.
    pub(crate) fn webhook(&self) -> WebhookConfig {
        let Self { secret, timeout_ms, allow_http, .. } = self.clone();
        WebhookConfig { secret, timeout_ms, allow_http }
    }

    fn check(&self, key: &str) -> Result<(), StartError> {
        self.webhook().check(&self.url).map_err(|error| wrong_webhook(key, &error))
    }
}

impl Config {
    /// Checks what the types alone cannot say.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        if time_zone(&self.default_time_zone).is_none() {
            let problem = format!(
                "'{}' is not an IANA time zone; use one such as Europe/Copenhagen",
                self.default_time_zone
            );
            return Err(wrong_value("default_time_zone", problem));
        }
        if self.retry_after_seconds.is_empty() || self.retry_after_seconds.contains(&0) {
            return Err(wrong_value(
                "retry_after_seconds",
                "give at least one wait, each of a second or more",
            ));
        }
        self.marketing_quiet()?;
        for (name, brand) in &self.brands {
            name.parse::<Brand>().map_err(|error| wrong_value(format!("brands.{name}"), error))?;
            brand.check(&format!("brands.{name}"))?;
        }
        if let Some(smtp) = &self.smtp {
            SmtpTransport::new(smtp).map_err(|error| wrong_value(error.setting, error.problem))?;
        }
        self.default_brand.check("default_brand")
    }

    fn marketing_quiet(&self) -> Result<QuietHours, StartError> {
        let Hours { from_hour, until_hour } = self.marketing_quiet_hours;
        QuietHours::new(from_hour, until_hour).map_err(|error| wrong_value("marketing_quiet_hours", error))
    }

    /// What the rules need to know of the configuration; nothing yet of the player.
    pub(crate) fn circumstances(&self) -> Circumstances {
        Circumstances {
            marketing_quiet: self.marketing_quiet().unwrap_or(QuietHours::MARKETING),
            default_time_zone: self.default_time_zone.clone(),
            ..Circumstances::default()
        }
    }
}

impl BrandConfig {
    fn check(&self, section: &str) -> Result<(), StartError> {
        self.from
            .parse::<lettre::message::Mailbox>()
            .map_err(|error| wrong_value(format!("{section}.from"), format!("'{}': {error}", self.from)))?;
        for team in self.team_webhooks.keys() {
            team.parse::<Team>()
                .map_err(|error| wrong_value(format!("{section}.team_webhooks.{team}"), error))?;
        }
        let of_people = [("player_webhook", &self.player_webhook), ("staff_webhook", &self.staff_webhook)];
        let of_people =
            of_people.into_iter().filter_map(|(name, one)| Some((name.to_owned(), one.as_ref()?)));
        let of_teams = self.team_webhooks.iter().map(|(team, one)| (format!("team_webhooks.{team}"), one));
        for (name, endpoint) in of_people.chain(of_teams) {
            endpoint.check(&format!("{section}.{name}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        notifications: Config,
    }

    fn read(overrides: &str) -> Result<Config, String> {
        let file: File =
            service_kit::config::parse(DEFAULTS, overrides).map_err(|error| error.to_string())?;
        file.notifications.check().map_err(|error| error.to_string())?;
        Ok(file.notifications)
    }

    #[test]
    fn the_defaults_make_sense_and_need_nothing_installed() {
        let config = read("").unwrap();
        assert!(config.smtp.is_none() && config.outbox.enabled);
        assert_eq!(config.circumstances().marketing_quiet, QuietHours::MARKETING);
    }

    #[test]
    fn every_example_in_the_defaults_reads_when_it_is_uncommented() {
        let uncommented: String = DEFAULTS
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| is_toml(rest)).unwrap_or(line))
            .map(|line| line.strip_prefix("# ").filter(|rest| is_toml(rest)).unwrap_or(line))
            .flat_map(|line| [line, "\n"])
            .collect();
        let uncommented = uncommented.replace(
            "[notifications.brands.NB.player_webhook]",
            "[notifications.brands.NB]\nfrom = \"NB <support@nb.example>\"\n[notifications.brands.NB.player_webhook]",
        );
        // What stands in the place of a secret is none.
        assert!(read(&uncommented).unwrap_err().contains("webhook.secret"));
        let config =
            read(&uncommented.replace("whsec_...", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap();
        assert_eq!(config.smtp.unwrap().port, Some(587));
        let brand = &config.brands["NB"];
        assert!(brand.player_webhook.is_some() && brand.staff_webhook.is_some());
        assert!(brand.team_webhooks.contains_key("payments"));
    }

    fn is_toml(line: &str) -> bool {
        line.starts_with("[notifications.") && !line.ends_with("NB]")
            || line
                .split_once(" = ")
                .is_some_and(|(key, _)| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
            || line.starts_with("# ")
    }

    #[test]
    fn a_wrong_value_names_its_key_and_what_to_write() {
        let table = [
            (
                "[notifications]\ndefault_time_zone = \"Europe/Atlantis\"",
                "default_time_zone",
                "Europe/Copenhagen",
            ),
            ("[notifications]\nretry_after_seconds = []", "retry_after_seconds", "at least one"),
            ("[notifications.marketing_quiet_hours]\nfrom_hour = 24", "marketing_quiet_hours", "0 to 23"),
            ("[notifications.default_brand]\nfrom = \"nobody\"", "default_brand.from", "nobody"),
            ("[notifications.brands.nordbet]\nfrom = \"a@b.example\"", "brands.nordbet", "capital letters"),
            ("[notifications.outbox]\nfoldr = \"x\"", "notifications.outbox.foldr", "folder"),
            (
                "[notifications.brands.NB]\nfrom = \"a@b.example\"\n[notifications.brands.NB.team_webhooks.paymnts]\nurl = \"\"\nsecret = \"\"",
                "brands.NB.team_webhooks.paymnts",
                "payments",
            ),
        ];
        for (overrides, key, hint) in table {
            let error = read(overrides).unwrap_err();
            assert!(error.contains(key) && error.contains(hint), "{overrides}: {error}");
        }
    }
}
