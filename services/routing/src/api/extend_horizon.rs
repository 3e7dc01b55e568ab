//! Moves the moment by which the player was promised an answer.

use case::routing::{Command, ExtendHorizon, Extension, ExtensionReason};
use contracts::routing::v1 as pb;
use contracts::routing::v1::extend_horizon_request::Extension as Asked;
use jiff::SignedDuration;
use service_kit::Failure;
use service_kit::request::{Checks, moment, timestamp};
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;
use super::words::word;

/// The most that is added at once.
const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ExtendHorizonRequest>,
) -> Result<pb::ExtendHorizonResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let extension = extension(&mut checks, asked.extension.as_ref());
    let reason: Option<ExtensionReason> = word(&mut checks, "reason", asked.reason);
    let read = mutation.zip(extension.zip(reason));
    let (mutation, (extension, reason)) = checks.finish_with(read)?;
    let cause = mutation.request_id;
    let command = Command::ExtendHorizon(ExtendHorizon { extension, reason, cause });
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::ExtendHorizonResponse {
        case: Some(case_ref(&outcome.state)),
        horizon: outcome.state.routing.horizon.map(timestamp),
    })
}

fn extension(checks: &mut Checks, asked: Option<&Asked>) -> Option<Extension> {
    match asked {
        Some(Asked::Until(until)) => moment(checks, "until", until).map(Extension::Until),
        Some(Asked::By(by)) => {
            let length = SignedDuration::new(by.seconds, by.nanos);
            if length.is_positive() && length <= LONGEST {
                Some(Extension::By(length))
            } else {
                checks.fail("by", "must be more than zero and at most 30 days");
                None
            }
        }
        None => {
            checks.fail("extension", "is required: until a moment, or by a length of time");
            None
        }
    }
}
