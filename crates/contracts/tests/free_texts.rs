//! What people wrote, or who they are, is in no message's `Debug`, and can be reached.

use contracts::intake::v1::{DownloadEvidenceResponse, OpenCaseRequest, Player, UploadEvidenceRequest};
use contracts::payments_escalation::v1::RequestInformationRequest;
use contracts::routing::v1::Agent;
use contracts::{Confidential as _, FreeTexts as _};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use prost_types::field_descriptor_proto::Type;

#[path = "../build/free_texts.rs"]
#[expect(dead_code, reason = "only the list is looked at here")]
mod list;

/// Ids, words of lists, marks: nobody writes these freely, and each is checked where it enters.
const CLOSED: &[&str] = &[
    "asked_by",
    "fields",
    "method",
    "purpose",
    "reader",
    "approved_by",
    "brand",
    "calendar",
    "case",
    "consumer",
    "etag",
    "hash",
    "head_hash",
    "id",
    "into_case",
    "jurisdiction",
    "complaint_jurisdiction",
    "key",
    "kind",
    "language_codes",
    "media_type",
    "meta_json",
    "name",
    "next_page_token",
    "number",
    "other_case",
    "page_token",
    "personal_contact_for",
    "previous_case",
    "priority_explanation",
    "proposed_by",
    "resolution",
    "services",
    "sha256",
    "status",
    "team",
    "time_zone",
    "type",
    "event_type",
    "url",
];

fn is_closed(name: &str) -> bool {
    CLOSED.contains(&name) || ["_id", "_ids", "_code"].iter().any(|ending| name.ends_with(ending))
}

#[test]
fn every_string_is_known_to_be_free_or_not() {
    let files = FileDescriptorSet::decode(contracts::FILE_DESCRIPTOR_SET).unwrap();
    let ours = files.file.iter().filter(|file| file.package().starts_with("casetrail."));
    let mut unknown = Vec::new();
    for message in ours.flat_map(|file| &file.message_type) {
        assert!(
            message.nested_type.is_empty(),
            "{}: messages in messages are not looked into",
            message.name()
        );
        for field in &message.field {
            let is_text = matches!(field.r#type(), Type::String | Type::Bytes);
            if is_text && !list::is_free_text(field) && !is_closed(field.name()) {
                unknown.push(format!("{}.{}", message.name(), field.name()));
            }
        }
    }
    assert!(unknown.is_empty(), "say in build/free_texts.rs, or in CLOSED here, what these are: {unknown:?}");
}

#[test]
fn whoever_reads_masked_is_shown_neither_free_texts_nor_players() {
    let files = FileDescriptorSet::decode(contracts::FILE_DESCRIPTOR_SET).unwrap();
    let ours = files.file.iter().filter(|file| file.package().starts_with("casetrail."));
    let fields = ours.flat_map(|file| &file.message_type).flat_map(|message| &message.field);
    let texts = fields.filter(|field| matches!(field.r#type(), Type::String | Type::Bytes));
    let mut missing: Vec<&str> = texts
        .filter(|field| list::is_free_text(field) || field.name().contains("player"))
        .map(prost_types::FieldDescriptorProto::name)
        .filter(|name| !contracts::is_confidential(name))
        .collect();
    missing.dedup();
    assert!(missing.is_empty(), "say in build/confidential.rs that these are confidential: {missing:?}");

    let mut download = DownloadEvidenceResponse { chunk: b"secret".to_vec() };
    let mut agent = Agent {
        agent_id: "mette".to_owned(),
        display_name: "Mette".to_owned(),
        personal_contact_for: vec!["p-1".to_owned(), "p-2".to_owned()],
        ..Agent::default()
    };
    let mut reached = Vec::new();
    let mut visit = |name: &'static str, text: &mut String| reached.push((name, std::mem::take(text)));
    download.confidential(&mut visit);
    agent.confidential(&mut visit);
    let reached: Vec<(&str, &str)> = reached.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let expected =
        [("display_name", "Mette"), ("personal_contact_for", "p-1"), ("personal_contact_for", "p-2")];
    assert_eq!(reached, expected);
    assert!(download.chunk.is_empty() && agent.agent_id == "mette");
}

#[test]
fn debug_tells_no_text() {
    let mut open = OpenCaseRequest {
        request_id: "0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b00".to_owned(),
        text: "secret words".to_owned(),
        product: "secret game".to_owned(),
        player: Some(Player {
            player_id: "p-1".to_owned(),
            username: "secret name".to_owned(),
            email: "secret@player.example".to_owned(),
            ..Player::default()
        }),
        ..OpenCaseRequest::default()
    };
    let ask = RequestInformationRequest { question: "secret?".to_owned(), ..Default::default() };
    let upload = UploadEvidenceRequest {
        part: Some(contracts::intake::v1::upload_evidence_request::Part::Chunk("secret bytes".into())),
    };
    let told = format!("{open:?} {ask:?} {upload:?}");
    assert!(!told.contains("secret"), "{told}");
    assert!(told.contains("p-1") && told.contains("0199f2a4"), "what is no secret helps: {told}");

    let mut reached = Vec::new();
    open.free_texts(&mut |text| reached.push(std::mem::take(text)));
    reached.sort();
    assert_eq!(reached, ["secret game", "secret name", "secret words", "secret@player.example"]);
}
