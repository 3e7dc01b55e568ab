//! Writes a note for colleagues.

use case::intake::{AddNote, limits};
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::AddNoteRequest>,
) -> Result<pb::AddNoteResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let text = checks.text("text", &asked.text, limits::MESSAGE_CHARACTERS);
    let read = || {
        let mutation: Mutation = mutation?;
        let note_id = mutation.made("note");
        Some((mutation, AddNote { note_id, text: text? }))
    };
    let (mutation, command) = checks.finish_with(read())?;
    let note_id = command.note_id.to_string();
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::AddNoteResponse { case: Some(case_ref(&outcome.state)), note_id })
}
