//! `POST /gateway/callbacks`: what the gateway says later, signed as Standard Webhooks describes.
//!
//! Late, twice or out of order: each becomes a command, which records nothing for a repeat. The answer
//! tells the gateway what to do: 204 taken, 401 wrong signature, 404 no such call, 4xx never, 503 again.

use std::sync::Arc;

use ambient::Clock;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use case::payments_escalation::{
    Command, PaymentsEscalation, RecordExecution, RecordExecutionFailure, RecordGatewayReply,
};
use case::{Actor, Case};
use jiff::{SignedDuration, Timestamp};
use service_kit::{CommandRequest, Executor, Failure};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};
use tracing::Instrument;
use uuid::Uuid;

use crate::STAGE;
use crate::gateway::{Callback, CallbackType, GatewayKey, Outcome, PaymentStatus};

/// The path of the callbacks.
pub const PATH: &str = "/gateway/callbacks";
/// The largest callback taken.
const MAX_BYTES: usize = 64 * 1024;
/// How old a signature may be, or how far ahead: a callback that somebody kept is not taken later.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Takes callbacks.
pub(crate) struct Callbacks {
    pub(crate) executor: Executor<Case>,
    pub(crate) signer: Webhook,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The route of the callbacks.
pub(crate) fn routes(callbacks: Callbacks) -> Router {
    Router::new()
        .route(PATH, post(take))
        .layer(DefaultBodyLimit::max(MAX_BYTES))
        .with_state(Arc::new(callbacks))
}

async fn take(State(callbacks): State<Arc<Callbacks>>, headers: HeaderMap, body: Bytes) -> Response {
    let span = tracing::info_span!(
        parent: None,
        "gateway callback",
        otel.name = format!("POST {PATH}"),
        otel.kind = "server",
        http.request.method = "POST",
        http.route = PATH,
        casetrail.case.id = tracing::field::Empty,
        casetrail.case.number = tracing::field::Empty,
        casetrail.service = STAGE,
    );
    callbacks.take(&headers, &body).instrument(span).await
}

impl Callbacks {
    async fn take(&self, headers: &HeaderMap, body: &[u8]) -> Response {
        let Some(webhook_id) = self.verified(headers, body) else {
            tracing::warn!("a callback with a wrong signature was refused");
            return (StatusCode::UNAUTHORIZED, "the signature does not fit\n").into_response();
        };
        let callback: Callback = match serde_json::from_slice(body) {
            Ok(callback) => callback,
            Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
        };
        let Ok(key) = callback.idempotency_key.parse::<GatewayKey>() else {
            return (StatusCode::NOT_FOUND, "no call was made with this key\n").into_response();
        };
        let command = match command(key.call, &callback) {
            Ok(Some(command)) => command,
            Ok(None) => return StatusCode::NO_CONTENT.into_response(),
            Err(problem) => return (StatusCode::BAD_REQUEST, problem).into_response(),
        };
        let request = CommandRequest::<PaymentsEscalation> {
            stream: key.case,
            command_id: case::derive("payments_escalation.callback", key.call, webhook_id),
            fingerprint: [0; 32],
            actor: Actor::service(STAGE),
            etag: None,
            causation_id: None,
            answers: None,
            correlation_id: None,
            creates: false,
            command,
        };
        answer(self.executor.execute(request).await.map(drop))
    }

    /// The callback's id, if it was signed by the gateway and lately.
    fn verified<'a>(&self, headers: &'a HeaderMap, body: &[u8]) -> Option<&'a str> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let webhook_id = text(HEADER_WEBHOOK_ID)?;
        let sent_at: i64 = text(HEADER_WEBHOOK_TIMESTAMP)?.parse().ok()?;
        // Not `Webhook::verify`: that reads the system's clock.
        let age = self.clock.now().duration_since(Timestamp::from_second(sent_at).ok()?).abs();
        let expected = self.signer.sign(webhook_id, sent_at, body).ok()?;
        let signed = text(HEADER_WEBHOOK_SIGNATURE)?.split(' ').any(|one| same(one, &expected));
        (signed && age <= TOLERANCE).then_some(webhook_id)
    }
}

/// Whether two texts are the same, in a time that does not tell how far they are.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one.bytes().zip(other.bytes()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// What a callback asks us to record, if anything.
fn command(key: Uuid, callback: &Callback) -> Result<Option<Command>, String> {
    match (callback.kind, &callback.outcome) {
        (CallbackType::InquiryAnswered, Outcome::Inquiry(outcome)) => {
            let standing = outcome.standing().map_err(|error| format!("{error}\n"))?;
            Ok(Some(RecordGatewayReply { key, standing }.into()))
        }
        (CallbackType::PaymentExecuted, Outcome::Payment(outcome))
            if outcome.status == PaymentStatus::Executed =>
        {
            let gateway_reference = callback.gateway_reference.clone();
            Ok(Some(RecordExecution { key, gateway_reference }.into()))
        }
        (CallbackType::PaymentFailed, Outcome::Payment(outcome))
            if outcome.status == PaymentStatus::Failed =>
        {
            let code = outcome.reason.clone().unwrap_or_else(|| "failed".to_owned());
            Ok(Some(RecordExecutionFailure { key, code }.into()))
        }
        // It took the payment on: nothing moved yet.
        (CallbackType::PaymentAccepted, Outcome::Payment(_)) => Ok(None),
        _ => Err("the outcome does not belong to this type of callback\n".to_owned()),
    }
}

fn answer(done: Result<(), Failure>) -> Response {
    match done {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(Failure::NotFound { .. } | Failure::Refused { reason: "UNKNOWN_GATEWAY_CALL", .. }) => {
            (StatusCode::NOT_FOUND, "no call was made with this key\n").into_response()
        }
        Err(Failure::Refused { message, .. }) => {
            (StatusCode::UNPROCESSABLE_ENTITY, format!("{message}\n")).into_response()
        }
        Err(failure) => {
            tracing::warn!(%failure, "a callback could not be recorded; the gateway is to try again");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], "try again\n").into_response()
        }
    }
}
