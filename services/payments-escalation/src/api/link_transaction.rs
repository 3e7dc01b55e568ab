//! Says that a transaction belongs to the case; the gateway is asked about it.

use case::payments_escalation::LinkTransaction;
use contracts::payments_escalation::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::LinkTransactionRequest>,
) -> Result<pb::LinkTransactionResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let transaction_id = checks.parse("transaction_id", &asked.transaction_id);
    let (mutation, transaction_id) = checks.finish_with(mutation.zip(transaction_id))?;
    let outcome = mutation.execute(api, LinkTransaction { transaction_id }).await?;
    Ok(pb::LinkTransactionResponse { case: Some(case_ref(&outcome.state)) })
}
