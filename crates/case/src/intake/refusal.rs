//! The ways in which intake says no. Each has one heading in docs/errors.md.

use jiff::Timestamp;

use super::limits;
use crate::ids::{AgentId, CaseId};
use crate::journey::CaseState;
use crate::vocabulary::EvidenceKind;

/// Why intake refuses a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing is known of the case.
    #[error("there is no such case")]
    CaseNotFound,
    /// The id of the request already opened another case.
    #[error("this request already opened a case with other content; send a new request_id")]
    CaseAlreadyOpen,
    /// The work on the case has ended.
    #[error("the case is {state}: reopen it first")]
    CaseOver {
        /// How it ended.
        state: CaseState,
    },
    /// The case goes on: there is nothing to reopen.
    #[error("the case is {state}, not over; just go on")]
    CaseNotOver {
        /// Where the case stands.
        state: CaseState,
    },
    /// Only a resolved case can be closed, and only one whose work ended well can be rated.
    #[error("the case is {state}; resolve it first")]
    CaseNotResolved {
        /// Where the case stands.
        state: CaseState,
    },
    /// The case goes on in another, or was no request at all.
    #[error("the case is {state} and cannot be reopened; {}", match .into {
        Some(into) => format!("go on in case {into}"),
        None => "open a new one".to_owned(),
    })]
    ReopenNotPossible {
        /// How it ended.
        state: CaseState,
        /// The case that goes on, if it was merged.
        into: Option<CaseId>,
    },
    /// The work ended too long ago to take the case up again.
    #[error(
        "the case ended at {ended_at} and could be reopened for {window_days} days; open a new case that \
         names this one as previous_case"
    )]
    ReopenWindowPassed {
        /// When the work ended.
        ended_at: Timestamp,
        /// How long it could have been reopened, in days.
        window_days: i64,
    },
    /// Only an unanswered chat can be abandoned.
    #[error("only a chat that nobody has answered can be abandoned; resolve the case instead")]
    NotAbandonable,

    /// The caller is not of the kind that may do this.
    #[error("only {allowed} may do this")]
    ActorNotAllowed {
        /// Who may.
        allowed: &'static str,
    },
    /// The caller does not own the case.
    #[error("{}", match .owner {
        Some(owner) => format!("agent {owner} owns this case; ask them to release or transfer it"),
        None => "nobody owns the case yet; accept its offer or claim it first".to_owned(),
    })]
    NotCaseOwner {
        /// Who does, if anybody.
        owner: Option<AgentId>,
    },
    /// A payment is being decided or carried out.
    #[error("a payment on this case is {progress}; wait until it is done or denied")]
    PaymentUnderWay {
        /// How far it has come.
        progress: &'static str,
    },
    /// The player asked to be excluded: the case must reach responsible gambling and stay there.
    #[error("the player asked to be excluded: the case stays with the responsible gambling team")]
    SafetyStays,

    /// A required text is empty.
    #[error("{field} is empty; write 1 to {limit} characters")]
    TextEmpty {
        /// The request's field.
        field: &'static str,
        /// At most this many characters.
        limit: usize,
    },
    /// A text is too long.
    #[error("{field} has {length} characters; write at most {limit}")]
    TextTooLong {
        /// The request's field.
        field: &'static str,
        /// How many characters it has.
        length: usize,
        /// At most this many characters.
        limit: usize,
    },
    /// The time zone is not in the IANA database.
    #[error("'{given}' is not an IANA time zone; use one such as Europe/Copenhagen, or leave it empty")]
    TimeZoneUnknown {
        /// What came.
        given: String,
    },
    /// The e-mail address cannot be one.
    #[error("the e-mail address is not one; use one such as name@example.com, or leave it empty")]
    EmailInvalid,
    /// The phone number cannot be one.
    #[error("the phone number is not one; use 5 to 15 digits, with + and the country code")]
    PhoneInvalid,
    /// The jurisdiction is no country code.
    #[error("'{given}' is not a country; use the two capital letters of ISO 3166-1, such as MT")]
    JurisdictionInvalid {
        /// What came.
        given: String,
    },
    /// The number belongs to another brand.
    #[error("the case number belongs to another brand")]
    NumberOfAnotherBrand,

    /// The two cases are the same.
    #[error("a case cannot be tied to itself")]
    SameCase,
    /// The two cases belong to different brands.
    #[error("the other case belongs to another brand")]
    OtherBrand,
    /// The two cases belong to different players.
    #[error("the other case belongs to another player; their data must not meet")]
    OtherPlayer,
    /// The case that should go on is over.
    #[error("the other case is over; merge into an open one, or link the two")]
    OtherCaseOver,

    /// No help-centre answer is waiting for the player's word.
    #[error("no answer is suggested on this case")]
    NoAnswerSuggested,
    /// Another callback is owed already.
    #[error("another callback is owed on this case already; it has to be made first")]
    CallbackAlreadyRequested,
    /// No callback is owed.
    #[error("no callback is owed on this case")]
    NoCallbackRequested,
    /// The case is already a complaint under another licence.
    #[error("the case is already a complaint under the licence of {jurisdiction}")]
    ComplaintAlreadyDeclared {
        /// That licence's country.
        jurisdiction: String,
    },

    /// Nothing was asked for.
    #[error("name at least one kind of evidence")]
    NothingRequested,
    /// This may not be demanded on this occasion.
    #[error(
        "a withdrawal is no occasion to ask for {kind}; ask for payment_proof, payment_method or screenshot"
    )]
    EvidenceNotJustified {
        /// What was asked for.
        kind: EvidenceKind,
    },
    /// The player has sent it already.
    #[error("{kind} is already here; look at what the player sent before asking again")]
    EvidenceAtHand {
        /// What was asked for.
        kind: EvidenceKind,
    },
    /// No evidence has this id.
    #[error("no evidence with this id is on the case")]
    EvidenceNotFound,
    /// Only what was made of the file is kept.
    #[error("the file is not kept as it came, only as it was made fit to be looked at")]
    EvidenceOriginalNotKept,
    /// No second factor, or an old one.
    #[error(
        "a file as it came is shown with a second factor proved within the last 5 minutes: prove it again"
    )]
    SecondFactorRequired,
    /// It was accepted or rejected, and that stands; in place of a rejected file the player sends another.
    #[error("this piece of evidence was already {decided}; that stands")]
    EvidenceAlreadyDecided {
        /// `accepted` or `rejected`.
        decided: &'static str,
    },
    /// The file is of no accepted kind.
    #[error("files of type {media_type} are not accepted; send PDF, JPEG, PNG or HEIC")]
    EvidenceFormatNotAccepted {
        /// What was found in its bytes.
        media_type: String,
    },
    /// The file is empty.
    #[error("the file is empty")]
    EvidenceEmpty,
    /// The file is too large.
    #[error("the file has {size_bytes} bytes; at most {} are accepted", limits::EVIDENCE_BYTES)]
    EvidenceTooLarge {
        /// Its size in bytes.
        size_bytes: u64,
    },
    /// There are as many files as may be.
    #[error("this {of} has as many files as it may; an agent can look through what is there first")]
    EvidenceQuotaReached {
        /// `case` or `player`.
        of: &'static str,
        /// At most this many files.
        limit_files: u64,
    },

    /// The figures of the verification questions cannot be.
    #[error(
        "ask {} to {} questions, of which at most all are answered rightly",
        limits::QUESTIONS_LEAST,
        limits::QUESTIONS_MOST
    )]
    QuestionsOutOfRange,
    /// Parts of the identity check have not passed.
    #[error("the identity check is not complete; missing: {}", .missing.join(", "))]
    VerificationIncomplete {
        /// The parts that have not passed: `identity`, `address`, `payment_method`, `questions`.
        missing: Vec<&'static str>,
    },
    /// The identity check has ended.
    #[error("the identity check has already ended with a {}", if *.verified { "yes" } else { "no" })]
    VerificationAlreadyDecided {
        /// How it ended.
        verified: bool,
    },

    /// The score is not 1 to 5.
    #[error("the score is {score}; give 1 (bad) to 5 (good)")]
    ScoreOutOfRange {
        /// What came.
        score: u8,
    },
    /// The player has rated the case.
    #[error("this case was rated already")]
    FeedbackAlreadyGiven,
}

