//! Requests as they come over the wire: whatever reads tells no text when it is printed, and has a digest.

use contracts::intake::v1::{OpenCaseRequest, UploadEvidenceRequest};
use contracts::notifications::v1::QueueOfferRequest;
use contracts::payments_escalation::v1::EscalatePaymentRequest;
use contracts::routing::v1::RegisterAgentRequest;
use prost::Message as _;
use service_kit::request::{Body, fingerprint};

/// The first byte says which message the rest is.
pub(crate) fn run(data: &[u8]) {
    let Some((&which, bytes)) = data.split_first() else { return };
    match which % 5 {
        0 => check(OpenCaseRequest::decode(bytes)),
        1 => check(QueueOfferRequest::decode(bytes)),
        2 => check(EscalatePaymentRequest::decode(bytes)),
        3 => check(RegisterAgentRequest::decode(bytes)),
        _ => check(UploadEvidenceRequest::decode(bytes)),
    }
}

fn check<M: Body + std::fmt::Debug>(read: Result<M, prost::DecodeError>) {
    let Ok(mut request) = read else { return };
    let _ = fingerprint(&request);
    let mark = "never printed";
    request.free_texts(&mut |text| mark.clone_into(text));
    assert!(!format!("{request:?}").contains(mark), "a free text is printed");
}
