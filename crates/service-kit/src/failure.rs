//! Every way a call can fail, and its one mapping to gRPC. What is internal says nothing outside and
//! everything once in the log.

use std::collections::HashMap;
use std::time::Duration;

use case::intake::mask;
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// The `domain` of `google.rpc.ErrorInfo` in every error.
pub const ERROR_DOMAIN: &str = "casetrail";

/// Why a call did not do what it asked. Each kind has a stable reason, documented in docs/errors.md.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// The request does not make sense, whatever the state: one entry per field.
    #[error("{}", told(&describe(.0)))]
    InvalidArgument(Vec<Violation>),
    /// A rule said no.
    #[error("{}", told(message))]
    Refused {
        /// Stable, `UPPER_SNAKE`.
        reason: &'static str,
        /// What happened and what to do.
        message: String,
        /// Facts about it.
        metadata: Vec<(&'static str, String)>,
        /// The field it is about, if it is about a value.
        field: Option<&'static str>,
        /// For want of a right rather than for the state.
        permission: bool,
    },
    /// There is no such thing.
    #[error("{what} '{}' does not exist; check the id, or whether it belongs to another brand", told(id))]
    NotFound {
        /// Stable, `UPPER_SNAKE`, such as `CASE_NOT_FOUND`.
        reason: &'static str,
        /// What was looked for.
        what: &'static str,
        /// By which id.
        id: String,
    },
    /// The quoted etag is not the current one.
    #[error("the etag is {given}, but the version is {current} by now; read it again and decide anew")]
    StaleEtag {
        /// The version quoted.
        given: u64,
        /// The version there is.
        current: u64,
    },
    /// The request id was used before, with another body.
    #[error("this request_id was used before with another body; use a new UUID for a new request")]
    RequestIdReused,
    /// So many others changed it at the same time that our turn did not come.
    #[error("many callers change this at once; try again")]
    Contended,
    /// The caller asks more than one may, so that the others are answered too.
    #[error("{message}")]
    Exhausted {
        /// Stable, `UPPER_SNAKE`.
        reason: &'static str,
        /// Which limit it is, and what to do.
        message: String,
        /// When it may be tried again, where waiting helps.
        retry_after: Option<Duration>,
    },
    /// Nobody proved who they are.
    #[error("{}", told(.0))]
    Unauthenticated(String),
    /// A certificate of somebody who is not known here.
    #[error("{0}")]
    CertificateUnknown(String),
    /// A bearer token that is not believed.
    #[error("{0}")]
    Token(access::Refused),
    /// A part we need is not there; trying again may help.
    #[error("a part of the system is not available: {}", told(.0))]
    Unavailable(String),
    /// The log, the database or the keys do not answer: that is nobody's fault who asks, and nothing goes on
    /// until they do.
    #[error("a part of the system is not available: {}", told(.0))]
    Away(String),
    /// The stream holds a fact of this service's own stage that this build does not know.
    #[error("the history holds newer facts than this version of the service knows; it refuses to write")]
    NewerFacts,
    /// A defect, or damaged data.
    #[error("{}", told(.0))]
    Internal(String),
}

/// One field that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field's path in the request.
    pub field: String,
    /// What is wrong and what to send instead.
    pub description: String,
}

/// As it may be shown and logged: messages quote what came, and that may be card data.
fn told(text: &str) -> String {
    mask(text).text
}

fn describe(violations: &[Violation]) -> String {
    let all: Vec<String> =
        violations.iter().map(|one| format!("{}: {}", one.field, one.description)).collect();
    all.join("; ")
}

impl Failure {
    /// One field is wrong.
    pub fn invalid(field: &str, description: impl ToString) -> Self {
        Self::InvalidArgument(vec![Violation {
            field: field.to_owned(),
            description: description.to_string(),
        }])
    }

    /// What a stage's `decide` refused.
    pub fn refused(refusal: &impl case::Refusal) -> Self {
        Self::Refused {
            reason: refusal.reason(),
            message: refusal.to_string(),
            metadata: refusal.metadata(),
            field: refusal.field(),
            permission: refusal.is_permission(),
        }
    }

