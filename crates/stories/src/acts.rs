//! What people do in more than one story, each one call.

use anyhow::{Context, ensure};
use contracts::intake::v1::{
    AcceptEvidenceRequest, Channel, CloseCaseRequest, EvidenceHeader, EvidenceKind, GiveFeedbackRequest,
    OpenCaseRequest, OpenCaseResponse, Player, ReceiveMessageRequest, RejectEvidenceRequest, RejectionReason,
    RequestEvidenceRequest, Resolution, ResolveCaseRequest, SendReplyRequest, Tier, UploadEvidenceRequest,
    upload_evidence_request,
};
use contracts::routing::v1::AcceptOfferRequest;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::follow::Follow;
use crate::people::Person;
use crate::stage::Stage;

/// How a player writes for the first time.
pub(crate) struct Opening<'a> {
    pub(crate) channel: Channel,
    pub(crate) language: &'a str,
    pub(crate) time_zone: &'a str,
    pub(crate) tier: Tier,
    pub(crate) marketing_consent: bool,
    pub(crate) product: &'a str,
    pub(crate) text: &'a str,
}

impl Default for Opening<'_> {
    fn default() -> Self {
        Self {
            channel: Channel::Chat,
            language: "",
            time_zone: "Europe/Copenhagen",
            tier: Tier::Standard,
            marketing_consent: false,
            product: "",
            text: "",
        }
    }
}

impl Stage {
    /// A player's request becomes a case.
    pub(crate) async fn open(&self, who: &Person, opening: Opening<'_>) -> anyhow::Result<OpenCaseResponse> {
        let request = OpenCaseRequest {
            request_id: self.new_id(),
            brand: Self::BRAND.to_owned(),
            channel: opening.channel.into(),
            player: Some(Player {
                player_id: who.id().to_owned(),
                username: who.name.to_lowercase(),
                email: format!("{}@player.example", who.name.to_lowercase()),
                time_zone: opening.time_zone.to_owned(),
                tier: opening.tier.into(),
                marketing_consent: opening.marketing_consent,
            }),
            language_code: opening.language.to_owned(),
            text: opening.text.to_owned(),
            product: opening.product.to_owned(),
            ..OpenCaseRequest::default()
        };
        self.step(&who.name, format!("writes: \"{}\"", opening.text));
        let opened = self.intake().open_case(who.ask(request)?).await.context("OpenCase")?.into_inner();
        ensure!(opened.case.is_some(), "OpenCase answers with the case");
        Ok(opened)
    }

    /// The player writes again.
    pub(crate) async fn say(
        &self,
        who: &Person,
        case: &str,
        channel: Channel,
        text: &str,
    ) -> anyhow::Result<()> {
        let request = ReceiveMessageRequest {
            request_id: self.new_id(),
            case: case.to_owned(),
            subject: String::new(),
            channel: channel.into(),
            text: text.to_owned(),
        };
        self.step(&who.name, format!("writes: \"{text}\""));
        self.intake().receive_message(who.ask(request)?).await.context("ReceiveMessage")?;
        Ok(())
    }

    /// An agent answers the player.
    pub(crate) async fn reply(&self, who: &Person, case: &str, text: &str) -> anyhow::Result<()> {
        let request = SendReplyRequest {
            request_id: self.new_id(),
            case: case.to_owned(),
            text: text.to_owned(),
            ..SendReplyRequest::default()
        };
        self.step(&who.name, format!("replies: \"{text}\""));
        self.intake().send_reply(who.ask(request)?).await.context("SendReply")?;
        Ok(())
    }

    /// An agent takes the case they are offered.
    pub(crate) async fn take(&self, who: &Person, follow: &mut Follow<'_>, after: u64) -> anyhow::Result<()> {
        let offer_id = follow.offered_to(who.id(), after).await?;
        let request = AcceptOfferRequest {
            request_id: self.new_id(),
            etag: String::new(),
            case: follow.number.clone(),
            offer_id,
        };
        self.routing().accept_offer(who.ask(request)?).await.context("AcceptOffer")?;
        self.step(&who.name, format!("({}) is offered {} and takes it", who.teams, follow.number));
        Ok(())
    }

    /// An agent asks for evidence.
    pub(crate) async fn request_evidence(
        &self,
        who: &Person,
        case: &str,
        kinds: &[EvidenceKind],
    ) -> anyhow::Result<()> {
        let request = RequestEvidenceRequest {
            request_id: self.new_id(),
            etag: String::new(),
            case: case.to_owned(),
            kinds: kinds.iter().map(|kind| i32::from(*kind)).collect(),
        };
        self.intake().request_evidence(who.ask(request)?).await.context("RequestEvidence")?;
        let words: Vec<String> =
            kinds.iter().map(|kind| spoken(kind.as_str_name(), "EVIDENCE_KIND_")).collect();
        self.step(&who.name, format!("asks for what is missing: {}", words.join(", ")));
        Ok(())
    }

    /// The player uploads a file, in chunks.
    pub(crate) async fn upload(
        &self,
        who: &Person,
        case: &str,
        kind: EvidenceKind,
        file_name: &str,
        content: &[u8],
    ) -> anyhow::Result<String> {
        let header = EvidenceHeader {
            request_id: self.new_id(),
            case: case.to_owned(),
            kind: kind.into(),
            file_name: file_name.to_owned(),
            ..EvidenceHeader::default()
        };
        let mut parts =
            vec![UploadEvidenceRequest { part: Some(upload_evidence_request::Part::Header(header)) }];
        parts.extend(content.chunks(64 * 1024).map(|chunk| UploadEvidenceRequest {
            part: Some(upload_evidence_request::Part::Chunk(chunk.to_vec().into())),
        }));
        let request = who.ask(futures_util::stream::iter(parts))?;
        let uploaded = self.intake().upload_evidence(request).await.context("UploadEvidence")?.into_inner();
        self.step(
            &who.name,
            format!("uploads {file_name} ({}, {} bytes)", uploaded.media_type, uploaded.size_bytes),
        );
        Ok(uploaded.evidence_id)
    }

