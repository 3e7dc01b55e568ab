//! What every method that changes something has in common: who asks, once, about which case.

use case::payments_escalation::{Command, PaymentsEscalation};
use case::{Actor, Case, Money};
use contracts::payments_escalation::v1 as pb;
use service_kit::execute::Outcome;
use service_kit::request::{Body, Checks, actor, fingerprint};
use service_kit::{CommandRequest, Failure};
use tonic::Request;
use uuid::Uuid;

use super::Api;

/// The longest free text, in characters.
pub(super) const MAX_TEXT: usize = 2_000;

/// A request that changes something.
pub(super) struct Mutation {
    actor: Actor,
    fingerprint: [u8; 32],
    etag: Option<u64>,
    case: String,
    /// Identifies the request; what it makes has ids derived from it.
    pub(super) request_id: Uuid,
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
        Ok(request_id.map(|request_id| Self { actor, fingerprint, etag, case, request_id }))
    }

    /// The id of something this request makes: the same at every retry.
    pub(super) fn made(&self, purpose: &str) -> Uuid {
        case::derive(&format!("payments_escalation.{purpose}"), self.request_id, "")
    }

    /// Decides and records.
    pub(super) async fn execute(
        self,
        api: &Api,
        command: impl Into<Command>,
    ) -> Result<Outcome<Case>, Failure> {
        let stream = api.directory.resolve("case", &self.case).await?;
        api.executor
            .execute(CommandRequest::<PaymentsEscalation> {
                stream,
                command_id: self.request_id,
                fingerprint: self.fingerprint,
                actor: self.actor,
                etag: self.etag,
                causation_id: None,
                answers: None,
                correlation_id: None,
                creates: false,
                command: command.into(),
            })
            .await
    }
}

/// An amount above zero.
pub(super) fn amount(checks: &mut Checks, given: Option<&pb::Money>) -> Option<Money> {
    let Some(given) = given else {
        checks.fail("amount", "is required");
        return None;
    };
    let read = Money::positive(given.minor_units, &given.currency_code);
    let field = match &read {
        Err(case::InvalidMoney::UnknownCurrency(_)) => "amount.currency_code",
        _ => "amount.minor_units",
    };
    checks.take(field, read)
}

/// The id of a proposal.
pub(super) fn proposal_id(checks: &mut Checks, given: &str) -> Option<Uuid> {
    if given.is_empty() {
        checks.fail("proposal_id", "is required");
        return None;
    }
    checks
        .take("proposal_id", Uuid::try_parse(given).map_err(|_| "is not a UUID; take it from the escalation"))
}
