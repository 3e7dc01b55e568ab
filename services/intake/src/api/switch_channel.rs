//! Moves the case to another channel.

use case::intake::SwitchChannel;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;
use super::words::word;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::SwitchChannelRequest>,
) -> Result<pb::SwitchChannelResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let to = word(&mut checks, "channel", asked.channel);
    let (mutation, command) = checks.finish_with(mutation.zip(to.map(|to| SwitchChannel { to })))?;
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::SwitchChannelResponse { case: Some(case_ref(&outcome.state)) })
}
