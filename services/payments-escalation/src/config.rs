//! Settings of payments-escalation; `default.toml` documents each of them.

use std::collections::BTreeMap;
use std::fmt;

use case::Money;
use iso_currency::Currency;
use jiff::SignedDuration;
use reqwest::Url;
use schemars::JsonSchema;
use serde::Deserialize;
use service_kit::StartError;
use standardwebhooks::Webhook;

/// Every setting with its default, as TOML under `[payments_escalation]`.
pub const DEFAULTS: &str = include_str!("../default.toml");

/// `[payments_escalation]` in a configuration file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How the payment gateway is reached, and how it reaches us.
    pub gateway: GatewayConfig,
    /// Over this amount, in minor units, two others have to agree; by ISO 4217 code.
    pub large_payout_limits_minor: BTreeMap<String, i64>,
}

/// `[payments_escalation.gateway]` in a configuration file.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// Where the gateway is, such as `https://gateway.example`.
    pub url: String,
    /// Where the gateway reaches our callbacks.
    pub callback_url: String,
    /// What the gateway signs its callbacks with: `whsec_` and at least 24 bytes in base64.
    pub callback_secret: String,
    /// How long one call may take, in milliseconds.
    pub timeout_ms: u64,
    /// How long an answer to an inquiry may take, in seconds.
    pub inquiry_answer_due_seconds: u32,
    /// How long the word on a payment may take, in seconds.
    pub execution_answer_due_seconds: u32,
}

/// Never prints the secret.
impl fmt::Debug for GatewayConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayConfig")
            .field("url", &self.url)
            .field("callback_url", &self.callback_url)
            .field("timeout_ms", &self.timeout_ms)
            .finish_non_exhaustive()
    }
}

fn wrong(key: &str, problem: impl Into<String>) -> StartError {
    StartError::Value { key: format!("payments_escalation.{key}"), problem: problem.into() }
}

impl Config {
    /// Whether the values make sense. A secret that is not there yet comes at the start.
    ///
    /// # Errors
    /// Names the first key that does not.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        self.large_payout_limits()?;
        self.gateway.base_url()?;
        self.gateway.callback_address()?;
        if self.gateway.callback_secret.is_empty() {
            Ok(())
        } else {
            self.gateway.callback_signer().map(drop)
        }
    }

    /// The large-payout limit of each currency.
    ///
    /// # Errors
    /// Names the code that is no currency, or the limit that is not above zero.
    pub(crate) fn large_payout_limits(&self) -> Result<Vec<Money>, StartError> {
        let limit = |(code, minor): (&String, &i64)| {
            let key = format!("large_payout_limits_minor.{code}");
            // Environment variables have no case of their own.
            let currency = Currency::from_code(&code.to_ascii_uppercase())
                .ok_or_else(|| wrong(&key, "is not an ISO 4217 currency; use three letters such as DKK"))?;
            if *minor > 0 {
                Ok(Money::new(*minor, currency))
            } else {
                Err(wrong(
                    &key,
                    "must be more than zero, in minor units; leave it out for two approvals always",
                ))
            }
        };
        self.large_payout_limits_minor.iter().map(limit).collect()
    }
}

impl GatewayConfig {
    /// Where the gateway is.
    ///
    /// # Errors
    /// An address that is none.
    pub(crate) fn base_url(&self) -> Result<Url, StartError> {
        url("gateway.url", &self.url)
    }

    /// Where the gateway is to call back.
    ///
    /// # Errors
    /// An address that is none.
    pub(crate) fn callback_address(&self) -> Result<Url, StartError> {
        url("gateway.callback_url", &self.callback_url)
    }

    /// Checks the signatures of callbacks.
    ///
    /// # Errors
    /// A secret that is none.
    pub(crate) fn callback_signer(&self) -> Result<Webhook, StartError> {
        // 24 bytes are 32 characters of base64.
        self.callback_secret
            .strip_prefix("whsec_")
            .filter(|encoded| encoded.trim_end_matches('=').len() >= 32)
            .and_then(|_| Webhook::new(&self.callback_secret).ok())
            .ok_or_else(|| {
                wrong("gateway.callback_secret", "must be 'whsec_' followed by at least 24 bytes in base64")
            })
    }

    pub(crate) fn inquiry_answer_due(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.inquiry_answer_due_seconds))
    }

    pub(crate) fn execution_answer_due(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.execution_answer_due_seconds))
    }
}

fn url(key: &str, text: &str) -> Result<Url, StartError> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| wrong(key, format!("'{text}' is not an http or https address")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        payments_escalation: Config,
    }

    fn read(overrides: &str) -> Config {
        service_kit::config::parse::<File>(DEFAULTS, overrides).unwrap().payments_escalation
    }

    #[test]
    fn the_defaults_read_and_lack_only_the_secret() {
        let config = read("");
        let limits = config.large_payout_limits().unwrap();
        assert!(limits.contains(&Money::new(1_000_000, Currency::DKK)));
        assert!(config.gateway.base_url().is_ok() && config.gateway.callback_address().is_ok());
        let error = config.gateway.callback_signer().err().unwrap().to_string();
        assert!(error.contains("payments_escalation.gateway.callback_secret"), "{error}");
    }

    #[test]
    fn a_wrong_value_is_named_with_its_key() {
        let limits = |text: &str| {
            read(&format!("[payments_escalation.large_payout_limits_minor]\n{text}"))
                .large_payout_limits()
                .unwrap_err()
                .to_string()
        };
        assert!(limits("DKX = 5").contains("large_payout_limits_minor.DKX"));
        assert!(limits("EUR = 0").contains("large_payout_limits_minor.EUR"));
        let gateway = read("[payments_escalation.gateway]\nurl = 'gateway'\n").gateway;
        assert!(gateway.base_url().unwrap_err().to_string().contains("gateway.url"));
    }

    #[test]
    fn a_typo_names_its_key() {
        let typo =
            service_kit::config::parse::<File>(DEFAULTS, "[payments_escalation.gateway]\nurll = 'x'\n");
        assert!(typo.unwrap_err().to_string().contains("payments_escalation.gateway.urll"));
    }

    #[test]
    fn the_secret_is_not_shown() {
        let secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
        let config = read(&format!("[payments_escalation.gateway]\ncallback_secret = '{secret}'\n"));
        assert!(config.gateway.callback_signer().is_ok());
        assert!(!format!("{config:?}").contains("whsec"));
    }
}
