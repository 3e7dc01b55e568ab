//! The connection to NATS, and what things are called there.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, ServerAddr};

use crate::{Consumer, Filter, Route};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a request to JetStream may take.
const REQUEST: Duration = Duration::from_secs(5);
/// The longest wait between two tries to connect again.
const RECONNECT: Duration = Duration::from_secs(1);

/// Where NATS is, and what belongs to us there.
#[derive(Debug, Clone)]
pub struct NatsOptions {
    /// The servers' URLs, separated by commas.
    pub url: String,
    /// A credentials file (JWT and seed).
    pub credentials_file: Option<PathBuf>,
    /// How the connection is encrypted; without it, as the URL says.
    pub tls: Option<NatsTls>,
    /// What subjects begin with, and in capitals the stream's name. One NATS may carry several systems.
    pub prefix: String,
    /// Which shard of the log.
    pub shard: u16,
    /// How many servers keep a copy of the stream. Read by the relay, which makes it.
    pub replicas: usize,
    /// What the connection is called at the server; its inbox is named after it.
    pub client_name: String,
}

/// An encrypted connection: whom it believes, and how it proves who it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NatsTls {
    /// The authorities (PEM) that the servers' certificates come from.
    pub ca_file: PathBuf,
    /// Our certificate and its private key (PEM), for servers that ask for one.
    pub client: Option<(PathBuf, PathBuf)>,
}

impl Default for NatsOptions {
    fn default() -> Self {
        Self {
            url: "nats://127.0.0.1:4222".to_owned(),
            credentials_file: None,
            tls: None,
            prefix: "events".to_owned(),
            shard: 0,
            replicas: 1,
            client_name: "casetrail".to_owned(),
        }
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// An address does not read.
    #[error("nats.url: {0}; write nats://HOST:PORT, several separated by commas")]
    Url(String),
    /// The prefix would not make a subject.
    #[error("nats.prefix = {0:?} may have small letters, digits, - and _ only")]
    Prefix(String),
    /// The credentials cannot be read.
    #[error("nats.credentials_file = {path}: {reason}", path = path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody answers there, or not yet.
    #[error("NATS at {url} cannot be reached: {reason}")]
    Unreachable {
        /// The servers.
        url: String,
        /// What the client said.
        reason: String,
    },
}

impl ConnectError {
    /// True when trying again later may help.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

/// Connects; afterwards the connection mends itself for ever.
///
/// # Errors
/// [`ConnectError`].
pub async fn connect(options: &NatsOptions) -> Result<Client, ConnectError> {
    let plain =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter);
    if options.prefix.is_empty() || !options.prefix.chars().all(plain) {
        return Err(ConnectError::Prefix(options.prefix.clone()));
    }
    let addresses = options.url.split(',').map(|url| url.trim().parse::<ServerAddr>());
    let addresses: Vec<ServerAddr> =
        addresses.collect::<Result<_, _>>().map_err(|error| ConnectError::Url(error.to_string()))?;
    let mut connecting = ConnectOptions::new()
        .name(&options.client_name)
        .custom_inbox_prefix(inbox_of(&options.client_name))
        .connection_timeout(CONNECT)
        .request_timeout(Some(REQUEST))
        .ping_interval(Duration::from_secs(5))
        .reconnect_delay_callback(|tries| {
            let wait = Duration::from_millis(50).saturating_mul(u32::try_from(tries).unwrap_or(u32::MAX));
            wait.min(RECONNECT)
        });
    // The client reads none of this from the URL by itself.
    let named = addresses.iter().find_map(|address| Some((address.username()?, address.password()?)));
    if let Some((user, password)) = named {
        connecting = connecting.user_and_password(user.to_owned(), password.to_owned());
    }
    if let Some(path) = &options.credentials_file {
        connecting = connecting
            .credentials_file(path)
            .await
            .map_err(|error| ConnectError::Credentials { path: path.clone(), reason: error.to_string() })?;
    }
    if let Some(tls) = &options.tls {
        connecting = connecting.require_tls(true).add_root_certificates(tls.ca_file.clone());
        if let Some((certificate, key)) = &tls.client {
            connecting = connecting.add_client_certificate(certificate.clone(), key.clone());
        }
    }
    let unreachable = |reason: String| ConnectError::Unreachable { url: shown(&options.url), reason };
    match tokio::time::timeout(CONNECT, connecting.connect(addresses)).await {
        Ok(connected) => connected.map_err(|error| unreachable(error.to_string())),
        Err(_) => Err(unreachable(format!("no answer within {} s", CONNECT.as_secs()))),
    }
}

/// What things are called in NATS.
#[derive(Debug, Clone)]
pub(super) struct Names {
    prefix: String,
    shard: u16,
}

impl Names {
    pub(super) fn of(options: &NatsOptions) -> Self {
        Self { prefix: options.prefix.clone(), shard: options.shard }
    }