impl crate::Refusal for Refusal {
    fn reason(&self) -> &'static str {
        match self {
            Self::CaseNotFound => "CASE_NOT_FOUND",
            Self::CaseAlreadyOpen => "CASE_ALREADY_OPEN",
            Self::CaseOver { .. } => "CASE_OVER",
            Self::CaseNotOver { .. } => "CASE_NOT_OVER",
            Self::CaseNotResolved { .. } => "CASE_NOT_RESOLVED",
            Self::ReopenNotPossible { .. } => "REOPEN_NOT_POSSIBLE",
            Self::ReopenWindowPassed { .. } => "REOPEN_WINDOW_PASSED",
            Self::NotAbandonable => "NOT_ABANDONABLE",
            Self::ActorNotAllowed { .. } => "ACTOR_NOT_ALLOWED",
            Self::NotCaseOwner { .. } => "NOT_CASE_OWNER",
            Self::PaymentUnderWay { .. } => "PAYMENT_UNDER_WAY",
            Self::SafetyStays => "SAFETY_STAYS",
            Self::TextEmpty { .. } => "TEXT_EMPTY",
            Self::TextTooLong { .. } => "TEXT_TOO_LONG",
            Self::TimeZoneUnknown { .. } => "TIME_ZONE_UNKNOWN",
            Self::EmailInvalid => "EMAIL_INVALID",
            Self::PhoneInvalid => "PHONE_INVALID",
            Self::JurisdictionInvalid { .. } => "JURISDICTION_INVALID",
            Self::NumberOfAnotherBrand => "NUMBER_OF_ANOTHER_BRAND",
            Self::SameCase => "SAME_CASE",
            Self::OtherBrand => "OTHER_BRAND",
            Self::OtherPlayer => "OTHER_PLAYER",
            Self::OtherCaseOver => "OTHER_CASE_OVER",
            Self::NoAnswerSuggested => "NO_ANSWER_SUGGESTED",
            Self::CallbackAlreadyRequested => "CALLBACK_ALREADY_REQUESTED",
            Self::NoCallbackRequested => "NO_CALLBACK_REQUESTED",
            Self::ComplaintAlreadyDeclared { .. } => "COMPLAINT_ALREADY_DECLARED",
            Self::NothingRequested => "NOTHING_REQUESTED",
            Self::EvidenceNotJustified { .. } => "EVIDENCE_NOT_JUSTIFIED",
            Self::EvidenceAtHand { .. } => "EVIDENCE_AT_HAND",
            Self::EvidenceNotFound => "EVIDENCE_NOT_FOUND",
            Self::EvidenceOriginalNotKept => "EVIDENCE_ORIGINAL_NOT_KEPT",
            Self::SecondFactorRequired => "SECOND_FACTOR_REQUIRED",
            Self::EvidenceAlreadyDecided { .. } => "EVIDENCE_ALREADY_DECIDED",
            Self::EvidenceFormatNotAccepted { .. } => "EVIDENCE_FORMAT_NOT_ACCEPTED",
            Self::EvidenceEmpty => "EVIDENCE_EMPTY",
            Self::EvidenceTooLarge { .. } => "EVIDENCE_TOO_LARGE",
            Self::EvidenceQuotaReached { .. } => "EVIDENCE_QUOTA_REACHED",
            Self::QuestionsOutOfRange => "QUESTIONS_OUT_OF_RANGE",
            Self::VerificationIncomplete { .. } => "VERIFICATION_INCOMPLETE",
            Self::VerificationAlreadyDecided { .. } => "VERIFICATION_ALREADY_DECIDED",
            Self::ScoreOutOfRange { .. } => "SCORE_OUT_OF_RANGE",
            Self::FeedbackAlreadyGiven => "FEEDBACK_ALREADY_GIVEN",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::CaseOver { state } | Self::CaseNotOver { state } | Self::CaseNotResolved { state } => {
                vec![("state", state.to_string())]
            }
            Self::ReopenNotPossible { state, into } => {
                let into = into.map(|into| ("into", into.to_string()));
                [("state", state.to_string())].into_iter().chain(into).collect()
            }
            Self::ReopenWindowPassed { ended_at, window_days } => {
                vec![("ended_at", ended_at.to_string()), ("window_days", window_days.to_string())]
            }
            Self::NotCaseOwner { owner } => owner.iter().map(|owner| ("owner", owner.to_string())).collect(),
            Self::PaymentUnderWay { progress } => vec![("progress", (*progress).to_owned())],
            Self::TextEmpty { limit, .. } => vec![("limit_characters", limit.to_string())],
            Self::TextTooLong { length, limit, .. } => {
                vec![("characters", length.to_string()), ("limit_characters", limit.to_string())]
            }
            Self::ComplaintAlreadyDeclared { jurisdiction } => vec![("jurisdiction", jurisdiction.clone())],
            Self::EvidenceNotJustified { kind } | Self::EvidenceAtHand { kind } => {
                vec![("kind", kind.to_string())]
            }
            Self::EvidenceFormatNotAccepted { media_type } => {
                vec![("media_type", media_type.clone()), ("accepted", limits::EVIDENCE_MEDIA_TYPES.join(","))]
            }
            Self::EvidenceTooLarge { size_bytes } => {
                vec![
                    ("size_bytes", size_bytes.to_string()),
                    ("limit_bytes", limits::EVIDENCE_BYTES.to_string()),
                ]
            }
            Self::EvidenceQuotaReached { of, limit_files } => {
                vec![("of", (*of).to_owned()), ("limit_files", limit_files.to_string())]
            }
            Self::VerificationIncomplete { missing } => vec![("missing", missing.join(","))],
            _ => Vec::new(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::TextEmpty { field, .. } | Self::TextTooLong { field, .. } => Some(field),
            Self::TimeZoneUnknown { .. } => Some("player.time_zone"),
            Self::EmailInvalid => Some("player.email"),
            Self::PhoneInvalid => Some("phone"),
            Self::JurisdictionInvalid { .. } => Some("jurisdiction"),
            Self::NothingRequested | Self::EvidenceNotJustified { .. } => Some("kinds"),
            Self::EvidenceFormatNotAccepted { .. } | Self::EvidenceEmpty | Self::EvidenceTooLarge { .. } => {
                Some("chunk")
            }
            Self::QuestionsOutOfRange => Some("asked"),
            Self::ScoreOutOfRange { .. } => Some("score"),
            _ => None,
        }
    }

    fn is_permission(&self) -> bool {
        matches!(
            self,
            Self::ActorNotAllowed { .. }
                | Self::NotCaseOwner { .. }
                | Self::SafetyStays
                | Self::SecondFactorRequired
        )
    }
}
