//! What every method that changes something has in common: who asks, once, about which case.

use case::intake::{Command, Intake};
use case::{Actor, Case};
use service_kit::execute::Outcome;
use service_kit::request::{Body, Checks, actor, fingerprint};
use service_kit::{CommandRequest, Failure};
use sha2::{Digest, Sha256};
use tonic::Request;
use uuid::Uuid;

use super::Api;

/// A request that changes something.
pub(super) struct Mutation {
    actor: Actor,
    body: [u8; 32],
    etag: Option<u64>,
    case: String,
    /// Identifies the request; what it makes has ids derived from it.
    pub(super) request_id: Uuid,
}

impl Mutation {
    /// A request by `actor` with this digest of its body; about which case is said at [`Self::execute_on`].
    pub(super) fn new(actor: Actor, body: [u8; 32], request_id: Uuid) -> Self {
        Self { actor, body, etag: None, case: String::new(), request_id }
    }

    /// Checks the fields that every request about a case has. `None` when one of them is wrong.
    pub(super) fn read<M: Body>(
        checks: &mut Checks,
        request: &Request<M>,
        request_id: &str,
        etag: &str,
        case: &str,
    ) -> Result<Option<Self>, Failure> {
        let (actor, body) = (actor(request)?, fingerprint(request.get_ref()));
        let request_id = checks.request_id(request_id);
        let etag = checks.etag(etag);
        if case.trim().is_empty() {
            checks.fail("case", "is required: a case id or number, such as NB-2026-000412-K");
        }
        let case = case.to_owned();
        Ok(request_id.map(|request_id| Self { actor, body, etag, case, request_id }))
    }

    /// The id of something this request makes: the same at every retry.
    pub(super) fn made(&self, purpose: &str) -> Uuid {
        case::derive(&format!("intake.{purpose}"), self.request_id, "")
    }

    /// Decides and records, on the case that the request names.
    pub(super) async fn execute(
        self,
        api: &Api,
        command: impl Into<Command>,
    ) -> Result<Outcome<Case>, Failure> {
        let stream = api.directory.resolve("case", &self.case).await?;
        self.execute_on(api, stream, command).await
    }

    /// Decides and records, on this case.
    pub(super) async fn execute_on(
        self,
        api: &Api,
        stream: Uuid,
        command: impl Into<Command>,
    ) -> Result<Outcome<Case>, Failure> {
        let command = command.into();
        api.executor
            .execute(CommandRequest::<Intake> {
                stream,
                command_id: self.request_id,
                fingerprint: of_method(command.name(), &self.body),
                actor: self.actor,
                etag: self.etag,
                causation_id: None,
                answers: None,
                correlation_id: None,
                creates: matches!(command, Command::OpenCase(_)),
                command,
            })
            .await
    }
}

/// A reply and a note may have the same body: the id of the one must not be answered with the other.
fn of_method(method: &str, body: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(method).chain_update([0]).chain_update(body).finalize().into()
}

/// The id that a file of this request has in the evidence store. By the case too: its key and its place seal the
/// file.
pub(super) fn upload_id(request_id: Uuid, stream: Uuid) -> Uuid {
    case::derive("intake.evidence", request_id, &stream.to_string())
}

/// The id of a piece of evidence.
pub(super) fn evidence_id(checks: &mut Checks, given: &str) -> Option<Uuid> {
    if given.is_empty() {
        checks.fail("evidence_id", "is required");
        return None;
    }
    checks.take("evidence_id", Uuid::try_parse(given).map_err(|_| "is not a UUID; take it from the case"))
}

/// A small number that is not negative.
pub(super) fn small(checks: &mut Checks, field: &str, given: i32) -> Option<u8> {
    checks.take(field, u8::try_from(given).map_err(|_| format!("{given} is out of range")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_body_under_another_method_is_another_request() {
        let body = [7; 32];
        assert_eq!(of_method("SendReply", &body), of_method("SendReply", &body));
        assert_ne!(of_method("SendReply", &body), of_method("AddNote", &body));
        assert_ne!(of_method("SendReply", &body), of_method("SendReply", &[8; 32]));
    }
}
