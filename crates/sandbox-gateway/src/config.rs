//! How the sandbox gateway is set up.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use standardwebhooks::Webhook;

/// Settings of the sandbox gateway. Times pass on the clock that it is started with.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens: this machine alone, unless it stands in a container of its own.
    #[serde(default = "loopback")]
    pub address: IpAddr,
    /// The port there; 0 takes a free one.
    #[serde(default)]
    pub port: u16,
    /// What callbacks are signed with: `whsec_` and at least 24 bytes in base64.
    pub callback_secret: String,
    /// How long a `LATE` reply takes, in milliseconds.
    #[serde(default = "late_reply_ms")]
    pub late_reply_ms: u64,
    /// How long other callbacks take, in milliseconds.
    #[serde(default = "callback_delay_ms")]
    pub callback_delay_ms: u64,
    /// How often a callback is tried before it is given up.
    #[serde(default = "callback_attempts")]
    pub callback_attempts: u32,
    /// The wait before the second try, in milliseconds; it doubles with every try, up to a minute.
    #[serde(default = "callback_backoff_ms")]
    pub callback_backoff_ms: u64,
}

fn loopback() -> IpAddr {
    IpAddr::V4(Ipv4Addr::LOCALHOST)
}

fn late_reply_ms() -> u64 {
    20_000
}

fn callback_delay_ms() -> u64 {
    300
}

fn callback_attempts() -> u32 {
    10
}

fn callback_backoff_ms() -> u64 {
    250
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("address", &self.address)
            .field("port", &self.port)
            .field("late_reply_ms", &self.late_reply_ms)
            .field("callback_delay_ms", &self.callback_delay_ms)
            .field("callback_attempts", &self.callback_attempts)
            .field("callback_backoff_ms", &self.callback_backoff_ms)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// The defaults, with this secret, on a free port.
    pub fn with_secret(callback_secret: impl Into<String>) -> Self {
        Self {
            address: loopback(),
            port: 0,
            callback_secret: callback_secret.into(),
            late_reply_ms: late_reply_ms(),
            callback_delay_ms: callback_delay_ms(),
            callback_attempts: callback_attempts(),
            callback_backoff_ms: callback_backoff_ms(),
        }
    }

    /// The signer, if the secret is fit for one.
    pub(crate) fn signer(&self) -> Option<Webhook> {
        let key = STANDARD.decode(self.callback_secret.strip_prefix("whsec_")?).ok()?;
        if key.len() < 24 {
            return None;
        }
        Webhook::from_bytes(key).ok()
    }

    /// The wait after the given number of failed tries.
    pub(crate) fn backoff(&self, failed: u32) -> Duration {
        let factor = 1_u64.checked_shl(failed.saturating_sub(1)).unwrap_or(u64::MAX);
        Duration::from_millis(self.callback_backoff_ms.saturating_mul(factor).min(60_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_minute() {
        let config = Config::with_secret("");
        let waits = [1, 2, 3, 20, 90].map(|failed| config.backoff(failed).as_millis());
        assert_eq!(waits, [250, 500, 1_000, 60_000, 60_000]);
    }

    #[test]
    fn a_secret_that_is_short_or_not_one_is_refused_and_none_is_shown() {
        let secret = format!("whsec_{}", STANDARD.encode([7; 24]));
        assert!(Config::with_secret(&secret).signer().is_some());
        for unfit in ["", "whsec_", "whsec_abcd", "whsec_!", &secret[6..]] {
            assert!(Config::with_secret(unfit).signer().is_none(), "{unfit}");
        }
        assert!(!format!("{:?}", Config::with_secret(&secret)).contains("whsec"));
    }

    #[test]
    fn a_typo_in_the_settings_is_named() {
        let typo = serde_json::json!({ "callback_secret": "s", "late_repley_ms": 5 });
        let error = serde_json::from_value::<Config>(typo).unwrap_err().to_string();
        assert!(error.contains("late_repley_ms"), "{error}");
    }
}
