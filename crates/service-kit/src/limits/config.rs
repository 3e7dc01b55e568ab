//! `[grpc.limits]` in a configuration file. What each means stands in `deployable.toml`.

use std::collections::BTreeMap;
use std::time::Duration;

use access::table::{self, Admits};
use schemars::JsonSchema;
use serde::Deserialize;

/// The smallest message that must fit, in bytes: pages and chunks of evidence are made to this measure.
pub const SMALLEST_MESSAGE_BYTES: usize = 1024 * 1024;

/// Every limit of a server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// How often a person may call one method, a second.
    pub person_calls_per_second: u32,
    /// How often at once, after a pause.
    pub person_burst: u32,
    /// How often another system or a bot may call one method, a second.
    pub system_calls_per_second: u32,
    /// How often at once, after a pause.
    pub system_burst: u32,
    /// Rates of methods that have their own, for whoever calls: `casetrail.intake.v1.IntakeService/OpenCase`.
    pub methods: BTreeMap<String, Rate>,
    /// Calls that one person has in hand at a time.
    pub person_calls_in_hand: u32,
    /// Calls that one other system or bot has in hand at a time.
    pub system_calls_in_hand: u32,
    /// Watches that one caller has open.
    pub watches: u32,
    /// The largest request, in bytes.
    pub request_bytes: usize,
    /// The largest answer, in bytes.
    pub answer_bytes: usize,
    /// The most bytes of metadata of one call, names included.
    pub metadata_bytes: usize,
    /// The most bytes of all headers, at which the connection itself refuses.
    pub header_bytes: u32,
    /// Calls in progress on one connection; more wait in the client.
    pub streams_per_connection: u32,
    /// Connections in all.
    pub connections: u32,
    /// Connections from one address.
    pub connections_per_address: u32,
    /// How long a new connection may take to become HTTP/2, TLS included, in seconds.
    pub handshake_seconds: u64,
    /// After how long a connection is asked to move on, in seconds.
    pub connection_age_seconds: u64,
    /// How long calls on an old connection may go on, in seconds.
    pub connection_grace_seconds: u64,
    /// After how long without a word the other side is asked whether it is there, in seconds.
    pub keepalive_seconds: u64,
    /// How long it has to answer that, in seconds.
    pub keepalive_timeout_seconds: u64,
}

/// How often something may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// A second.
    pub calls_per_second: u32,
    /// At once, after a pause.
    pub burst: u32,
}

/// How large one message may be, in bytes, each way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageSizes {
    /// A request.
    pub request: usize,
    /// An answer.
    pub answer: usize,
}

impl Default for MessageSizes {
    fn default() -> Self {
        Self { request: SMALLEST_MESSAGE_BYTES, answer: SMALLEST_MESSAGE_BYTES }
    }
}

/// A limit that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("grpc.limits.{key}: {problem}")]
pub struct LimitsError {
    key: String,
    problem: String,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let MessageSizes { request, answer } = MessageSizes::default();
        Self {
            person_calls_per_second: 50,
            person_burst: 100,
            system_calls_per_second: 2_000,
            system_burst: 4_000,
            methods: BTreeMap::new(),
            person_calls_in_hand: 8,
            system_calls_in_hand: 256,
            watches: 32,
            request_bytes: request,
            answer_bytes: answer,
            metadata_bytes: 12 * 1024,
            header_bytes: 16 * 1024,
            streams_per_connection: 256,
            connections: 4_096,
            connections_per_address: 512,
            handshake_seconds: 10,
            connection_age_seconds: 1_800,
            connection_grace_seconds: 30,
            keepalive_seconds: 30,
            keepalive_timeout_seconds: 10,
        }
    }
}

impl LimitsConfig {
    pub(crate) fn person(&self) -> Rate {
        Rate { calls_per_second: self.person_calls_per_second, burst: self.person_burst }
    }

    pub(crate) fn system(&self) -> Rate {
        Rate { calls_per_second: self.system_calls_per_second, burst: self.system_burst }
    }

    /// What each generated server is given.
    pub fn messages(&self) -> MessageSizes {
        MessageSizes { request: self.request_bytes, answer: self.answer_bytes }
    }

    pub(crate) fn handshake(&self) -> Duration {
        Duration::from_secs(self.handshake_seconds)
    }

    pub(crate) fn check(&self) -> Result<(), LimitsError> {
        let wrong = |key: &str, problem: String| Err(LimitsError { key: key.to_owned(), problem });
        let counts: [(&str, u64); 15] = [
            ("person_calls_per_second", self.person_calls_per_second.into()),
            ("person_burst", self.person_burst.into()),
            ("system_calls_per_second", self.system_calls_per_second.into()),
            ("system_burst", self.system_burst.into()),
            ("person_calls_in_hand", self.person_calls_in_hand.into()),
            ("system_calls_in_hand", self.system_calls_in_hand.into()),
            ("watches", self.watches.into()),
            ("streams_per_connection", self.streams_per_connection.into()),
            ("connections", self.connections.into()),
            ("connections_per_address", self.connections_per_address.into()),
            ("handshake_seconds", self.handshake_seconds),
            ("connection_age_seconds", self.connection_age_seconds),
            ("connection_grace_seconds", self.connection_grace_seconds),
            ("keepalive_seconds", self.keepalive_seconds),
            ("keepalive_timeout_seconds", self.keepalive_timeout_seconds),
        ];
        if let Some((key, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return wrong(key, "0 would let nobody in; write a larger number".to_owned());
        }
        for (key, bytes) in [("request_bytes", self.request_bytes), ("answer_bytes", self.answer_bytes)] {
            if bytes < SMALLEST_MESSAGE_BYTES {
                return wrong(
                    key,
                    format!("{bytes} is less than {SMALLEST_MESSAGE_BYTES}, which pages need"),
                );
            }
        }
        // Otherwise the connection would refuse before the words are found for it.
        if self.metadata_bytes > usize::try_from(self.header_bytes).unwrap_or(usize::MAX) {
            return wrong("metadata_bytes", "is more than header_bytes".to_owned());
        }
        for (method, rate) in &self.methods {
            let key = format!("methods.\"{method}\"");
            if table::admitted(&format!("/{method}")) == Admits::Nobody {
                return wrong(
                    &key,
                    "there is no such method; write casetrail.intake.v1.IntakeService/OpenCase".to_owned(),
                );
            }
            if rate.calls_per_second == 0 || rate.burst == 0 {
                return wrong(&key, "0 would let nobody in; write a larger number".to_owned());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_would_let_nobody_in_is_refused_by_its_name() {
        for (settings, key) in [
            ("watches = 0", "grpc.limits.watches"),
            ("keepalive_seconds = 0", "grpc.limits.keepalive_seconds"),
            ("answer_bytes = 1000", "grpc.limits.answer_bytes"),
            ("metadata_bytes = 100000", "grpc.limits.metadata_bytes"),
            ("[methods]\n'casetrail.x/Y' = { calls_per_second = 1, burst = 1 }", "casetrail.x/Y"),
            (
                "[methods]\n'casetrail.intake.v1.IntakeService/OpenCase' = { calls_per_second = 0, burst = 1 }",
                "OpenCase",
            ),
        ] {
            let config: LimitsConfig = crate::config::parse("", settings).unwrap();
            let error = config.check().unwrap_err().to_string();
            assert!(error.contains(key), "{settings}: {error}");
        }
        assert_eq!(LimitsConfig::default().check(), Ok(()));
    }
}
