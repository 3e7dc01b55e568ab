//! What every method that changes a case has in common: who asks, once, about which case.

use case::routing::{Command, Routing};
use case::{Actor, Case};
use service_kit::execute::Outcome;
use service_kit::request::{Body, Checks, actor, fingerprint};
use service_kit::{CommandRequest, Failure};
use tonic::Request;
use uuid::Uuid;

use super::Api;

/// A request that changes a case.
pub(super) struct Mutation {
    pub(super) actor: Actor,
    pub(super) request_id: Uuid,
    fingerprint: [u8; 32],
    etag: Option<u64>,
    case: String,
}

impl Mutation {
    /// Checks the fields that every such request has. `None` when one of them is wrong.
    pub(super) fn read<M: Body>(
        checks: &mut Checks,
        request: &Request<M>,
        request_id: &str,
        etag: &str,
        case: &str,
    ) -> Result<Option<Self>, Failure> {
        let actor = actor(request)?;
        let fingerprint = fingerprint(request.get_ref());
        let request_id = checks.request_id(request_id);
        let etag = checks.etag(etag);
        if case.trim().is_empty() {
            checks.fail("case", "is required: a case id or number, such as NB-2026-000412-K");
        }
        let case = case.to_owned();
        Ok(request_id.map(|request_id| Self { actor, request_id, fingerprint, etag, case }))
    }

    /// Decides and records.
    pub(super) async fn execute(self, api: &Api, command: Command) -> Result<Outcome<Case>, Failure> {
        let stream = api.directory.resolve("case", &self.case).await?;
        api.desk
            .executor
            .execute(CommandRequest::<Routing> {
                stream,
                command_id: self.request_id,
                fingerprint: self.fingerprint,
                actor: self.actor,
                etag: self.etag,
                causation_id: None,
                answers: None,
                correlation_id: None,
                creates: false,
                command,
            })
            .await
    }
}

/// The id of an offer.
pub(super) fn offer_id(checks: &mut Checks, given: &str) -> Option<Uuid> {
    if given.is_empty() {
        checks.fail("offer_id", "is required");
        return None;
    }
    checks.take("offer_id", Uuid::try_parse(given).map_err(|_| "is not a UUID; take it from the offer"))
}
