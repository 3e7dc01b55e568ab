//! What `proto/service-config.json` tells clients of gRPC, done by hand: tonic reads no service config.

use std::collections::BTreeSet;
use std::time::Duration;

use prost::Message;
use serde::Deserialize;
use tonic::{Code, Status};

/// The part that says when a call is tried again.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetryPolicy {
    max_attempts: u32,
    initial_backoff: String,
    max_backoff: String,
    backoff_multiplier: f64,
    retryable_status_codes: Vec<String>,
}

/// What became of a call.
pub(crate) struct Tried<T> {
    pub(crate) answer: Result<T, Status>,
    /// Every answer that was not taken, in order.
    pub(crate) retried: Vec<Status>,
}

impl RetryPolicy {
    /// The one of every unary method.
    pub(crate) fn published() -> Self {
        let text = include_str!("../../proto/service-config.json");
        let config: serde_json::Value = serde_json::from_str(text).unwrap();
        serde_json::from_value(config["methodConfig"][0]["retryPolicy"].clone()).unwrap()
    }

    /// Calls until there is an answer that is to be taken.
    pub(crate) async fn call<T>(
        &self,
        call: impl AsyncFn() -> Result<tonic::Response<T>, Status>,
    ) -> Tried<T> {
        let (mut retried, mut backoff) = (Vec::new(), seconds(&self.initial_backoff));
        loop {
            match call().await {
                Err(status) if self.is_worth_a_retry(&status) && retried.len() + 1 < self.attempts() => {
                    retried.push(status);
                    let wait = Duration::from_secs_f64(backoff);
                    let _ = tokio::time::timeout(wait, std::future::pending::<()>()).await;
                    backoff = (backoff * self.backoff_multiplier).min(seconds(&self.max_backoff));
                }
                answer => return Tried { answer: answer.map(tonic::Response::into_inner), retried },
            }
        }
    }

    fn attempts(&self) -> usize {
        usize::try_from(self.max_attempts).unwrap()
    }

    fn is_worth_a_retry(&self, status: &Status) -> bool {
        let name = match status.code() {
            Code::Unavailable => "UNAVAILABLE",
            Code::Aborted => "ABORTED",
            _ => return false,
        };
        self.retryable_status_codes.iter().any(|code| code == name)
    }
}

#[test]
fn the_published_service_config_names_every_service_and_no_other() {
    let text = include_str!("../../proto/service-config.json");
    let config: serde_json::Value = serde_json::from_str(text).unwrap();
    let named = config["methodConfig"][0]["name"].as_array().unwrap().iter();
    let named: BTreeSet<String> = named.map(|one| one["service"].as_str().unwrap().to_owned()).collect();
    let set = prost_types::FileDescriptorSet::decode(contracts::FILE_DESCRIPTOR_SET).unwrap();
    let all = set.file.iter().flat_map(|file| {
        file.service.iter().map(move |service| format!("{}.{}", file.package(), service.name()))
    });
    assert_eq!(named, all.collect());
    assert_eq!(RetryPolicy::published().attempts(), 5);
}

/// A duration as JSON says it: `0.1s`.
fn seconds(text: &str) -> f64 {
    text.strip_suffix('s').unwrap().parse().unwrap()
}
