//! What intake's facts add up to.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use super::event::{Author, CallbackRequested, Event, Player, Resolution};
use super::masking::{LOOKED_BACK, end_of};
use crate::ids::{Brand, CaseId, CaseNumber};
use crate::personal::Personal;
use crate::vocabulary::{Channel, EvidenceKind, Language, RejectionReason, Topic};

/// How far one piece of evidence has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceStanding {
    /// Not yet looked at.
    Received,
    /// Good.
    Accepted,
    /// Refused, to be submitted again.
    Rejected(RejectionReason),
}

/// A piece of evidence on the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its id in the evidence store.
    pub evidence_id: Uuid,
    /// What it shows.
    pub kind: EvidenceKind,
    /// How far it has come.
    pub standing: EvidenceStanding,
    /// When it arrived.
    pub received_at: Timestamp,
    /// What it is, such as `image/jpeg`.
    pub media_type: String,
    /// Its size as it is kept, in bytes.
    pub size_bytes: u64,
    /// SHA-256 of what is kept, hexadecimal.
    pub sha256: String,
    /// Whether the picture was written anew before it was kept.
    pub reencoded: bool,
    /// The file as it came, where that is kept too.
    pub original: Option<Original>,
}

/// A file as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Its size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of it, hexadecimal.
    pub sha256: String,
}

/// Intake's part of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The brand; `None` before the case was opened.
    pub brand: Option<Brand>,
    /// The number.
    pub number: Option<CaseNumber>,
    /// The player, as known when the case was opened.
    pub player: Option<Player>,
    /// The channel the case goes on in.
    pub channel: Option<Channel>,
    /// The language to answer in.
    pub language: Option<Language>,
    /// What it is about.
    pub topic: Option<Topic>,
    /// The game or product.
    pub product: Option<String>,
    /// The case this one follows.
    pub previous_case: Option<CaseId>,
    /// The player asked to be excluded.
    pub self_exclusion_requested: bool,
    /// The player's last word, if nobody has answered it: since when it waits.
    pub unanswered_since: Option<Timestamp>,
    /// When the player last wrote.
    pub last_player_message_at: Option<Timestamp>,
    /// When an agent first answered.
    pub first_reply_at: Option<Timestamp>,
    /// When an agent last answered.
    pub last_reply_at: Option<Timestamp>,
    /// How many messages the player wrote.
    pub messages_received: u32,
    /// The end of what was last written on the case, by whomever: a card number may go on in what comes next.
    pub last_text: Option<Personal>,
    /// The ids of all messages, replies and notes: a repeat is recognised by them.
    pub texts: BTreeSet<Uuid>,
    /// What the player was asked for and has not sent yet, and since when.
    pub evidence_requested: Vec<EvidenceKind>,
    /// When the player was last asked for something.
    pub evidence_requested_at: Option<Timestamp>,
    /// Everything the player sent.
    pub evidence: Vec<Evidence>,
    /// Files that were refused before they became evidence, as far as they were written down.
    pub uploads_refused: BTreeSet<Uuid>,
    /// Verification questions asked and rightly answered, the last time.
    pub verification_questions: Option<(u8, u8)>,
    /// Whether the identity check ended, and how.
    pub verified: Option<bool>,
    /// The help-centre article that was offered and not yet answered to.
    pub suggested_article: Option<String>,
    /// The player wanted a human, or none was needed to say so.
    pub handed_to_human: bool,
    /// The callback that is owed.
    pub callback: Option<CallbackRequested>,
    /// The complaint's jurisdiction.
    pub complaint_jurisdiction: Option<String>,
    /// Words on the case.
    pub tags: Vec<String>,
    /// The patterns it belongs to.
    pub patterns: Vec<Uuid>,
    /// Cases it belongs with.
    pub linked: Vec<CaseId>,
    /// The case it goes on in.
    pub merged_into: Option<CaseId>,
    /// How it was resolved.
    pub resolution: Option<Resolution>,
    /// When it was resolved last.
    pub resolved_at: Option<Timestamp>,
    /// When the work ended last, in whatever way; the reopen window counts from it.
    pub ended_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// How often it was reopened.
    pub reopened: u32,
    /// When it was last reopened.
    pub reopened_at: Option<Timestamp>,
    /// The player's rating.
    pub feedback_score: Option<u8>,
    /// What the player added to it.
    pub feedback_comment: Option<Personal>,
}

