//! Answers the player.

use case::intake::{SendReply, limits};
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::SendReplyRequest>,
) -> Result<pb::SendReplyResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let text = checks.text("text", &asked.text, limits::MESSAGE_CHARACTERS);
    let read = || {
        let mutation: Mutation = mutation?;
        let message_id = mutation.made("message");
        Some((mutation, SendReply { message_id, text: text?, machine_translated: asked.machine_translated }))
    };
    let (mutation, command) = checks.finish_with(read())?;
    let message_id = command.message_id.to_string();
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::SendReplyResponse { case: Some(case_ref(&outcome.state)), message_id })
}
