//! The gateway over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{StatusCode, Url};
use serde::Serialize;
use service_kit::StartError;
use service_kit::spans::{failed, hang_here, traceparent};
use tracing::Instrument;
use tracing::field::Empty;
use uuid::Uuid;

use super::wire::{Answer, ErrorAnswer, InquiryRequest, Outcome, PaymentRequest, PaymentStatus};
use super::{Gateway, GatewayError, Inquiry, InquiryAnswer, Payment, PaymentAnswer};
use crate::STAGE;
use crate::config::GatewayConfig;

/// The most bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// The gateway knows no such transaction.
const UNKNOWN_TRANSACTION: &str = "unknown_transaction";

/// Calls the gateway's HTTP API.
#[derive(Debug)]
pub struct HttpGateway {
    client: reqwest::Client,
    inquiries: Url,
    payments: Url,
    callback_url: String,
}

impl HttpGateway {
    /// Sets the client up; calls nobody yet.
    ///
    /// # Errors
    /// An address that is none, or a client that cannot be set up.
    pub fn new(config: &GatewayConfig) -> Result<Self, StartError> {
        let base = config.base_url()?;
        let join = |path: &str| {
            let mut url = base.clone();
            url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
            url
        };
        Ok(Self {
            client: outbound::client(Duration::from_millis(config.timeout_ms)).map_err(StartError::Broken)?,
            inquiries: join("/v1/inquiries"),
            payments: join("/v1/payments"),
            callback_url: config.callback_address()?.into(),
        })
    }

    /// Sends a request; the answer's reference and outcome.
    async fn call(
        &self,
        url: &Url,
        case: Uuid,
        number: Option<&str>,
        body: &impl Serialize,
    ) -> Result<Answer, GatewayError> {
        let span = tracing::info_span!(
            "gateway call",
            otel.name = format!("POST {}", url.path()),
            otel.kind = "client",
            otel.status_code = Empty,
            error.type = Empty,
            http.request.method = "POST",
            url.full = %url,
            server.address = url.host_str(),
            http.response.status_code = Empty,
            casetrail.case.id = %case,
            casetrail.case.number = number,
            casetrail.service = STAGE,
        );
        hang_here(&span);
        async {
            let mut request = self.client.post(url.clone()).json(body);
            if let Some(traceparent) = traceparent() {
                request = request.header("traceparent", traceparent);
            }
            let sent = request.send().await.map_err(|error| unavailable(&error));
            let response = sent.inspect_err(|_| failed("unavailable"))?;
            let status = response.status();
            tracing::Span::current().record("http.response.status_code", status.as_u16());
            let bytes = read(response).await?;
            if status.is_success() {
                return serde_json::from_slice(&bytes)
                    .map_err(|error| GatewayError::Malformed(error.to_string()));
            }
            if status.is_server_error()
                || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
            {
                failed("unavailable");
                return Err(GatewayError::Unavailable(format!("it answered {status}")));
            }
            let code = serde_json::from_slice::<ErrorAnswer>(&bytes).map(|answer| answer.error);
            Err(GatewayError::Refused { status: status.as_u16(), code: code.unwrap_or_default() })
        }
        .instrument(span)
        .await
    }
}

fn unavailable(error: &reqwest::Error) -> GatewayError {
    GatewayError::Unavailable(if error.is_timeout() {
        "it did not answer in time".to_owned()
    } else {
        error.to_string()
    })
}

/// Reads the body, but no more than an answer can have.
async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, GatewayError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unavailable(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER_BYTES {
            return Err(GatewayError::Malformed(format!("it is longer than {MAX_ANSWER_BYTES} bytes")));
        }
    }
    Ok(bytes)
}

#[async_trait]
impl Gateway for HttpGateway {
    async fn inquire(&self, inquiry: &Inquiry) -> Result<InquiryAnswer, GatewayError> {
        let request = InquiryRequest {
            idempotency_key: inquiry.key.to_string(),
            transaction_id: inquiry.transaction_id.as_str(),
            currency: inquiry.currency.code(),
            callback_url: &self.callback_url,
        };
        let answer = match self
            .call(&self.inquiries, inquiry.key.case, inquiry.case_number.as_deref(), &request)
            .await
        {
            Err(GatewayError::Refused { status: 404, code }) if code == UNKNOWN_TRANSACTION => {
                return Ok(InquiryAnswer::Unknown);
            }
            answer => answer?,
        };
        match answer.outcome {
            None => Ok(InquiryAnswer::Pending),
            Some(Outcome::Inquiry(outcome)) => {
                Ok(outcome.standing()?.map_or(InquiryAnswer::Unknown, InquiryAnswer::Known))
            }
            Some(Outcome::Payment(_)) => {
                Err(GatewayError::Malformed("an inquiry was answered with a payment".to_owned()))
            }
        }
    }

    async fn pay(&self, payment: &Payment) -> Result<PaymentAnswer, GatewayError> {
        let request = PaymentRequest {
            idempotency_key: payment.key.to_string(),
            transaction_id: payment.transaction_id.as_str(),
            kind: payment.kind,
            amount_minor: payment.amount.minor,
            currency: payment.amount.currency.code(),
            callback_url: &self.callback_url,
        };
        let answer =
            match self.call(&self.payments, payment.key.case, payment.case_number.as_deref(), &request).await
            {
                // It did not even take the payment on. Any other refusal leaves open whether money moved.
                Err(GatewayError::Refused { status: 404, code }) if code == UNKNOWN_TRANSACTION => {
                    return Ok(PaymentAnswer::Failed { code });
                }
                answer => answer?,
            };
        match answer.outcome {
            None => Ok(PaymentAnswer::Pending),
            Some(Outcome::Payment(outcome)) => Ok(match outcome.status {
                PaymentStatus::Executed => PaymentAnswer::Executed { reference: answer.gateway_reference },
                PaymentStatus::Failed => {
                    PaymentAnswer::Failed { code: outcome.reason.unwrap_or_else(|| "failed".to_owned()) }
                }
                PaymentStatus::Pending | PaymentStatus::Accepted => PaymentAnswer::Pending,
            }),
            Some(Outcome::Inquiry(_)) => {
                Err(GatewayError::Malformed("a payment was answered with an inquiry".to_owned()))
            }
        }
    }
}
