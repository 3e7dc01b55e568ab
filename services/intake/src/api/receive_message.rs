//! Takes in what the player wrote. The case is named, or found by the number in the e-mail's subject.

use case::CaseNumber;
use case::intake::{ReceiveMessage, limits};
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;
use super::words::word;

/// The longest subject that is looked into, in characters (RFC 5322: a line).
const MAX_SUBJECT: usize = 998;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ReceiveMessageRequest>,
) -> Result<pb::ReceiveMessageResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let subject = checks.optional_text("subject", &asked.subject, MAX_SUBJECT);
    let case = named(&asked.case, subject.as_deref().unwrap_or_default());
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, "", &case)?;
    let channel = word(&mut checks, "channel", asked.channel);
    let text = checks.text("text", &asked.text, limits::MESSAGE_CHARACTERS);
    let read = || {
        let mutation: Mutation = mutation?;
        let message_id = mutation.made("message");
        Some((mutation, ReceiveMessage { message_id, channel: channel?, subject, text: text? }))
    };
    let (mutation, command) = checks.finish_with(read())?;
    let message_id = command.message_id.to_string();
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::ReceiveMessageResponse { case: Some(case_ref(&outcome.state)), message_id })
}

/// The case as the caller names it, or the number in the subject; empty if there is neither.
fn named(case: &str, subject: &str) -> String {
    if case.trim().is_empty() {
        CaseNumber::find_in(subject).map(|number| number.to_string()).unwrap_or_default()
    } else {
        case.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_counts_only_when_no_case_is_named() {
        let subject = "Sv: [nb-2026-000412-k] Viking Gold";
        assert_eq!(named(" ", subject), "NB-2026-000412-K");
        assert_eq!(named("NB-2026-000001-X", subject), "NB-2026-000001-X");
        assert_eq!(named("", "Sv: Viking Gold"), "");
    }
}
