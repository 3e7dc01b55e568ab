//! What intake may be asked. Imperative; ids, times found outside and facts about other cases arrive
//! here, so that `decide` needs nothing but the command and the case.

use jiff::Timestamp;
use uuid::Uuid;

use super::event::Resolution;
use crate::ids::{Brand, CaseId, CaseNumber, PlayerId};
use crate::vocabulary::{Channel, EvidenceKind, Language, RejectionReason, Tier, Topic};

/// The player who opens a case: no more than is needed (R12, R13).
#[derive(Clone, PartialEq, Eq)]
pub struct NewPlayer {
    /// The account's id at the brand.
    pub player_id: PlayerId,
    /// What the player is called on the site; 1 to [`super::limits::NAME_CHARACTERS`] characters.
    pub username: String,
    /// Where to write to.
    pub email: Option<String>,
    /// IANA time zone, such as `Europe/Copenhagen`.
    pub time_zone: Option<String>,
    /// The tier.
    pub tier: Tier,
    /// Whether the player agreed to receive offers (R42).
    pub marketing_consent: bool,
}

/// How the language of a new case is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LanguageSource {
    /// The player or the channel said so.
    Stated,
    /// Found from the text by the detector of this version.
    Detected {
        /// Version of the detector.
        version: u16,
    },
    /// The text does not tell; the brand's own language.
    Assumed,
}

/// What must be known of another case to tie this one to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherCase {
    /// Its id.
    pub case: CaseId,
    /// Its brand.
    pub brand: Brand,
    /// Its player.
    pub player_id: PlayerId,
    /// Whether its work is over.
    pub is_over: bool,
}

/// A help-centre article that could be offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Its id, such as `bonus_wagering`.
    pub article_id: String,
    /// The topic it answers.
    pub topic: Topic,
    /// The language it is written in.
    pub language: Language,
}

/// Turns a request into a case.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenCase {
    /// The brand.
    pub brand: Brand,
    /// The number allocated for the case.
    pub number: CaseNumber,
    /// How the request came.
    pub channel: Channel,
    /// Who asks.
    pub player: NewPlayer,
    /// The language to answer in.
    pub language: Language,
    /// How that is known.
    pub language_source: LanguageSource,
    /// The first message's id.
    pub message_id: Uuid,
    /// The first message.
    pub text: String,
    /// What it is about, if the channel asked for it; found from the text otherwise.
    pub topic: Option<Topic>,
    /// The game or product, if the channel knows it.
    pub product: Option<String>,
    /// The case it follows, when that one could no longer be reopened.
    pub previous_case: Option<OtherCase>,
    /// The help-centre articles there are; `decide` chooses at most one.
    pub articles: Vec<Article>,
}

/// Takes in what the player wrote or said.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceiveMessage {
    /// The message's id.
    pub message_id: Uuid,
    /// The channel it came through.
    pub channel: Channel,
    /// An e-mail's subject. Not kept; a card number may begin in it.
    pub subject: Option<String>,
    /// The text.
    pub text: String,
}

/// Answers the player.
#[derive(Clone, PartialEq, Eq)]
pub struct SendReply {
    /// The message's id.
    pub message_id: Uuid,
    /// The text.
    pub text: String,
    /// Whether a machine translated it (R36).
    pub machine_translated: bool,
}

/// Leaves a note for colleagues.
#[derive(Clone, PartialEq, Eq)]
pub struct AddNote {
    /// The note's id.
    pub note_id: Uuid,
    /// The text.
    pub text: String,
}

/// Says anew what the case is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassifyCase {
    /// The topic.
    pub topic: Topic,
}

/// Goes on in another channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchChannel {
    /// The channel from now on.
    pub to: Channel,
}

/// Asks the player, once, for everything that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestEvidence {
    /// What is missing.
    pub kinds: Vec<EvidenceKind>,
}

