//! Asks the gateway, again, what became of a transaction.

use case::payments_escalation::ContactGateway;
use contracts::payments_escalation::v1 as pb;
use service_kit::Failure;
use service_kit::request::{Checks, timestamp};
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::InquireGatewayRequest>,
) -> Result<pb::InquireGatewayResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let transaction_id = checks.parse("transaction_id", &asked.transaction_id);
    let (mutation, transaction_id) = checks.finish_with(mutation.zip(transaction_id))?;
    let key = mutation.made("inquiry");
    let answer_due_at = api.clock.now() + api.inquiry_answer_due;
    let outcome = mutation.execute(api, ContactGateway { key, transaction_id, answer_due_at }).await?;
    // A retry is told the moment that was recorded the first time.
    let due = outcome.state.payments_escalation.call(key).map_or(answer_due_at, |call| call.answer_due_at);
    Ok(pb::InquireGatewayResponse {
        case: Some(case_ref(&outcome.state)),
        key: key.to_string(),
        answer_due_at: Some(timestamp(due)),
    })
}
