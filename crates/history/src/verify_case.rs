//! `VerifyCase`: recomputes the chain of hashes over a case's facts.

use contracts::history::v1::{VerifyCaseRequest, VerifyCaseResponse};
use event_log::ChainVerifier;
use service_kit::{Failure, Scope};

use crate::chain::Chain;
use crate::directory::not_found;
use crate::service::Inner;

/// Looks at the stored bytes only: a history that no longer folds can still be verified, by callers
/// who need not be asked whether it is theirs.
pub(crate) async fn answer(
    history: &Inner,
    request: VerifyCaseRequest,
) -> Result<VerifyCaseResponse, Failure> {
    let stream = history.directory.resolve("case", &request.case).await?;
    if !Scope::current().is_everything() {
        history.case_as_of(stream, &request.case, None).await?;
    }
    let mut chain = Chain::new(history.parts.log.as_ref(), stream, 0);
    let mut verifier = ChainVerifier::new(stream);
    let mut found = VerifyCaseResponse { intact: true, ..VerifyCaseResponse::default() };
    loop {
        let facts = chain.next().await?;
        let Some(last) = facts.last() else { break };
        found.head_hash = hex::encode(last.hash);
        found.facts_checked += facts.len() as u64;
        for fact in &facts {
            if found.intact
                && let Err(broken) = verifier.check(fact)
            {
                tracing::error!(%broken, "a case's history is not what was recorded");
                found.intact = false;
                found.first_wrong_version = broken.version;
            }
        }
    }
    if found.facts_checked == 0 { Err(not_found(&request.case)) } else { Ok(found) }
}
