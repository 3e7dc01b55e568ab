//! Streams a file as it came to whoever has to tell whether it was tampered with, and has just proven a second factor.

use std::pin::Pin;

use case::Context;
use case::intake::may_see_original;
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
pub(super) type Pieces = Pin<Box<dyn Stream<Item = Result<pb::DownloadOriginalResponse, Status>> + Send>>;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::DownloadOriginalRequest>,
) -> Result<Pieces, Failure> {
    let (actor, reader) = (actor(&request)?, Reader::of(&request)?);
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let evidence_id = evidence_id(&mut checks, &asked.evidence_id);
    let evidence_id = checks.finish_with(evidence_id)?;
    let case = api.case("case", &asked.case).await?;
    let context = Context { actor: &actor, now: api.clock.now() };
    let seen = may_see_original(&case, context, evidence_id);
    let original = seen.map_err(|refusal| Failure::refused(&refusal))?;
    let key = api.evidence.key(Owner::of(&case)?).await?;
    let sealed = api.evidence.get(&key, case.id, evidence_id, Part::Original, &original.sha256).await?;
    api.directory.audit().note(&reader, &case, "intake.DownloadOriginal", "evidence as it came")?;
    let piece = |chunk| pb::DownloadOriginalResponse { chunk };
    Ok(Box::pin(sealed.opened().map_ok(piece).map_err(Status::from)))
}