    /// The stable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidArgument(_) => "INVALID_ARGUMENT",
            Self::Refused { reason, .. } | Self::NotFound { reason, .. } | Self::Exhausted { reason, .. } => {
                reason
            }
            Self::CertificateUnknown(_) => "CERTIFICATE_UNKNOWN",
            Self::StaleEtag { .. } => "STALE_ETAG",
            Self::RequestIdReused => "REQUEST_ID_REUSED",
            Self::Contended => "CONTENDED",
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::Token(refused) => refused.reason(),
            Self::Unavailable(_) | Self::Away(_) => "UNAVAILABLE",
            Self::NewerFacts => "NEWER_FACTS",
            Self::Internal(_) => "INTERNAL",
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Refused { permission: true, .. } => Code::PermissionDenied,
            Self::InvalidArgument(_) | Self::Refused { field: Some(_), .. } => Code::InvalidArgument,
            Self::Refused { .. } | Self::NewerFacts => Code::FailedPrecondition,
            Self::NotFound { .. } => Code::NotFound,
            Self::StaleEtag { .. } | Self::Contended => Code::Aborted,
            Self::RequestIdReused => Code::AlreadyExists,
            Self::Exhausted { .. } => Code::ResourceExhausted,
            Self::Unauthenticated(_) | Self::Token(_) | Self::CertificateUnknown(_) => Code::Unauthenticated,
            Self::Unavailable(_) | Self::Away(_) => Code::Unavailable,
            Self::Internal(_) => Code::Internal,
        }
    }
}

