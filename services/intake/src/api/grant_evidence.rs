//! Gives leave to look at a file, for a few minutes.

use case::Context;
use case::intake::may_see;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::{Checks, actor, timestamp};
use tonic::Request;

use super::Api;
use super::mutation::evidence_id;

use crate::evidence_store::Owner;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::GrantEvidenceRequest>,
) -> Result<pb::GrantEvidenceResponse, Failure> {
    let actor = actor(&request)?;
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let evidence_id = evidence_id(&mut checks, &asked.evidence_id);
    let evidence_id = checks.finish_with(evidence_id)?;
    let case = api.case("case", &asked.case).await?;
    let context = Context { actor: &actor, now: api.clock.now() };
    let evidence = may_see(&case, context, evidence_id).map_err(|refusal| Failure::refused(&refusal))?;
    let key = api.evidence.key(Owner::of(&case)?).await?;
    let (grant, until) = api.evidence.grant(&key, case.id, evidence_id, &actor)?;
    Ok(pb::GrantEvidenceResponse {
        grant,
        expire_time: Some(timestamp(until)),
        media_type: evidence.media_type.clone(),
        size_bytes: i64::try_from(evidence.size_bytes).unwrap_or(i64::MAX),
        sha256: evidence.sha256.clone(),
    })
}