/// Takes in a file that already lies in the evidence store.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadEvidence {
    /// The file's id in the evidence store.
    pub evidence_id: Uuid,
    /// What it shows.
    pub kind: EvidenceKind,
    /// The media type found in its bytes.
    pub media_type: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// The name the player gave it.
    pub file_name: String,
    /// How it was made fit to be kept.
    pub screening: Screening,
}

/// How a file was made fit to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screening {
    /// SHA-256 of the bytes that came.
    pub received_sha256: [u8; 32],
    /// Their size in bytes.
    pub received_size_bytes: u64,
    /// Whether the picture was written anew.
    pub reencoded: bool,
    /// What scanned it for malware, if anything did.
    pub scanned_by: Option<String>,
    /// Whether what came is kept beside what was made of it.
    pub original_kept: bool,
}

/// Writes down that a file was refused before it became evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRefusedUpload {
    /// The id it would have had in the evidence store.
    pub upload_id: Uuid,
    /// What it was said to show.
    pub kind: EvidenceKind,
    /// The stable reason.
    pub reason: &'static str,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its size in bytes.
    pub size_bytes: u64,
}

/// Finds a piece of evidence good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptEvidence {
    /// Which.
    pub evidence_id: Uuid,
}

/// Refuses a piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectEvidence {
    /// Which.
    pub evidence_id: Uuid,
    /// Why; the player is told the remedy.
    pub reason: RejectionReason,
}

/// Records how the verification questions went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordVerificationQuestions {
    /// How many were asked.
    pub asked: u8,
    /// How many were answered rightly.
    pub correct: u8,
}

/// Ends the identity check with a no.
#[derive(Clone, PartialEq, Eq)]
pub struct RefuseVerification {
    /// Why.
    pub reason: String,
}

/// Asks to be called back.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestCallback {
    /// The number to call.
    pub phone: String,
    /// When it suits; `None` for as soon as possible.
    pub not_before: Option<Timestamp>,
}

/// Records that the callback was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteCallback {
    /// Whether somebody answered.
    pub reached: bool,
}

/// Complains formally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclareComplaint {
    /// ISO 3166-1 alpha-2 code of the licensing country.
    pub jurisdiction: String,
}

/// Ties the case to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkCase {
    /// The other case.
    pub other: OtherCase,
}

/// Lets the case go on in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeCase {
    /// The case that goes on.
    pub into: OtherCase,
}

/// Puts a word on the case.
#[derive(Clone, PartialEq, Eq)]
pub struct TagCase {
    /// The word.
    pub tag: String,
}

/// Marks the case as one of many that report the same fault (R46).
#[derive(Clone, PartialEq, Eq)]
pub struct FlagPattern {
    /// The pattern's id: the same on all its cases.
    pub pattern_id: Uuid,
    /// The topic they share.
    pub topic: Topic,
    /// The game or product they share.
    pub product: String,
    /// How many cases had been seen by then.
    pub cases_seen: u32,
}

/// Ends the work.
#[derive(Clone, PartialEq, Eq)]
pub struct ResolveCase {
    /// How.
    pub resolution: Resolution,
    /// What the player is told.
    pub summary: String,
}

/// Takes the case up again.
#[derive(Clone, PartialEq, Eq)]
pub struct ReopenCase {
    /// Why, in the player's words.
    pub reason: String,
}

/// Says that the case was no request at all.
#[derive(Clone, PartialEq, Eq)]
pub struct RejectCase {
    /// Why.
    pub reason: String,
}

/// Rates the handling.
#[derive(Clone, PartialEq, Eq)]
pub struct GiveFeedback {
    /// 1 (bad) to 5 (good).
    pub score: u8,
    /// What the player adds.
    pub comment: Option<String>,
}

