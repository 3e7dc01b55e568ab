//! Requests in which everything is right; each test spoils the one thing it is about.

use contracts::intake::v1::{
    AddNoteRequest, Channel, EvidenceHeader, EvidenceKind, OpenCaseRequest, Player, Resolution,
    ResolveCaseRequest, SendReplyRequest, Tier, UploadEvidenceRequest, upload_evidence_request,
};
use contracts::payments_escalation::v1::{
    EscalatePaymentRequest, EscalationKind, Money, PaymentMethod, ProposalKind, ProposeResolutionRequest,
};
use stories::Stage;

/// A transaction that the sandbox gateway knows and answers about at once.
pub(crate) const TRANSACTION: &str = "TX-70001";

pub(crate) fn open_case(request_id: String) -> OpenCaseRequest {
    OpenCaseRequest {
        request_id,
        brand: Stage::BRAND.to_owned(),
        channel: Channel::Chat.into(),
        player: Some(Player {
            player_id: "p-1001".to_owned(),
            username: "rasmus".to_owned(),
            email: "rasmus@player.example".to_owned(),
            time_zone: "Europe/Copenhagen".to_owned(),
            tier: Tier::Standard.into(),
            marketing_consent: false,
        }),
        language_code: "da".to_owned(),
        text: format!("Hej, min udbetaling er ikke kommet frem. Transaktions-ID: {TRANSACTION}"),
        ..OpenCaseRequest::default()
    }
}

pub(crate) fn send_reply(request_id: String, case: &str) -> SendReplyRequest {
    SendReplyRequest {
        request_id,
        case: case.to_owned(),
        text: "Hej Rasmus, jeg kigger på det nu.".to_owned(),
        ..SendReplyRequest::default()
    }
}

pub(crate) fn add_note(request_id: String, case: &str) -> AddNoteRequest {
    AddNoteRequest {
        request_id,
        etag: String::new(),
        case: case.to_owned(),
        text: "Looked at the account.".to_owned(),
    }
}

pub(crate) fn resolve_case(request_id: String, case: &str) -> ResolveCaseRequest {
    ResolveCaseRequest {
        request_id,
        etag: String::new(),
        case: case.to_owned(),
        resolution: Resolution::Solved.into(),
        summary: "Din udbetaling er sendt.".to_owned(),
    }
}

pub(crate) fn escalate_payment(
    request_id: String,
    case: &str,
    transaction_id: &str,
) -> EscalatePaymentRequest {
    EscalatePaymentRequest {
        request_id,
        etag: String::new(),
        case: case.to_owned(),
        kind: EscalationKind::WithdrawalLate.into(),
        transaction_id: transaction_id.to_owned(),
        amount: danish(250_000),
        method: PaymentMethod::BankTransfer.into(),
        summary: "Udbetalingen forlod os, men er ikke nået frem.".to_owned(),
    }
}

pub(crate) fn propose_resolution(
    request_id: String,
    case: &str,
    transaction_id: &str,
) -> ProposeResolutionRequest {
    ProposeResolutionRequest {
        request_id,
        etag: String::new(),
        case: case.to_owned(),
        kind: ProposalKind::Payout.into(),
        transaction_id: transaction_id.to_owned(),
        amount: danish(250_000),
    }
}

/// An amount of Danish kroner, in øre.
#[expect(clippy::unnecessary_wraps, reason = "a message's field is optional")]
pub(crate) fn danish(minor_units: i64) -> Option<Money> {
    Some(Money { minor_units, currency_code: "DKK".to_owned() })
}

/// An upload in the parts in which it is sent.
pub(crate) fn upload(
    request_id: String,
    case: &str,
    file_name: &str,
    content: &[u8],
) -> Vec<UploadEvidenceRequest> {
    let header = EvidenceHeader {
        request_id,
        case: case.to_owned(),
        kind: EvidenceKind::PaymentProof.into(),
        file_name: file_name.to_owned(),
        ..EvidenceHeader::default()
    };
    let mut parts = vec![UploadEvidenceRequest { part: Some(upload_evidence_request::Part::Header(header)) }];
    parts.extend(content.chunks(512 * 1024).map(chunk));
    parts
}

/// One part of an upload: bytes.
pub(crate) fn chunk(bytes: &[u8]) -> UploadEvidenceRequest {
    UploadEvidenceRequest { part: Some(upload_evidence_request::Part::Chunk(bytes.to_vec().into())) }
}

/// A real PNG of one pixel, followed by `more` bytes that readers of PNG ignore.
pub(crate) fn picture(more: usize) -> Vec<u8> {
    const PNG: &[u8] = &[
        0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0,
        0, 0, 1, 8, 0, 0, 0, 0, 0x3A, 0x7E, 0x9B, 0x55, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78, 0x9C,
        0x63, 0x68, 0, 0, 0, 0x82, 0, 0x81, 0x77, 0xCD, 0x72, 0xB6, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE,
        0x42, 0x60, 0x82,
    ];
    let mut content = PNG.to_vec();
    content.resize(PNG.len() + more, b'.');
    content
}
