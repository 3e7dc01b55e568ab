//! Sends e-mail through a mail server.

use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{Error, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use schemars::JsonSchema;
use serde::Deserialize;

use super::email::compose;
use super::transport::without_addresses;
use super::{ConfigError, DeliveryError, Outgoing, Receipt, Secret, Transport};

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// Not at all: for a server on the same machine.
    None,
    /// Plain first, then TLS; without TLS nothing is sent.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
}

/// The mail server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Its name, which must match its certificate.
    pub host: String,
    /// Its port; by default 25, 587 or 465, by the kind of protection.
    #[serde(default)]
    pub port: Option<u16>,
    /// The protection; by default `starttls`.
    #[serde(default)]
    pub tls: SmtpTls,
    /// The user, when the server asks for one.
    #[serde(default)]
    pub username: Option<String>,
    /// The user's password.
    #[serde(default)]
    pub password: Option<Secret>,
    /// How long each step with the server may take, in milliseconds.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
}

fn default_timeout_ms() -> u64 {
    15_000
}

/// Sends through a mail server, with a connection of its own for every message.
#[derive(Debug)]
pub struct SmtpTransport {
    server: AsyncSmtpTransport<Tokio1Executor>,
}

impl SmtpTransport {
    /// Sets the transport up; nothing is sent yet.
    ///
    /// # Errors
    /// A user without a password or the reverse, a password without TLS, or an unusable host name.
    pub fn new(config: &SmtpConfig) -> Result<Self, ConfigError> {
        let refused = |setting, problem: &str| ConfigError { setting, problem: problem.to_owned() };
        let parameters = || {
            TlsParameters::new(config.host.clone())
                .map_err(|error| ConfigError { setting: "smtp.host", problem: error.to_string() })
        };
        let (default_port, tls) = match config.tls {
            SmtpTls::None => (SMTP_PORT, Tls::None),
            SmtpTls::Starttls => (SUBMISSION_PORT, Tls::Required(parameters()?)),
            SmtpTls::Tls => (SUBMISSIONS_PORT, Tls::Wrapper(parameters()?)),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port.unwrap_or(default_port))
            .tls(tls)
            .timeout(Some(Duration::from_millis(config.timeout_ms)));
        match (&config.username, &config.password) {
            (None, None) => {}
            (Some(_), Some(_)) if config.tls == SmtpTls::None => {
                return Err(refused("smtp.tls", "a password is only sent over TLS: use starttls or tls"));
            }
            (Some(username), Some(password)) => {
                builder =
                    builder.credentials(Credentials::new(username.clone(), password.reveal().to_owned()));
            }
            (Some(_), None) => return Err(refused("smtp.password", "missing: a username is set")),
            (None, Some(_)) => return Err(refused("smtp.username", "missing: a password is set")),
        }
        Ok(Self { server: builder.build() })
    }
}

#[async_trait]
impl Transport for SmtpTransport {
    async fn deliver(&self, message: &Outgoing) -> Result<Receipt, DeliveryError> {
        let mail = compose(message)?;
        let response = self.server.send(mail).await.map_err(|error| classify(&error))?;
        let said = response.message().collect::<Vec<_>>().join(" ");
        Ok(Receipt { reference: without_addresses(&format!("{} {said}", response.code())) })
    }
}