macro_rules! commands {
    ($( $(#[$doc:meta])* $variant:ident $(($body:ty))?, )+) => {
        /// Everything intake may be asked.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Command {
            $( $(#[$doc])* $variant $(($body))?, )+
        }

        impl Command {
            /// The names of all commands, in the order of a case's journey.
            pub const NAMES: &'static [&'static str] = &[ $( stringify!($variant), )+ ];

            /// The command's name, such as `OpenCase`.
            pub const fn name(&self) -> &'static str {
                match self { $( commands!(@pattern $variant $(($body))?) => stringify!($variant), )+ }
            }
        }

        $( commands!(@from $variant $(($body))?); )+
    };
    (@pattern $variant:ident ($body:ty)) => { Self::$variant(_) };
    (@pattern $variant:ident) => { Self::$variant };
    (@from $variant:ident ($body:ty)) => {
        impl From<$body> for Command { fn from(body: $body) -> Self { Self::$variant(body) } }
    };
    (@from $variant:ident) => {};
}

commands! {
    /// See [`OpenCase`]. Accepted before the case exists.
    OpenCase(Box<OpenCase>),
    /// See [`ReceiveMessage`]. Accepted while the case is open; reopens it within the window.
    ReceiveMessage(ReceiveMessage),
    /// The suggested answer helped. Accepted while one is suggested.
    AcceptAnswer,
    /// The suggested answer did not help (R38). Accepted while the case is open.
    RequestHuman,
    /// See [`SendReply`]. Accepted from the case's owner, and from bots.
    SendReply(SendReply),
    /// See [`AddNote`]. Accepted in every state.
    AddNote(AddNote),
    /// See [`ClassifyCase`]. Accepted from agents while the case is open.
    ClassifyCase(ClassifyCase),
    /// See [`SwitchChannel`]. Accepted while the case is open.
    SwitchChannel(SwitchChannel),
    /// See [`RequestEvidence`]. Accepted from the case's owner.
    RequestEvidence(RequestEvidence),
    /// See [`UploadEvidence`]. Accepted while the case is open.
    UploadEvidence(UploadEvidence),
    /// See [`RecordRefusedUpload`]. Accepted while the case is open; no more than 20 a case are written down.
    RecordRefusedUpload(RecordRefusedUpload),
    /// See [`AcceptEvidence`]. Accepted from the case's owner.
    AcceptEvidence(AcceptEvidence),
    /// See [`RejectEvidence`]. Accepted from the case's owner.
    RejectEvidence(RejectEvidence),
    /// See [`RecordVerificationQuestions`]. Accepted from the case's owner.
    RecordVerificationQuestions(RecordVerificationQuestions),
    /// Every part of the identity check passed (R23). Accepted from the case's owner.
    ApproveVerification,
    /// See [`RefuseVerification`]. Accepted from the case's owner.
    RefuseVerification(RefuseVerification),
    /// See [`RequestCallback`]. Accepted while the case is open.
    RequestCallback(RequestCallback),
    /// See [`CompleteCallback`]. Accepted from agents while a callback is owed.
    CompleteCallback(CompleteCallback),
    /// See [`DeclareComplaint`]. Accepted while the case is open.
    DeclareComplaint(DeclareComplaint),
    /// See [`LinkCase`]. Accepted in every state.
    LinkCase(LinkCase),
    /// See [`MergeCase`]. Accepted from agents while the case is open.
    MergeCase(MergeCase),
    /// See [`TagCase`]. Accepted in every state.
    TagCase(TagCase),
    /// See [`FlagPattern`]. Records nothing once the case is over.
    FlagPattern(FlagPattern),
    /// See [`ResolveCase`]. Accepted from the case's owner.
    ResolveCase(ResolveCase),
    /// Ends a resolved case for good. Accepted in Resolved.
    CloseCase,
    /// See [`ReopenCase`]. Accepted within the window after the work ended.
    ReopenCase(ReopenCase),
    /// See [`RejectCase`]. Accepted from agents while the case is open.
    RejectCase(RejectCase),
    /// The chat dropped before anybody could answer. Accepted before the first reply.
    AbandonCase,
    /// See [`GiveFeedback`]. Accepted once, after the work ended.
    GiveFeedback(GiveFeedback),
}

impl From<OpenCase> for Command {
    fn from(body: OpenCase) -> Self {
        Self::OpenCase(Box::new(body))
    }
}
