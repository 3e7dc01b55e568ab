//! Returns one escalation, folded from the case's history.

use case::payments_escalation::Refusal;
use contracts::payments_escalation::v1 as pb;
use history::Reader;
use service_kit::Failure;
use tonic::Request;

use super::Api;
use super::view::escalation;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::GetEscalationRequest>,
) -> Result<pb::GetEscalationResponse, Failure> {
    let reader = Reader::of(&request)?;
    let stream = api.directory.resolve("case", &request.get_ref().case).await?;
    let case = api.executor.load_existing(stream).await?;
    let escalation = escalation(&case).ok_or_else(|| Failure::refused(&Refusal::NotEscalated))?;
    api.directory.audit().note(&reader, &case, "payments_escalation.GetEscalation", "payments")?;
    Ok(pb::GetEscalationResponse { escalation: Some(escalation) })
}
