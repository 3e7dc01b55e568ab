//! A case that is full of what people wrote and who they are.

use access::Role;
use contracts::intake::v1 as intake;
use contracts::intake::v1::upload_evidence_request::Part;
use contracts::payments_escalation::v1 as payments;
use contracts::routing::v1::{self as routing, Team};
use prost::Message;
use tonic::Code;

use crate::caller::{Desk, OWN};
use crate::requests::{self, picture};

/// Everything that was planted; each is found nowhere else.
pub(crate) const SECRETS: [&str; 11] = [
    "p-secret-4711",
    "freja-secret",
    "freja-secret@player.example",
    "Europe words of the player",
    "secret game",
    "more words of the player",
    "words of an agent",
    "words of a colleague",
    "secret-label",
    "+45 70 47 11 00",
    "passport-of-freja.png",
];
/// What was found out about the payment.
pub(crate) const FINDING: &str = "words about the money";

fn id(number: u128) -> String {
    uuid::Uuid::from_u128((0xa11 << 64) + number).to_string()
}

/// Opens it; gives its id.
pub(crate) async fn case(desk: &Desk) -> String {
    let [player_id, username, email, text, product, message, words, note, tag, phone, file_name] =
        SECRETS.map(str::to_owned);
    let (system, agent) = (desk.token(Role::Service, OWN), desk.token(Role::Agent, OWN));
    let player = desk.token_of(SECRETS[0], Role::Player, OWN);
    let intake = |method: &str| format!("/casetrail.intake.v1.IntakeService/{method}");
    let send = async |path: &str, token: &str, messages: Vec<Vec<u8>>| {
        let answer = desk.call_with(path, Some(token), &[], messages).await;
        assert_eq!(answer.code, Code::Ok, "{path}: {answer:?}");
        desk.settled().await;
        answer.body
    };
    let open = intake::OpenCaseRequest {
        request_id: id(1),
        brand: OWN.to_owned(),
        channel: intake::Channel::Email.into(),
        player: Some(intake::Player { player_id, username, email, ..intake::Player::default() }),
        language_code: "da".to_owned(),
        text,
        topic: intake::Topic::Withdrawal.into(),
        product,
        ..intake::OpenCaseRequest::default()
    };
    let opened = send(&intake("OpenCase"), &player, vec![open.encode_to_vec()]).await;
    let opened = intake::OpenCaseResponse::decode(opened.as_slice()).expect("an answer");
    let case = opened.case.expect("a case").case_id;
    desk.transferred(&case, Team::Payments).await;

    // Mette takes it. She is away, so that it is not offered to her first.
    let register = routing::RegisterAgentRequest {
        request_id: id(10),
        brand: OWN.to_owned(),
        agent_id: "mette".to_owned(),
        display_name: "Mette".to_owned(),
        teams: vec![Team::Payments.into()],
        language_codes: vec!["da".to_owned()],
        skills: vec![routing::Skill::Payments.into()],
        personal_contact_for: vec![SECRETS[0].to_owned()],
        ..routing::RegisterAgentRequest::default()
    };
    let presence = routing::SetPresenceRequest {
        request_id: id(11),
        etag: String::new(),
        brand: OWN.to_owned(),
        agent_id: "mette".to_owned(),
        presence: routing::Presence::Away.into(),
    };
    let claim =
        routing::ClaimNextRequest { request_id: id(12), brand: OWN.to_owned(), team: Team::Payments.into() };
    let routing = |method: &str| format!("/casetrail.routing.v1.RoutingService/{method}");
    send(&routing("RegisterAgent"), &system, vec![register.encode_to_vec()]).await;
    send(&routing("SetPresence"), &system, vec![presence.encode_to_vec()]).await;
    let claimed = send(&routing("ClaimNext"), &agent, vec![claim.encode_to_vec()]).await;
    let claimed = routing::ClaimNextResponse::decode(claimed.as_slice()).expect("an answer");
    assert_eq!(claimed.case.expect("it waits").case_id, case);

    let (of, etag) = (|| case.clone(), String::new);
    let channel = intake::Channel::Email.into();
    let subject = String::new();
    let write =
        intake::ReceiveMessageRequest { request_id: id(2), case: of(), subject, channel, text: message };
    send(&intake("ReceiveMessage"), &player, vec![write.encode_to_vec()]).await;
    let header = intake::EvidenceHeader {
        request_id: id(3),
        case: of(),
        kind: intake::EvidenceKind::Identity.into(),
        file_name,
        ..intake::EvidenceHeader::default()
    };
    let parts = [Part::Header(header), Part::Chunk(picture(0).into())];
    let parts = parts.map(|part| intake::UploadEvidenceRequest { part: Some(part) }.encode_to_vec());
    send(&intake("UploadEvidence"), &player, parts.to_vec()).await;
    let reply = requests::send_reply(id(4), &case);
    let reply = intake::SendReplyRequest { text: words, ..reply };
    send(&intake("SendReply"), &agent, vec![reply.encode_to_vec()]).await;
    let note = intake::AddNoteRequest { request_id: id(5), etag: etag(), case: of(), text: note };
    send(&intake("AddNote"), &agent, vec![note.encode_to_vec()]).await;
    let tag = intake::TagCaseRequest { request_id: id(6), etag: etag(), case: of(), tag };
    send(&intake("TagCase"), &agent, vec![tag.encode_to_vec()]).await;
    let call = intake::RequestCallbackRequest {
        request_id: id(7),
        etag: etag(),
        case: of(),
        phone,
        not_before: None,
    };
    send(&intake("RequestCallback"), &player, vec![call.encode_to_vec()]).await;
    let escalate = payments::EscalatePaymentRequest {
        request_id: id(8),
        etag: etag(),
        case: of(),
        kind: payments::EscalationKind::WithdrawalLate.into(),
        transaction_id: "TX-70001".to_owned(),
        amount: Some(payments::Money { minor_units: 250_000, currency_code: "DKK".to_owned() }),
        method: payments::PaymentMethod::BankTransfer.into(),
        summary: FINDING.to_owned(),
    };
    let path = "/casetrail.payments_escalation.v1.PaymentsEscalationService/EscalatePayment";
    send(path, &agent, vec![escalate.encode_to_vec()]).await;
    case
}
