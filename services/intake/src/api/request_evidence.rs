//! Asks the player, once, for everything that is missing.

use case::EvidenceKind;
use case::intake::RequestEvidence;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;
use super::words::word;

/// As many as there are: a longer list names one twice.
const MAX_KINDS: usize = EvidenceKind::ALL.len();

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::RequestEvidenceRequest>,
) -> Result<pb::RequestEvidenceResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let kinds = kinds(&mut checks, &asked.kinds);
    let command = RequestEvidence { kinds };
    let outcome = checks.finish_with(mutation)?.execute(api, command).await?;
    Ok(pb::RequestEvidenceResponse { case: Some(case_ref(&outcome.state)) })
}

/// The kinds asked for: at least one, each once.
fn kinds(checks: &mut Checks, given: &[i32]) -> Vec<EvidenceKind> {
    if given.is_empty() {
        checks.fail("kinds", "is required: name everything that is missing");
    }
    let mut kinds: Vec<EvidenceKind> = Vec::new();
    for (index, number) in given.iter().enumerate().take(MAX_KINDS + 1) {
        let field = format!("kinds[{index}]");
        match word::<EvidenceKind>(checks, &field, *number) {
            Some(kind) if kinds.contains(&kind) => checks.fail(&field, "was named already; name each once"),
            Some(kind) => kinds.push(kind),
            None => {}
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_named_once_and_none_is_unknown() {
        let mut checks = Checks::new();
        assert_eq!(kinds(&mut checks, &[1, 4]), [EvidenceKind::Identity, EvidenceKind::PaymentProof]);
        checks.finish().unwrap();
        for wrong in [&[][..], &[0], &[1, 1], &[99], &[1, 2, 3, 4, 5, 1]] {
            let mut checks = Checks::new();
            kinds(&mut checks, wrong);
            assert!(checks.finish().is_err(), "{wrong:?}");
        }
    }
}