    /// The stream: `EVENTS_0`.
    pub(super) fn stream(&self) -> String {
        format!("{}_{}", self.prefix.to_uppercase(), self.shard)
    }

    /// Everything in the stream: `events.0.>`.
    pub(super) fn everything(&self) -> String {
        format!("{}.{}.>", self.prefix, self.shard)
    }

    /// Where whoever appends tells that there is more.
    pub(super) fn wake(&self) -> String {
        format!("log.wake.{}.{}", self.prefix, self.shard)
    }

    /// Where relays are asked how far they are.
    pub(super) fn relays(&self) -> String {
        format!("log.relay.{}.{}", self.prefix, self.shard)
    }

    /// Where the stream comes from, as `CloudEvents` calls it.
    pub(super) fn source(&self) -> String {
        format!("/{}/{}", self.prefix, self.shard)
    }

    /// The subject of an event: `events.0.routing.assigned.0199f2a4-...`.
    pub(super) fn subject(&self, event_type: &str, stream: uuid::Uuid) -> String {
        format!("{}.{}.{}.{stream}", self.prefix, self.shard, tokens(event_type))
    }

    /// All subjects of events in one text, by what stands where: `events.{shard}.{type}.{stream}`.
    pub(super) fn route(&self) -> Route {
        Route { system: "nats", template: format!("{}.{{shard}}.{{type}}.{{stream}}", self.prefix) }
    }

    /// The subjects of the events that a consumer wants; none for all.
    pub(super) fn wanted(&self, filter: &Filter) -> Vec<String> {
        let Some(types) = filter.names() else { return Vec::new() };
        let subject = |name: &String| format!("{}.{}.{}.>", self.prefix, self.shard, tokens(name));
        types.iter().map(subject).collect()
    }
}

/// The durable consumer's name in JetStream, which takes no points.
pub(super) fn durable_name(consumer: &Consumer) -> String {
    durable_of(&consumer.name)
}

/// The same, of a consumer of this name.
pub(super) fn durable_of(name: &str) -> String {
    one_token(name)
}

/// What the inboxes of these connections begin with: a server can then let each hear its own only.
pub(super) fn inbox_of(client_name: &str) -> String {
    format!("_INBOX_{}", one_token(client_name))
}

fn one_token(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    name.chars().map(|letter| if plain(letter) { letter } else { '-' }).collect()
}

/// URLs without who logs in there: a password must not be told.
pub(super) fn shown(urls: &str) -> String {
    let without_user = |url: &str| match url.split_once("://") {
        Some((scheme, rest)) => {
            format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, server)| server))
        }
        None => url.rsplit_once('@').map_or(url, |(_, server)| server).to_owned(),
    };
    urls.split(',').map(|url| without_user(url.trim())).collect::<Vec<_>>().join(",")
}

/// A type's name as parts of a subject: wildcards and empty parts would be read as something else.
fn tokens(event_type: &str) -> String {
    let parts = event_type.split('.').map(|part| if part.is_empty() { "-" } else { part });
    parts.map(|part| part.replace(['*', '>'], "-")).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_prefix_and_shard() {
        let names = Names { prefix: "events".to_owned(), shard: 3 };
        assert_eq!(names.stream(), "EVENTS_3");
        assert_eq!(
            names.wanted(&Filter::types(["routing", "intake.opened"])),
            ["events.3.routing.>", "events.3.intake.opened.>"]
        );
        assert!(names.wanted(&Filter::all()).is_empty());
        assert_eq!(tokens("a..b*.>"), "a.-.b-.-");
        let consumer = Consumer::reactions("routing.on_opened", Filter::all(), 1);
        assert_eq!(durable_name(&consumer), "routing-on_opened");
        assert_eq!(inbox_of("casetrail one.two"), "_INBOX_casetrail-one-two");
    }

    #[test]
    fn what_is_told_of_a_url_is_where_it_leads() {
        assert_eq!(shown("nats://one:s3cr@t@a:4222, b:4222"), "nats://a:4222,b:4222");
    }
}