/// The part of a text that masking looks back at.
fn last_of(text: &Personal) -> Personal {
    match text {
        Personal::Clear(clear) => Personal::new(end_of(clear, LOOKED_BACK)),
        Personal::Sealed(_) | Personal::Erased => text.clone(),
    }
}

impl State {
    /// A piece of evidence by id.
    pub fn evidence(&self, evidence_id: Uuid) -> Option<&Evidence> {
        self.evidence.iter().find(|evidence| evidence.evidence_id == evidence_id)
    }

    /// Takes a fact in.
    pub(crate) fn evolve(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::CaseOpened(opened) => {
                self.brand = Some(opened.brand.clone());
                self.player = Some(opened.player.clone());
                self.channel = Some(opened.channel);
                self.language = Some(opened.language);
                self.product.clone_from(&opened.product);
                self.previous_case = opened.previous_case;
            }
            Event::CaseNumberIssued(issued) => self.number = Some(issued.number.clone()),
            Event::CaseClassified(classified) => self.topic = Some(classified.topic),
            Event::LanguageDetected(detected) => self.language = Some(detected.language),
            Event::SelfExclusionRequested(_) => self.self_exclusion_requested = true,
            Event::MessageReceived(_) | Event::ReplySent(_) | Event::NoteAdded(_) => {
                self.evolve_conversation(event, at);
            }
            Event::EvidenceRequested(_)
            | Event::EvidenceReceived(_)
            | Event::EvidenceScreened(_)
            | Event::EvidenceOriginalKept(_)
            | Event::UploadRefused(_)
            | Event::EvidenceAccepted(_)
            | Event::EvidenceRejected(_) => self.evolve_evidence(event, at),
            Event::VerificationQuestionsAnswered(answered) => {
                self.verification_questions = Some((answered.asked, answered.correct));
            }
            Event::PlayerVerified(_) => self.verified = Some(true),
            Event::PlayerRefused(_) => self.verified = Some(false),
            Event::AnswerSuggested(suggested) => self.suggested_article = Some(suggested.article_id.clone()),
            Event::AnswerAccepted(_) => {
                self.suggested_article = None;
                self.end_work(at);
            }
            Event::HandedToHuman(_) => {
                self.suggested_article = None;
                self.handed_to_human = true;
            }
            Event::CallbackRequested(requested) => self.callback = Some(requested.clone()),
            Event::CallbackCompleted(_) => self.callback = None,
            Event::ChannelSwitched(switched) => self.channel = Some(switched.to),
            Event::ComplaintDeclared(declared) => {
                self.complaint_jurisdiction = Some(declared.jurisdiction.clone());
            }
            Event::CaseLinked(linked) => self.linked.push(linked.other),
            Event::CaseMerged(merged) => {
                self.merged_into = Some(merged.into);
                self.end_work(at);
            }
            Event::CaseTagged(tagged) => self.tags.push(tagged.tag.clone()),
            Event::PatternFlagged(flagged) => self.patterns.push(flagged.pattern_id),
            Event::CaseResolved(resolved) => {
                self.resolution = Some(resolved.resolution);
                self.resolved_at = Some(at);
                self.end_work(at);
            }
            Event::CaseClosed(_) => {
                self.closed_at = Some(at);
                self.end_work(at);
            }
            Event::CaseRejected(_) | Event::CaseAbandoned(_) => self.end_work(at),
            Event::CaseReopened(_) => {
                self.reopened += 1;
                self.reopened_at = Some(at);
                self.resolution = None;
                self.closed_at = None;
                self.ended_at = None;
                self.handed_to_human = true;
                self.unanswered_since = Some(at);
            }
            Event::FeedbackGiven(feedback) => {
                self.feedback_score = Some(feedback.score);
                self.feedback_comment.clone_from(&feedback.comment);
            }
            Event::SensitiveDataMasked(_) => {}
        }
    }

    /// Nobody waits for an answer any more, and nothing waits for the player's.
    fn end_work(&mut self, at: Timestamp) {
        self.ended_at = Some(at);
        self.unanswered_since = None;
        self.suggested_article = None;
        self.callback = None;
    }

    fn evolve_conversation(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::MessageReceived(received) => {
                self.texts.insert(received.message_id);
                self.last_text = Some(last_of(&received.text));
                self.messages_received += 1;
                self.last_player_message_at = Some(at);
                self.unanswered_since.get_or_insert(at);
            }
            Event::ReplySent(reply) => {
                self.texts.insert(reply.message_id);
                self.last_text = Some(last_of(&reply.text));
                if matches!(reply.author, Author::Agent(_)) {
                    self.first_reply_at.get_or_insert(at);
                    self.last_reply_at = Some(at);
                    self.unanswered_since = None;
                }
            }
            Event::NoteAdded(note) => {
                self.texts.insert(note.note_id);
                self.last_text = Some(last_of(&note.text));
            }
            _ => {}
        }
    }

    fn evolve_evidence(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::EvidenceRequested(requested) => {
                for kind in &requested.kinds {
                    if !self.evidence_requested.contains(kind) {
                        self.evidence_requested.push(*kind);
                    }
                }
                self.evidence_requested_at = Some(at);
                self.unanswered_since = None;
            }
            Event::EvidenceReceived(received) => {
                self.last_text = Some(last_of(&received.file_name));
                self.evidence_requested.retain(|kind| *kind != received.kind);
                self.evidence.push(Evidence {
                    evidence_id: received.evidence_id,
                    kind: received.kind,
                    standing: EvidenceStanding::Received,
                    received_at: at,
                    media_type: received.media_type.clone(),
                    size_bytes: received.size_bytes,
                    sha256: received.sha256.clone(),
                    reencoded: false,
                    original: None,
                });
                self.last_player_message_at = Some(at);
                self.unanswered_since.get_or_insert(at);
            }
            Event::EvidenceScreened(screened) => {
                let ids = |evidence: &&mut Evidence| evidence.evidence_id == screened.evidence_id;
                if let Some(evidence) = self.evidence.iter_mut().find(ids) {
                    evidence.reencoded = screened.reencoded;
                }
            }
            Event::EvidenceOriginalKept(kept) => {
                let ids = |evidence: &&mut Evidence| evidence.evidence_id == kept.evidence_id;
                if let Some(evidence) = self.evidence.iter_mut().find(ids) {
                    let (size_bytes, sha256) = (kept.size_bytes, kept.sha256.clone());
                    evidence.original = Some(Original { size_bytes, sha256 });
                }
            }
            Event::UploadRefused(refused) => {
                self.uploads_refused.insert(refused.upload_id);
            }
            Event::EvidenceAccepted(accepted) => {
                self.set_standing(accepted.evidence_id, EvidenceStanding::Accepted);
            }
            Event::EvidenceRejected(rejected) => {
                self.set_standing(rejected.evidence_id, EvidenceStanding::Rejected(rejected.reason));
                if let Some(kind) = self.evidence(rejected.evidence_id).map(|evidence| evidence.kind)
                    && !self.evidence_requested.contains(&kind)
                {
                    self.evidence_requested.push(kind);
                }
                self.evidence_requested_at = Some(at);
                self.unanswered_since = None;
            }
            _ => {}
        }
    }

    fn set_standing(&mut self, evidence_id: Uuid, standing: EvidenceStanding) {
        if let Some(evidence) = self.evidence.iter_mut().find(|evidence| evidence.evidence_id == evidence_id)
        {
            evidence.standing = standing;
        }
    }
}
