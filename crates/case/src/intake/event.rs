//! The facts intake records. Past tense; add versions, never change one.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{AgentId, Brand, CaseId, CaseNumber, PlayerId};
use crate::personal::Personal;
use crate::stage::stage_events;
use crate::vocabulary::{Channel, EvidenceKind, Language, RejectionReason, Tier, Topic};

/// The player as known when the case was opened (R12, R13: no more than is needed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Player {
    /// The account's id.
    pub player_id: PlayerId,
    /// What the player is called on the site.
    pub username: Personal,
    /// Where to write to.
    pub email: Option<Personal>,
    /// IANA time zone, such as `Europe/Copenhagen`, for the times we tell.
    pub time_zone: Option<String>,
    /// The tier at that time.
    pub tier: Tier,
    /// Whether the player agreed to receive offers (R42).
    pub marketing_consent: bool,
}

/// A player's request became a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseOpened {
    /// The brand (tenant).
    pub brand: Brand,
    /// How the request came.
    pub channel: Channel,
    /// Who asks.
    pub player: Player,
    /// The language to answer in.
    pub language: Language,
    /// The game or product it is about, if the channel knows it; patterns are found by it (R46).
    pub product: Option<String>,
    /// The case that this one follows, when the old one could no longer be reopened (R34).
    pub previous_case: Option<CaseId>,
}

/// The case got its number (R15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseNumberIssued {
    /// The number.
    pub number: CaseNumber,
}

/// The player wrote or said something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageReceived {
    /// The message's id.
    pub message_id: Uuid,
    /// The channel it came through; may differ from the first one (R11).
    pub channel: Channel,
    /// The text, card data already masked.
    pub text: Personal,
}

/// Who wrote a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// An agent.
    Agent(AgentId),
    /// An automatic answer (R39).
    Bot,
}

/// The player was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplySent {
    /// The message's id.
    pub message_id: Uuid,
    /// The channel it goes out through.
    pub channel: Channel,
    /// Who wrote it.
    pub author: Author,
    /// The text, card data already masked.
    pub text: Personal,
    /// Whether a machine translated it; the player and the history can tell (R36).
    pub machine_translated: bool,
}

/// A note for colleagues, never shown to the player.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoteAdded {
    /// The note's id.
    pub note_id: Uuid,
    /// The text, card data already masked.
    pub text: Personal,
}

/// How a topic or language was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// By the rules of this version; `matched` are the rule words found, not the player's text.
    Rules {
        /// Version of the word lists.
        version: u16,
        /// The words that decided.
        matched: Vec<String>,
    },
    /// The player or the channel said so.
    Stated,
    /// An agent decided.
    Agent,
}

/// What the case is about was decided, or decided anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseClassified {
    /// The topic.
    pub topic: Topic,
    /// How it was found.
    pub source: Source,
}

/// The language was found from the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LanguageDetected {
    /// The language.
    pub language: Language,
    /// How it was found.
    pub source: Source,
}

/// The player asked to be locked out. From this moment no marketing, no offers (domain rule).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SelfExclusionRequested {
    /// The message that said so.
    pub message_id: Uuid,
    /// The account to lock.
    pub player_id: PlayerId,
}

/// The player was asked, once, for everything that is missing (R18).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceRequested {
    /// What is missing.
    pub kinds: Vec<EvidenceKind>,
}

/// A file arrived through the secure upload channel (R17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceReceived {
    /// The file's id in the evidence store.
    pub evidence_id: Uuid,
    /// What it shows.
    pub kind: EvidenceKind,
    /// The media type found in its bytes, such as `image/jpeg`.
    pub media_type: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// The name the player gave it.
    pub file_name: Personal,
}

/// How a file was made fit to be kept. Recorded with [`EvidenceReceived`], whose size and digest are of what is
/// kept; these are of what came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceScreened {
    /// Which.
    pub evidence_id: Uuid,
    /// SHA-256 of the bytes that came, hexadecimal.
    pub received_sha256: String,
    /// Their size in bytes.
    pub received_size_bytes: u64,
    /// Whether the picture was written anew; otherwise it is kept as it came, less its metadata.
    pub reencoded: bool,
    /// What scanned it for malware, with the version of its signatures; `None` where no scanner is configured.
    pub scanned_by: Option<String>,
}

/// The file is also kept as it came, beside what was made of it: the brand's policy says so for its kind. Recorded
/// with [`EvidenceScreened`], which tells its size and digest too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceOriginalKept {
    /// Which.
    pub evidence_id: Uuid,
    /// SHA-256 of the bytes that came, hexadecimal.
    pub sha256: String,
    /// Their size in bytes.
    pub size_bytes: u64,
}

/// A file was refused before it became evidence; nothing of it was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UploadRefused {
    /// The id it would have had in the evidence store.
    pub upload_id: Uuid,
    /// What it was said to show.
    pub kind: EvidenceKind,
    /// The stable reason, as in docs/errors.md: `EVIDENCE_MALWARE`.
    pub reason: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size_bytes: u64,
}

/// A piece of evidence was found good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceAccepted {
    /// Which.
    pub evidence_id: Uuid,
}

/// A piece of evidence was refused; the player is told the remedy (R22).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceRejected {
    /// Which.
    pub evidence_id: Uuid,
    /// Why.
    pub reason: RejectionReason,
}

/// What was masked in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MaskedKind {
    /// A card number, kept as first 6 and last 4 digits.
    CardNumber,
    /// A card's security code, removed.
    SecurityCode,
}

/// Card data was masked before anything was stored (PCI DSS).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SensitiveDataMasked {
    /// The message, reply, note or evidence whose text it was; the case itself for any other text.
    pub subject_id: Uuid,
    /// What was masked, once per occurrence.
    pub kinds: Vec<MaskedKind>,
}

