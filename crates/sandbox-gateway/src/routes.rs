//! The HTTP side: checks a request, lets the books decide, and sets the callbacks on their way.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};

use crate::api::{AnswerStatus, ErrorAnswer, InquiryRequest, Ledger, Payment, PaymentRequest};
use crate::books::Reply;
use crate::callbacks::Gateway;

pub(crate) fn routes(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/health", get(|| async { "ok" }))
        .route("/v1/inquiries", post(inquire))
        .route("/v1/payments", post(pay).get(payments))
        .route("/v1/ledger", get(ledger))
        .with_state(gateway)
}

type Body<T> = Result<Json<T>, JsonRejection>;

async fn inquire(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    body: Body<InquiryRequest>,
) -> Response {
    let request = match body {
        Ok(Json(request)) => request,
        Err(rejection) => return malformed(&rejection),
    };
    let checked = check_key(&request.idempotency_key)
        .and_then(|()| check_transaction(&request.transaction_id))
        .and_then(|()| check_currency(&request.currency))
        .and_then(|()| check_callback(&request.callback_url));
    if let Err(message) = checked {
        return invalid(StatusCode::BAD_REQUEST, message);
    }
    note_trace(&gateway, &headers, &request.idempotency_key);
    let (reply, plan) = gateway.books().inquire(&request);
    gateway.follow(plan);
    respond(reply)
}

async fn pay(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    body: Body<PaymentRequest>,
) -> Response {
    let request = match body {
        Ok(Json(request)) => request,
        Err(rejection) => return malformed(&rejection),
    };
    let checked = check_key(&request.idempotency_key)
        .and_then(|()| check_transaction(&request.transaction_id))
        .and_then(|()| check_amount(request.amount_minor))
        .and_then(|()| check_currency(&request.currency))
        .and_then(|()| check_callback(&request.callback_url));
    if let Err(message) = checked {
        return invalid(StatusCode::BAD_REQUEST, message);
    }
    note_trace(&gateway, &headers, &request.idempotency_key);
    let now = gateway.clock.now();
    let (reply, plan) = gateway.books().pay(&request, now);
    gateway.follow(plan);
    respond(reply)
}

fn note_trace(gateway: &Gateway, headers: &HeaderMap, key: &str) {
    if let Some(traceparent) = headers.get("traceparent").and_then(|value| value.to_str().ok()) {
        gateway.books().came_in(key, traceparent);
    }
}

async fn payments(State(gateway): State<Arc<Gateway>>) -> Json<Vec<Payment>> {
    Json(gateway.books().payments())
}

async fn ledger(State(gateway): State<Arc<Gateway>>) -> Json<Ledger> {
    Json(gateway.books().ledger())
}

fn respond(reply: Reply) -> Response {
    match reply {
        Reply::Answer(answer) => {
            let status = match answer.status {
                AnswerStatus::Answered => StatusCode::OK,
                AnswerStatus::Pending => StatusCode::ACCEPTED,
            };
            (status, Json(answer)).into_response()
        }
        Reply::Error(status, answer) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, Json(answer)).into_response()
        }
    }
}

fn malformed(rejection: &JsonRejection) -> Response {
    invalid(rejection.status(), rejection.body_text())
}

fn invalid(status: StatusCode, message: String) -> Response {
    (status, Json(ErrorAnswer { error: "invalid_request".to_owned(), message })).into_response()
}

fn check_key(key: &str) -> Result<(), String> {
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':');
    match key.len() {
        1..=200 if key.bytes().all(fit) => Ok(()),
        _ => Err("idempotency_key must be 1 to 200 letters, digits, '-', '_' or ':'".to_owned()),
    }
}

fn check_transaction(id: &str) -> Result<(), String> {
    match id.len() {
        1..=200 => Ok(()),
        _ => Err("transaction_id must be 1 to 200 bytes long".to_owned()),
    }
}

fn check_amount(amount_minor: i64) -> Result<(), String> {
    match amount_minor {
        1.. => Ok(()),
        _ => Err("amount_minor must be more than zero".to_owned()),
    }
}

fn check_currency(currency: &str) -> Result<(), String> {
    match currency.len() {
        3 if currency.bytes().all(|byte| byte.is_ascii_uppercase()) => Ok(()),
        _ => Err(format!("currency '{currency}' is not an ISO 4217 code such as DKK")),
    }
}

/// A sandbox that called any address it is given would be a tool for others.
fn check_callback(url: &str) -> Result<(), String> {
    let refused = || format!("callback_url '{url}' is not an http address on the loopback interface");
    let parsed = reqwest::Url::parse(url).map_err(|_| refused())?;
    match parsed.host_str() {
        Some("127.0.0.1" | "localhost" | "[::1]") if parsed.scheme() == "http" => Ok(()),
        _ => Err(refused()),
    }
}
