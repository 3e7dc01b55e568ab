//! Streams a file to whoever got leave to look at it. The caller may own the case no more by then: the grant was
//! given for these few minutes.

use std::pin::Pin;

use case::intake::Refusal;
use contracts::intake::v1 as pb;
use futures_util::TryStreamExt;
use futures_util::stream::Stream;
use history::Reader;
use service_kit::Failure;
use service_kit::request::{Checks, actor};
use tonic::{Request, Status};

use super::Api;
use super::mutation::evidence_id;
use crate::evidence_store::{Owner, Part};

/// The pieces of a file.
pub(super) type Pieces = Pin<Box<dyn Stream<Item = Result<pb::DownloadEvidenceResponse, Status>> + Send>>;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::DownloadEvidenceRequest>,
) -> Result<Pieces, Failure> {
    let (actor, reader) = (actor(&request)?, Reader::of(&request)?);
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let evidence_id = evidence_id(&mut checks, &asked.evidence_id);
    if asked.grant.is_empty() {
        checks.fail("grant", "is required: what GrantEvidence gave");
    }
    let evidence_id = checks.finish_with(evidence_id)?;
    let case = api.case("case", &asked.case).await?;
    let key = api.evidence.key(Owner::of(&case)?).await?;
    api.evidence.check_grant(&key, case.id, evidence_id, &actor, &asked.grant)?;
    let evidence = case.intake.evidence(evidence_id);
    let evidence = evidence.ok_or_else(|| Failure::refused(&Refusal::EvidenceNotFound))?;
    let sealed = api.evidence.get(&key, case.id, evidence_id, Part::Content, &evidence.sha256).await?;
    api.directory.audit().note(&reader, &case, "intake.DownloadEvidence", "evidence")?;
    let piece = |chunk| pb::DownloadEvidenceResponse { chunk };
    Ok(Box::pin(sealed.opened().map_ok(piece).map_err(Status::from)))
}
