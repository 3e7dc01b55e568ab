//! Brings a case to payments-escalation.

use case::Personal;
use case::payments_escalation::EscalatePayment;
use contracts::payments_escalation::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::{MAX_TEXT, Mutation, amount};
use super::view::case_ref;
use super::words::word;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::EscalatePaymentRequest>,
) -> Result<pb::EscalatePaymentResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let kind = word(&mut checks, "kind", asked.kind);
    let transaction_id = checks.parse("transaction_id", &asked.transaction_id);
    let amount = amount(&mut checks, asked.amount.as_ref());
    let method = word(&mut checks, "method", asked.method);
    let summary = checks.text("summary", &asked.summary, MAX_TEXT).map(Personal::Clear);
    let read = || {
        let command = EscalatePayment {
            kind: kind?,
            transaction_id: transaction_id?,
            amount: amount?,
            method: method?,
            summary: summary?,
        };
        Some((mutation?, command))
    };
    let (mutation, command) = checks.finish_with(read())?;
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::EscalatePaymentResponse { case: Some(case_ref(&outcome.state)) })
}