/// What the caller's client can do about it by itself (RFC 6750, RFC 9470): get a token, or one of somebody who
/// has just proven a second factor.
fn challenge(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::Token(access::Refused::Missing) => Some("Bearer"),
        Failure::Token(_) => Some(r#"Bearer error="invalid_token""#),
        Failure::Refused { reason: "SECOND_FACTOR_REQUIRED", .. } => {
            Some(r#"Bearer error="insufficient_user_authentication", max_age="300""#)
        }
        _ => None,
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let mut metadata = HashMap::new();
        let mut details = ErrorDetails::new();
        let mut message = failure.to_string();
        match &failure {
            Failure::InvalidArgument(violations) => {
                let fields: Vec<FieldViolation> = violations
                    .iter()
                    .map(|one| FieldViolation::new(&one.field, told(&one.description)))
                    .collect();
                details.set_bad_request(fields);
            }
            Failure::Refused { metadata: facts, field, .. } => {
                metadata.extend(facts.iter().map(|(key, value)| ((*key).to_owned(), told(value))));
                if let Some(field) = field {
                    details.add_bad_request_violation(*field, &message);
                }
            }
            Failure::StaleEtag { current, .. } => {
                metadata.insert("current_etag".to_owned(), format!("\"{current}\""));
            }
            Failure::Unavailable(cause) | Failure::Away(cause) => {
                tracing::warn!(cause = told(cause), "a call failed for want of a part");
                "a part of the system is not available; try again".clone_into(&mut message);
                details.set_retry_info(Some(Duration::from_secs(1)));
            }
            Failure::Contended => {
                details.set_retry_info(Some(Duration::from_millis(100)));
            }
            Failure::Exhausted { retry_after, .. } => {
                if let Some(wait) = retry_after {
                    details.set_retry_info(Some(*wait));
                }
            }
            Failure::Internal(cause) => {
                tracing::error!(cause = told(cause), "a call failed for an internal reason");
                "an internal error occurred; it has been logged".clone_into(&mut message);
            }
            Failure::NotFound { .. }
            | Failure::RequestIdReused
            | Failure::Unauthenticated(_)
            | Failure::Token(_)
            | Failure::CertificateUnknown(_)
            | Failure::NewerFacts => {}
        }
        details.set_error_info(failure.reason(), ERROR_DOMAIN, metadata);
        let mut status = Status::with_error_details(failure.code(), message, details);
        if let Some(challenge) = challenge(&failure) {
            status.metadata_mut().insert("www-authenticate", MetadataValue::from_static(challenge));
        }
        status
    }
}

impl From<event_log::Error> for Failure {
    fn from(error: event_log::Error) -> Self {
        use event_log::Error as E;
        match error {
            E::Conflict { .. } => Self::Contended,
            E::CommandReused => Self::RequestIdReused,
            E::Unavailable(cause) => Self::Away(cause),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<sealing::Error> for Failure {
    fn from(error: sealing::Error) -> Self {
        match error {
            sealing::Error::Unavailable(cause) => Self::Away(cause),
            sealing::Error::Erased => Self::Refused {
                reason: "PLAYER_ERASED",
                message: "the player was erased: nothing more may be recorded about them".to_owned(),
                metadata: Vec::new(),
                field: None,
                permission: false,
            },
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<case::DecodeError> for Failure {
    fn from(error: case::DecodeError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<crate::store::StoreError> for Failure {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        if is_away(&error) { Self::Away(error.to_string()) } else { Self::Unavailable(error.to_string()) }
    }
}

/// Whether the database is not there, or not now: no connection, or one that it ended.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| ["08", "53", "57P"].iter().any(|class| code.starts_with(class)))
        }
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_causes_stay_inside_and_every_error_has_a_reason() {
        let status = Status::from(Failure::Internal("password=hunter2".to_owned()));
        assert_eq!(status.code(), Code::Internal);
        assert!(!status.message().contains("hunter2"));
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "INTERNAL");
        assert_eq!(details.error_info().unwrap().domain, "casetrail");
    }

    #[test]
    fn a_field_violation_names_its_field() {
        let status = Status::from(Failure::invalid("player.email", "not an address"));
        let details = status.get_error_details();
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, "player.email");
    }

    #[test]
    fn no_error_repeats_card_data() {
        let card = "4111 1111 1111 1111";
        for failure in [
            Failure::invalid("case", format!("'{card}' is no number")),
            Failure::NotFound { reason: "CASE_NOT_FOUND", what: "case", id: card.to_owned() },
            Failure::Unauthenticated(card.to_owned()),
            Failure::Refused {
                reason: "TIME_ZONE_UNKNOWN",
                message: card.to_owned(),
                metadata: vec![("given", card.to_owned())],
                field: Some("player.time_zone"),
                permission: false,
            },
        ] {
            let status = Status::from(failure);
            let details = status.get_error_details();
            let told = format!("{} {details:?}", status.message());
            assert!(told.contains("411111******1111") && !told.contains(card), "{told}");
        }
    }

    #[test]
    fn who_has_to_prove_more_is_told_so_in_the_standard_way() {
        let told = |failure: Failure| {
            let status = Status::from(failure);
            status.metadata().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned())
        };
        let second_factor = told(Failure::refused(&case::payments_escalation::Refusal::SecondFactorRequired));
        assert_eq!(
            second_factor.as_deref(),
            Some(r#"Bearer error="insufficient_user_authentication", max_age="300""#)
        );
        assert_eq!(told(Failure::Token(access::Refused::Missing)).as_deref(), Some("Bearer"));
        assert!(told(Failure::Token(access::Refused::Expired)).unwrap().contains("invalid_token"));
        assert_eq!(told(Failure::Contended), None);
    }

    #[test]
    fn unavailable_says_when_to_try_again() {
        for failure in [Failure::Unavailable("disk".to_owned()), Failure::Away("disk".to_owned())] {
            let status = Status::from(failure);
            assert!(status.get_error_details().retry_info().is_some());
        }
    }

    #[test]
    fn a_database_that_is_not_there_is_told_from_one_that_says_no() {
        assert!(matches!(Failure::from(sqlx::Error::PoolTimedOut), Failure::Away(_)));
        assert!(matches!(Failure::from(sqlx::Error::RowNotFound), Failure::Unavailable(_)));
    }
}
