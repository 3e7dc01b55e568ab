//! Says how far an upload has come.

use case::Context;
use case::intake::may_upload;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::{Checks, actor};
use tonic::Request;

use super::Api;
use super::mutation::upload_id;
use crate::evidence_store::Owner;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::GetUploadRequest>,
) -> Result<pb::GetUploadResponse, Failure> {
    let actor = actor(&request)?;
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let request_id = checks.parse("upload_request_id", &asked.upload_request_id);
    let request_id = checks.finish_with(request_id)?;
    let case = api.case("case", &asked.case).await?;
    let evidence_id = upload_id(request_id, case.id.0);
    let answer = |next_offset: u64, taken| pb::GetUploadResponse {
        evidence_id: evidence_id.to_string(),
        next_offset: i64::try_from(next_offset).unwrap_or(i64::MAX),
        taken,
    };
    if case.intake.evidence(evidence_id).is_some() {
        return Ok(answer(0, true));
    }
    let context = Context { actor: &actor, now: api.clock.now() };
    may_upload(&case, context).map_err(|refusal| Failure::refused(&refusal))?;
    let key = api.evidence.key(Owner::of(&case)?).await?;
    Ok(answer(api.evidence.next_offset(&key, evidence_id).await?, false))
}