/// The server's 5xx is final, except where it refuses us and not the message: an operator mends that.
fn classify(error: &Error) -> DeliveryError {
    let code = error.status().map(|code| code.to_string());
    match code {
        Some(code) if error.is_permanent() && !matches!(code.as_str(), "530" | "534" | "535" | "538") => {
            DeliveryError::permanent(code, error)
        }
        Some(code) => DeliveryError::temporary(code, error),
        None if error.is_timeout() => DeliveryError::temporary("timeout", error),
        None if error.is_tls() => DeliveryError::temporary("tls", error),
        None => DeliveryError::temporary("connection", error),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::TcpListener;

    use super::super::transport::sample;
    use super::*;

    fn config(host: &str, port: u16) -> SmtpConfig {
        SmtpConfig {
            host: host.to_owned(),
            port: Some(port),
            tls: SmtpTls::None,
            username: None,
            password: None,
            timeout_ms: 5_000,
        }
    }

    /// Speaks enough of the protocol for one message and answers `RCPT` and the final dot as told.
    /// Returns what it was sent.
    async fn serve_one(listener: &TcpListener, rcpt: &str, end: &str) -> String {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut seen = String::new();
        let mut in_data = false;
        write.write_all(b"220 test\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            seen += &line;
            seen.push('\n');
            let answer = match line.as_str() {
                "." => {
                    in_data = false;
                    end
                }
                _ if in_data => continue,
                "DATA" => {
                    in_data = true;
                    "354 go on"
                }
                "QUIT" => "221 bye",
                line if line.starts_with("EHLO") => "250-test\r\n250-8BITMIME\r\n250 SMTPUTF8",
                line if line.starts_with("RCPT") => rcpt,
                _ => "250 ok",
            };
            if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                break;
            }
        }
        seen
    }

    async fn try_with(rcpt: &str, end: &str) -> (Result<Receipt, DeliveryError>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let transport = SmtpTransport::new(&config("127.0.0.1", port)).unwrap();
        let message = sample();
        tokio::join!(transport.deliver(&message), serve_one(&listener, rcpt, end))
    }

    #[tokio::test]
    async fn a_message_is_handed_over_whole() {
        let (delivered, seen) = try_with("250 ok", "250 2.0.0 queued as 4711").await;
        assert_eq!(delivered.unwrap().reference, "250 2.0.0 queued as 4711");
        assert!(seen.contains("RCPT TO:<søren@example.com>"), "{seen}");
        assert!(seen.contains("X-Case-Number: NB-2026-000412-K"), "{seen}");
    }

    #[tokio::test]
    async fn an_unknown_recipient_is_permanent_and_not_named() {
        let (refused, _) = try_with("550 5.1.1 <søren@example.com> unknown", "250 ok").await;
        let Err(DeliveryError::Permanent(code, message)) = refused else { panic!("{refused:?}") };
        assert_eq!(code, "550");
        assert!(message.contains("unknown") && !message.contains("søren"), "{message}");
    }

    #[tokio::test]
    async fn a_busy_server_is_temporary_at_any_step() {
        for (rcpt, end) in [("451 4.7.1 greylisted", "250 ok"), ("250 ok", "452 4.3.1 full")] {
            let (refused, _) = try_with(rcpt, end).await;
            assert!(matches!(refused, Err(DeliveryError::Temporary(..))), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn a_server_that_refuses_us_is_not_the_recipients_fault() {
        let (refused, _) = try_with("530 5.7.0 authenticate first", "250 ok").await;
        assert_eq!(refused.as_ref().unwrap_err().code(), "530");
        assert!(matches!(refused, Err(DeliveryError::Temporary(..))), "{refused:?}");
    }

    #[tokio::test]
    async fn no_server_is_temporary() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let refused = SmtpTransport::new(&config("127.0.0.1", port)).unwrap().deliver(&sample()).await;
        assert!(
            matches!(&refused, Err(DeliveryError::Temporary(code, _)) if code == "connection"),
            "{refused:?}"
        );
    }

    #[test]
    fn settings_that_would_leak_or_lack_a_password_are_refused() {
        let user = Some("casetrail".to_owned());
        let password = Some(Secret::new("hush"));
        for (tls, username, password, setting) in [
            (SmtpTls::None, user.clone(), password.clone(), "smtp.tls"),
            (SmtpTls::Tls, user.clone(), None, "smtp.password"),
            (SmtpTls::Tls, None, password.clone(), "smtp.username"),
        ] {
            let config = SmtpConfig { tls, username, password, ..config("mail.example", 465) };
            assert_eq!(SmtpTransport::new(&config).unwrap_err().setting, setting);
        }
        let fit =
            SmtpConfig { tls: SmtpTls::Starttls, username: user, password, ..config("mail.example", 587) };
        assert!(SmtpTransport::new(&fit).is_ok());
        assert!(!format!("{fit:?}").contains("hush"));
    }

    #[test]
    fn a_typo_in_the_settings_is_named() {
        let typo = serde_json::json!({ "host": "h", "tsl": "none" });
        assert!(serde_json::from_value::<SmtpConfig>(typo).unwrap_err().to_string().contains("tsl"));
        let minimal: SmtpConfig = serde_json::from_value(serde_json::json!({ "host": "h" })).unwrap();
        assert_eq!((minimal.tls, minimal.timeout_ms), (SmtpTls::Starttls, 15_000));
    }
}
