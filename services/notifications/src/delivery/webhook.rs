//! Posts messages to webhooks, signed as Standard Webhooks describes.

use std::sync::Arc;
use std::time::Duration;

use ambient::Clock;
use async_trait::async_trait;
use reqwest::header::CONTENT_TYPE;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};

use super::{ConfigError, DeliveryError, Outgoing, Receipt, Secret, Transport};

/// How webhooks are called.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// What messages are signed with: `whsec_` and at least 24 bytes in base64.
    pub secret: Secret,
    /// How long a call may take, in milliseconds.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// Whether addresses without TLS are called: for development.
    #[serde(default)]
    pub allow_http: bool,
}

fn default_timeout_ms() -> u64 {
    10_000
}

impl WebhookConfig {
    /// Signs messages with the secret.
    ///
    /// # Errors
    /// A secret that is none.
    fn signer(&self) -> Result<Webhook, ConfigError> {
        let secret = self.secret.reveal();
        let encoded = secret.strip_prefix("whsec_").map(|encoded| encoded.trim_end_matches('='));
        // 24 bytes are 32 characters of base64.
        let is_long = encoded.is_some_and(|encoded| encoded.len() >= 32);
        is_long.then(|| Webhook::new(secret).ok()).flatten().ok_or_else(|| ConfigError {
            setting: "webhook.secret",
            problem: "must be 'whsec_' followed by at least 24 bytes in base64".to_owned(),
        })
    }

    /// Whether messages can be signed, and may be posted to this address.
    ///
    /// # Errors
    /// A secret or an address that is none.
    pub fn check(&self, url: &str) -> Result<(), ConfigError> {
        self.signer()?;
        let refused =
            |error: DeliveryError| ConfigError { setting: "webhook.url", problem: error.to_string() };
        address(url, self.allow_http).map(drop).map_err(refused)
    }
}

/// Where to post, if that may be posted to.
fn address(to: &str, allow_http: bool) -> Result<Url, DeliveryError> {
    let url = Url::parse(to).map_err(|error| DeliveryError::permanent("address", error))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if allow_http => Ok(url),
        _ => Err(DeliveryError::permanent("address", "the webhook's address is not an https address")),
    }
}

/// Posts each message to the address it is for.
pub struct WebhookTransport {
    signer: Webhook,
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    allow_http: bool,
}

impl std::fmt::Debug for WebhookTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookTransport").field("allow_http", &self.allow_http).finish_non_exhaustive()
    }
}

impl WebhookTransport {
    /// Sets the transport up. `clock` dates the signature of each try.
    ///
    /// # Errors
    /// A secret that is none, or a client that cannot be set up.
    pub fn new(config: &WebhookConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let signer = config.signer()?;
        let client = outbound::client(Duration::from_millis(config.timeout_ms))
            .map_err(|problem| ConfigError { setting: "webhook", problem })?;
        Ok(Self { signer, client, clock, allow_http: config.allow_http })
    }
}

#[async_trait]
impl Transport for WebhookTransport {
    async fn deliver(&self, message: &Outgoing) -> Result<Receipt, DeliveryError> {
        let address = address(&message.to, self.allow_http)?;
        let body = payload(message).to_string();
        let webhook_id = message.notification_id.to_string();
        let sent_at = self.clock.now().as_second();
        let signature = self
            .signer
            .sign(&webhook_id, sent_at, body.as_bytes())
            .map_err(|error| DeliveryError::permanent("signature", error))?;
        let mut request = self
            .client
            .post(address)
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, webhook_id)
            .header(HEADER_WEBHOOK_TIMESTAMP, sent_at)
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .body(body);
        if let Some(traceparent) = &message.traceparent {
            request = request.header("traceparent", traceparent);
        }
        let response = request.send().await.map_err(|error| {
            // The address may hold a token of the receiver's: it stays out of facts and logs.
            let code = if error.is_timeout() { "timeout" } else { "connection" };
            DeliveryError::temporary(code, error.without_url())
        })?;
        classify(response.status())
    }
}

/// As Standard Webhooks has it: 2xx is taken, 410 means never again, anything else is tried again.
fn classify(status: StatusCode) -> Result<Receipt, DeliveryError> {
    if status.is_success() {
        return Ok(Receipt { reference: status.to_string() });
    }
    let code = status.as_u16().to_string();
    let message = format!("the webhook answered {status}");
    match status {
        StatusCode::GONE => Err(DeliveryError::permanent(code, message)),
        _ => Err(DeliveryError::temporary(code, message)),
    }
}

/// The body: the same at every try, and in the outbox.
pub(super) fn payload(message: &Outgoing) -> Value {
    json!({
        "type": format!("notification.{}", message.kind),
        "timestamp": message.created_at,
        "data": {
            "notification_id": message.notification_id,
            "case_number": message.case_number,
            "kind": message.kind,
            "language": message.language,
            "subject": message.subject,
            "text": message.text,
        },
    })
}