impl SensitiveDataMasked {
    /// The fact that these kinds were masked, if any were.
    pub(crate) fn of(subject_id: Uuid, kinds: Vec<MaskedKind>) -> Option<Self> {
        (!kinds.is_empty()).then_some(Self { subject_id, kinds })
    }
}

/// The verification questions were asked and answered (R23: 3 to 10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerificationQuestionsAnswered {
    /// How many were asked.
    pub asked: u8,
    /// How many were answered rightly.
    pub correct: u8,
}

/// Every part of the identity check passed (R23).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerVerified {
    /// The account.
    pub player_id: PlayerId,
}

/// The identity check ended with a no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerRefused {
    /// The account.
    pub player_id: PlayerId,
    /// Why, in a few words for the file.
    pub reason: Personal,
}

/// A help-centre answer was offered at once (R4, R39).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerSuggested {
    /// The article.
    pub article_id: String,
    /// The language it was offered in.
    pub language: Language,
}

/// The suggested answer helped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerAccepted {
    /// The article.
    pub article_id: String,
}

/// The player wants a human, or the bot gave up (R38).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HandedToHuman {
    /// The article that did not help, if one was offered.
    pub article_id: Option<String>,
}

/// The player asked to be called back (R5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallbackRequested {
    /// The number to call.
    pub phone: Personal,
    /// When it suits; `None` for as soon as possible.
    pub not_before: Option<Timestamp>,
}

/// The callback was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallbackCompleted {
    /// Whether somebody answered.
    pub reached: bool,
}

/// The case goes on in another channel and stays one case (R10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelSwitched {
    /// The channel so far.
    pub from: Channel,
    /// The channel from now on.
    pub to: Channel,
}

/// The player complains formally: a jurisdiction's clock starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComplaintDeclared {
    /// ISO 3166-1 alpha-2 code of the licensing country.
    pub jurisdiction: String,
}

/// Two cases belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseLinked {
    /// The other case.
    pub other: CaseId,
}

/// The case goes on in another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseMerged {
    /// The case that goes on.
    pub into: CaseId,
}

/// A word was put on the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseTagged {
    /// The word.
    pub tag: String,
}

/// The case is one of many that report the same fault (R46).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PatternFlagged {
    /// The pattern's id: the same on all its cases.
    pub pattern_id: Uuid,
    /// The topic they share.
    pub topic: Topic,
    /// The game or product they share.
    pub product: String,
    /// How many cases had been seen when this one was flagged.
    pub cases_seen: u32,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// What the player asked for was done.
    Solved,
    /// The question was answered.
    Answered,
    /// It could not be done; the reason was given.
    Declined,
}

/// The case is solved as far as we can see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseResolved {
    /// How.
    pub resolution: Resolution,
    /// What the player is told.
    pub summary: Personal,
}

/// The case is at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseClosed {}

/// The player came back within the window (R34; choice: 14 days, regulated complaint 6 months).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseReopened {
    /// Why, in the player's words.
    pub reason: Personal,
}

/// The case was no request at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseRejected {
    /// The agent's reason.
    pub reason: Personal,
}

/// The chat dropped before anybody could help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseAbandoned {}

/// The player rated the handling (R41).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedbackGiven {
    /// 1 (bad) to 5 (good).
    pub score: u8,
    /// What the player added.
    pub comment: Option<Personal>,
}

stage_events! {
    /// Intake's facts.
    "intake";
    CaseOpened = "case_opened" v 1 personal [player.username, player.email];
    CaseNumberIssued = "case_number_issued" v 1;
    MessageReceived = "message_received" v 1 personal [text];
    ReplySent = "reply_sent" v 1 personal [text];
    NoteAdded = "note_added" v 1 personal [text];
    CaseClassified = "case_classified" v 1;
    LanguageDetected = "language_detected" v 1;
    SelfExclusionRequested = "self_exclusion_requested" v 1;
    EvidenceRequested = "evidence_requested" v 1;
    EvidenceReceived = "evidence_received" v 1 personal [file_name];
    EvidenceScreened = "evidence_screened" v 1;
    EvidenceOriginalKept = "evidence_original_kept" v 1;
    UploadRefused = "upload_refused" v 1;
    EvidenceAccepted = "evidence_accepted" v 1;
    EvidenceRejected = "evidence_rejected" v 1;
    SensitiveDataMasked = "sensitive_data_masked" v 1;
    VerificationQuestionsAnswered = "verification_questions_answered" v 1;
    PlayerVerified = "player_verified" v 1;
    PlayerRefused = "player_refused" v 1 personal [reason];
    AnswerSuggested = "answer_suggested" v 1;
    AnswerAccepted = "answer_accepted" v 1;
    HandedToHuman = "handed_to_human" v 1;
    CallbackRequested = "callback_requested" v 1 personal [phone];
    CallbackCompleted = "callback_completed" v 1;
    ChannelSwitched = "channel_switched" v 1;
    ComplaintDeclared = "complaint_declared" v 1;
    CaseLinked = "case_linked" v 1;
    CaseMerged = "case_merged" v 1;
    CaseTagged = "case_tagged" v 1;
    PatternFlagged = "pattern_flagged" v 1;
    CaseResolved = "case_resolved" v 1 personal [summary];
    CaseClosed = "case_closed" v 1;
    CaseReopened = "case_reopened" v 1 personal [reason];
    CaseRejected = "case_rejected" v 1 personal [reason];
    CaseAbandoned = "case_abandoned" v 1;
    FeedbackGiven = "feedback_given" v 1 personal [comment];
}