    /// An agent finds a file good.
    pub(crate) async fn accept_evidence(
        &self,
        who: &Person,
        case: &str,
        evidence_id: &str,
    ) -> anyhow::Result<()> {
        let request = AcceptEvidenceRequest {
            request_id: self.new_id(),
            etag: String::new(),
            case: case.to_owned(),
            evidence_id: evidence_id.to_owned(),
        };
        self.intake().accept_evidence(who.ask(request)?).await.context("AcceptEvidence")?;
        self.step(&who.name, "accepts it");
        Ok(())
    }

    /// An agent refuses a file, with the reason.
    pub(crate) async fn reject_evidence(
        &self,
        who: &Person,
        case: &str,
        evidence_id: &str,
        reason: RejectionReason,
    ) -> anyhow::Result<()> {
        let request = RejectEvidenceRequest {
            request_id: self.new_id(),
            etag: String::new(),
            case: case.to_owned(),
            evidence_id: evidence_id.to_owned(),
            reason: reason.into(),
        };
        self.intake().reject_evidence(who.ask(request)?).await.context("RejectEvidence")?;
        self.step(&who.name, format!("rejects it: {}", spoken(reason.as_str_name(), "REJECTION_REASON_")));
        Ok(())
    }

    /// An agent resolves the case.
    pub(crate) async fn resolve(
        &self,
        who: &Person,
        case: &str,
        resolution: Resolution,
        summary: &str,
    ) -> anyhow::Result<()> {
        let request = ResolveCaseRequest {
            request_id: self.new_id(),
            etag: String::new(),
            case: case.to_owned(),
            resolution: resolution.into(),
            summary: summary.to_owned(),
        };
        self.intake().resolve_case(who.ask(request)?).await.context("ResolveCase")?;
        self.step(&who.name, format!("resolves the case: \"{summary}\""));
        Ok(())
    }

    /// An agent closes the case.
    pub(crate) async fn close(&self, who: &Person, case: &str) -> anyhow::Result<()> {
        let request =
            CloseCaseRequest { request_id: self.new_id(), etag: String::new(), case: case.to_owned() };
        self.intake().close_case(who.ask(request)?).await.context("CloseCase")?;
        self.step(&who.name, "closes the case");
        Ok(())
    }

    /// The player rates the handling.
    pub(crate) async fn rate(
        &self,
        who: &Person,
        case: &str,
        score: i32,
        comment: &str,
    ) -> anyhow::Result<()> {
        let request = GiveFeedbackRequest {
            request_id: self.new_id(),
            etag: String::new(),
            case: case.to_owned(),
            score,
            comment: comment.to_owned(),
        };
        self.intake().give_feedback(who.ask(request)?).await.context("GiveFeedback")?;
        self.step(&who.name, format!("rates the help: {score} of 5"));
        Ok(())
    }
}

/// The case's number in an answer.
pub(crate) fn number_of(opened: &OpenCaseResponse) -> anyhow::Result<String> {
    opened.case.as_ref().map(|case| case.number.clone()).context("the answer holds the case")
}

/// Checks that a call was refused for this reason.
pub(crate) fn refused<T: std::fmt::Debug>(
    result: Result<T, Status>,
    code: Code,
    reason: &str,
) -> anyhow::Result<String> {
    let status = match result {
        Ok(answer) => anyhow::bail!("should have been refused with {reason}, but: {answer:?}"),
        Err(status) => status,
    };
    let details = status.get_error_details();
    let given = details.error_info().map(|info| info.reason.clone()).unwrap_or_default();
    ensure!(
        status.code() == code && given == reason,
        "refused with {:?} {given}: {}",
        status.code(),
        status.message()
    );
    Ok(status.message().to_owned())
}

/// A mail's text as a reader sees it: quoted-printable and base64 taken off, line breaks made spaces.
pub(crate) fn readable(mail: &str) -> String {
    let (head, body) = mail.split_once("\r\n\r\n").or_else(|| mail.split_once("\n\n")).unwrap_or(("", mail));
    let head = head.to_ascii_lowercase();
    let text = if head.contains("quoted-printable") { unquote(body) } else { body.to_owned() };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unquote(body: &str) -> String {
    let joined = body.replace("=\r\n", "").replace("=\n", "");
    let bytes = joined.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'=')
            .then(|| joined.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(byte) = escaped {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// An enum value's word, as people say it.
pub(crate) fn spoken(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_lowercase().replace('_', " ")
}

/// A detail of a fact, as text.
pub(crate) fn text(detail: &serde_json::Value) -> &str {
    detail.as_str().unwrap_or_default()
}

/// A small real PNG: one pixel, with a comment so that no two files are alike.
pub(crate) fn picture(comment: &str) -> Vec<u8> {
    const HEAD: &[u8] = &[
        0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0,
        0, 0, 1, 8, 0, 0, 0, 0, 0x3A, 0x7E, 0x9B, 0x55, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78, 0x9C,
        0x63, 0x68, 0, 0, 0, 0x82, 0, 0x81, 0x77, 0xCD, 0x72, 0xB6, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE,
        0x42, 0x60, 0x82,
    ];
    [HEAD, comment.as_bytes()].concat()
}