#[cfg(test)]
mod tests {
    use ambient::SystemClock;
    use axum::Router;
    use axum::body::Bytes;
    use axum::http::HeaderMap;
    use axum::routing::post;
    use tokio::net::TcpListener;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
    use tokio::task::JoinSet;

    use super::super::transport::sample;
    use super::*;

    const SECRET: &str = "whsec_bXktdmVyeS1sb25nLXdlYmhvb2stc2VjcmV0ISEh";

    struct Receiver {
        message: Outgoing,
        requests: UnboundedReceiver<(HeaderMap, Bytes)>,
        server: JoinSet<()>,
    }

    async fn receiver(status: u16) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = format!("http://{}/hook?token=hush", listener.local_addr().unwrap());
        let (sender, requests) = unbounded_channel();
        let receive = move |headers: HeaderMap, body: Bytes| async move {
            sender.send((headers, body)).unwrap();
            StatusCode::from_u16(status).unwrap()
        };
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, Router::new().route("/hook", post(receive))).await.unwrap();
        });
        Receiver { message: Outgoing { to, ..sample() }, requests, server }
    }

    fn transport(allow_http: bool, timeout_ms: u64) -> WebhookTransport {
        let config = WebhookConfig { secret: Secret::new(SECRET), timeout_ms, allow_http };
        WebhookTransport::new(&config, Arc::new(SystemClock)).unwrap()
    }

    #[tokio::test]
    async fn the_receiver_can_verify_what_it_gets() {
        let mut receiver = receiver(204).await;
        let receipt = transport(true, 5_000).deliver(&receiver.message).await.unwrap();
        assert_eq!(receipt.reference, "204 No Content");
        let (headers, body) = receiver.requests.recv().await.unwrap();
        Webhook::new(SECRET).unwrap().verify(&body, &headers).unwrap();
        let other = Webhook::new("whsec_b3RoZXItdmVyeS1sb25nLXNlY3JldC1vdGhlci0xMjM=").unwrap();
        assert!(other.verify(&body, &headers).is_err());
        assert_eq!(headers["webhook-id"], receiver.message.notification_id.to_string());
        assert_eq!(headers["traceparent"], receiver.message.traceparent.clone().unwrap());
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["type"], "notification.case_received");
        assert_eq!(body["data"]["case_number"], "NB-2026-000412-K");
        assert_eq!(body["timestamp"], "2026-11-21T13:30:00Z");
    }

    #[tokio::test]
    async fn gone_is_permanent_and_any_other_refusal_temporary() {
        for (status, permanent) in [(410, true), (404, false), (429, false), (500, false), (503, false)] {
            let receiver = receiver(status).await;
            let refused = transport(true, 5_000).deliver(&receiver.message).await.unwrap_err();
            assert_eq!(matches!(refused, DeliveryError::Permanent(..)), permanent, "{status}");
            assert_eq!(refused.code(), status.to_string());
        }
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let receiver = receiver(307).await;
        let refused = transport(true, 5_000).deliver(&receiver.message).await.unwrap_err();
        assert_eq!(refused.code(), "307");
    }

    #[tokio::test]
    async fn nobody_there_is_temporary_and_the_address_is_not_told() {
        let Receiver { message, mut server, .. } = receiver(204).await;
        server.shutdown().await;
        let refused = transport(true, 5_000).deliver(&message).await.unwrap_err();
        assert!(matches!(&refused, DeliveryError::Temporary(code, _) if code == "connection"), "{refused}");
        assert!(!refused.to_string().contains("hush"), "{refused}");
    }

    #[tokio::test]
    async fn a_silent_receiver_runs_into_the_time_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = format!("http://{}/", listener.local_addr().unwrap());
        let refused = transport(true, 100).deliver(&Outgoing { to, ..sample() }).await.unwrap_err();
        assert!(matches!(&refused, DeliveryError::Temporary(code, _) if code == "timeout"), "{refused}");
    }

    #[tokio::test]
    async fn only_https_is_called_unless_development_allows_more() {
        let receiver = receiver(204).await;
        let strange = Outgoing { to: "file:///etc/passwd".to_owned(), ..sample() };
        for (transport, message) in
            [(transport(false, 5_000), &receiver.message), (transport(true, 5_000), &strange)]
        {
            let refused = transport.deliver(message).await.unwrap_err();
            assert!(matches!(&refused, DeliveryError::Permanent(code, _) if code == "address"), "{refused}");
        }
    }

    #[test]
    fn a_secret_that_is_short_or_not_one_is_refused() {
        for unfit in
            ["", "whsec_", "whsec_c2hvcnQ=", "whsec_not!base64not!base64not!base64not!", &SECRET[6..]]
        {
            let config = WebhookConfig { secret: Secret::new(unfit), timeout_ms: 1, allow_http: false };
            let refused = WebhookTransport::new(&config, Arc::new(SystemClock)).unwrap_err();
            assert_eq!(refused.setting, "webhook.secret");
        }
    }
}
