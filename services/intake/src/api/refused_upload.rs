//! A file that did not pass: what the caller is told, and the fact on the case.

use case::intake::RecordRefusedUpload;
use case::{Actor, EvidenceKind};
use evidence::NotExamined;
use service_kit::Failure;
use uuid::Uuid;

use super::Api;
use super::mutation::Mutation;

/// The file that was examined.
pub(super) struct RefusedUpload<'a> {
    pub(super) actor: &'a Actor,
    pub(super) stream: Uuid,
    pub(super) evidence_id: Uuid,
    pub(super) kind: EvidenceKind,
    pub(super) sha256: [u8; 32],
    pub(super) size_bytes: u64,
}

impl RefusedUpload<'_> {
    /// What to answer; a refusal is written down first. A scanner that does not answer says nothing about the
    /// file, and is no fact about the case.
    pub(super) async fn because(self, api: &Api, not_examined: NotExamined) -> Failure {
        let refused = match not_examined {
            NotExamined::Refused(refused) => refused,
            NotExamined::ScannerAway(away) => return Failure::Unavailable(away.to_string()),
            NotExamined::Broken(problem) => return Failure::Internal(problem),
        };
        let answer = Failure::Refused {
            reason: refused.reason(),
            message: refused.to_string(),
            metadata: refused.metadata(),
            field: Some("chunk"),
            permission: false,
        };
        if self.size_bytes == 0 {
            return answer;
        }
        let command = RecordRefusedUpload {
            upload_id: self.evidence_id,
            kind: self.kind,
            reason: refused.reason(),
            sha256: self.sha256,
            size_bytes: self.size_bytes,
        };
        // Another content under the same request is another refusal.
        let id = case::derive("intake.upload-refused", self.evidence_id, &hex::encode(self.sha256));
        let mutation = Mutation::new(self.actor.clone(), self.sha256, id);
        match mutation.execute_on(api, self.stream, command).await {
            Ok(_) => answer,
            Err(failure) => failure,
        }
    }
}
