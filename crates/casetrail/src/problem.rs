//! Why a command did not do what was asked: told to people or programs, with an exit code that says
//! which kind it is.

use std::process::ExitCode;

use serde_json::json;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::output::colour;
use crate::output::harmless::harmless;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// The server answered with an error.
    #[error("{}", said(.0))]
    Refused(Box<Status>),
    /// The server is not there.
    #[error("the server {server} is not reachable")]
    Unreachable {
        /// Its address.
        server: String,
        /// What the transport said.
        #[source]
        source: tonic::transport::Error,
    },
    /// A value on the command line makes no sense.
    #[error("{0}")]
    Usage(String),
    /// History is not what was recorded.
    #[error("{0}")]
    NotIntact(String),
    /// A read model is not what the log says.
    #[error("{0}")]
    NotDerived(String),
    /// Nobody reads our output any more: `casetrail history ... | head`.
    #[error("the output was closed")]
    OutputClosed,
    /// Anything else.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

/// The server's words; where it has none, what its code means.
fn said(status: &Status) -> String {
    match (status.message(), status.code()) {
        ("", Code::Unimplemented) => {
            "the server does not have this method; it is of another version".to_owned()
        }
        ("", code) => format!("the server says only: {}", code.description()),
        (message, _) => message.to_owned(),
    }
}

impl From<Status> for Problem {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Other(error.into()),
        }
    }
}

impl Problem {
    /// The exit code, as `--help` lists them.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Usage(_) => 2,
            Self::Unreachable { .. } => 5,
            Self::NotIntact(_) => 6,
            Self::NotDerived(_) => 7,
            Self::Other(_) => 1,
            Self::Refused(status) => match status.code() {
                Code::InvalidArgument => 2,
                Code::NotFound => 3,
                Code::FailedPrecondition
                | Code::PermissionDenied
                | Code::Unauthenticated
                | Code::Aborted
                | Code::AlreadyExists => 4,
                Code::Unavailable | Code::DeadlineExceeded => 5,
                _ => 1,
            },
        }
    }

    /// Tells it on standard error.
    pub(crate) fn report(&self, json: bool) {
        if matches!(self, Self::OutputClosed) {
            return;
        }
        // With standard error gone there is nobody left to tell.
        if json {
            anstream::eprintln!("{}", self.as_json());
        } else {
            anstream::eprint!("{}", harmless(&self.as_text()));
        }
    }

    /// `UPPER_SNAKE`, as documented in docs/errors.md.
    fn reason(&self) -> Option<String> {
        let Self::Refused(status) = self else { return None };
        status.get_details_error_info().map(|info| info.reason)
    }

    fn violations(&self) -> Vec<(String, String)> {
        let Self::Refused(status) = self else { return Vec::new() };
        status.get_details_bad_request().map_or_else(Vec::new, |wrong| {
            wrong.field_violations.into_iter().map(|one| (one.field, one.description)).collect()
        })
    }

    /// What lies at the bottom of a broken connection, such as `Connection refused`.
    fn cause(&self) -> Option<String> {
        let Self::Unreachable { source, .. } = self else { return None };
        let mut cause: &dyn std::error::Error = source;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Some(cause.to_string())
    }

    fn as_text(&self) -> String {
        let mut lines = Vec::new();
        let violations = self.violations();
        if violations.is_empty() {
            lines.push(format!("{} {self}", colour::error("error:")));
        } else {
            lines.push(format!("{} the server does not accept this", colour::error("error:")));
            lines.extend(
                violations.iter().map(|(field, what)| format!("  {}: {what}", colour::strong(field))),
            );
        }
        if let Some(reason) = self.reason() {
            lines.push(format!("  reason: {reason}"));
        }
        if let Some(cause) = self.cause() {
            lines.push(format!("  cause: {cause}"));
        }
        if let Some(remedy) = self.remedy() {
            lines.push(format!("  try: {remedy}"));
        }
        lines.push(String::new());
        lines.join("\n")
    }

    fn as_json(&self) -> serde_json::Value {
        let violations: Vec<_> = self
            .violations()
            .into_iter()
            .map(|(field, description)| json!({ "field": field, "description": description }))
            .collect();
        json!({ "error": {
            "message": self.to_string(),
            "reason": self.reason(),
            "cause": self.cause(),
            "violations": violations,
            "exit_code": self.code(),
        }})
    }

    /// What to do about it, where there is more to say than the message does.
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Unreachable { .. } => {
                Some("start it with `casetrail dev`, or name another one with --server".to_owned())
            }
            Self::NotIntact(_) => {
                Some("stop writing, keep the files as they are, and compare them with a backup".to_owned())
            }
            Self::NotDerived(_) => {
                Some("find out who changed the rows, then `casetrail rebuild` each of these".to_owned())
            }
            Self::Refused(status) => self.refused_remedy(status),
            Self::Usage(_) | Self::OutputClosed | Self::Other(_) => None,
        }
    }

    fn refused_remedy(&self, status: &Status) -> Option<String> {
        let reason = self.reason();
        let known = match reason.as_deref() {
            Some("CASE_NOT_FOUND") => Some("`casetrail cases --brand NB` lists the cases of a brand"),
            Some("REQUEST_ID_REUSED") => Some("leave --request-id out: a new request gets a new id"),
            Some("UNAUTHENTICATED") => Some("say who acts with --as, such as --as agent:mette"),
            Some("SECOND_FACTOR_REQUIRED") => Some(
                "sign in again with a second factor and give the new token with --token within five minutes; of a \
                 development system: casetrail token --data DIR --role ROLE --team TEAM --acr",
            ),
            Some("NOT_PRIVACY_OFFICER") => {
                Some("an agent of team privacy has to do this; see --as and --teams")
            }
            Some("LEGAL_HOLD_RUNS") => Some(
                "tell the player, whose request was recorded as refused; `casetrail privacy hold --lift` ends it",
            ),
            Some("STALE_ETAG" | "CONTENDED") => Some("look at the case again, then repeat the command"),
            _ if status.code() == Code::PermissionDenied => {
                Some("another person has to do this; name them with --as and --teams")
            }
            _ if status.code() == Code::DeadlineExceeded => Some("wait longer with --timeout 30s"),
            _ => None,
        };
        let again = || {
            let delay = status.get_details_retry_info()?.retry_delay?;
            Some(format!("again in {:.1} s", delay.as_secs_f64()))
        };
        known.map(str::to_owned).or_else(again)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use tonic_types::{ErrorDetails, FieldViolation};

    use super::*;

    fn refused(code: Code, reason: &str, change: impl FnOnce(&mut ErrorDetails)) -> Problem {
        let mut details = ErrorDetails::new();
        details.set_error_info(reason, "casetrail", HashMap::new());
        change(&mut details);
        Status::with_error_details(code, "it did not work", details).into()
    }

    fn plain(problem: &Problem) -> String {
        anstream::adapter::strip_str(&problem.as_text()).to_string()
    }

    #[test]
    fn a_refusal_tells_message_reason_and_remedy() {
        let text = plain(&refused(Code::NotFound, "CASE_NOT_FOUND", |_| {}));
        assert_eq!(
            text,
            "error: it did not work\n  reason: CASE_NOT_FOUND\n  try: `casetrail cases --brand NB` lists the \
             cases of a brand\n"
        );
    }

    #[test]
    fn every_wrong_field_has_a_line() {
        let problem = refused(Code::InvalidArgument, "INVALID_ARGUMENT", |details| {
            details.set_bad_request(vec![
                FieldViolation::new("brand", "is required"),
                FieldViolation::new("text", "has 20000 characters; at most 10000 are allowed"),
            ]);
        });
        let text = plain(&problem);
        assert!(text.contains("  brand: is required\n  text: has 20000"), "{text}");
        assert_eq!(problem.as_json()["error"]["violations"][1]["field"], "text");
    }

    #[test]
    fn when_to_try_again_is_told() {
        let problem = refused(Code::Unavailable, "UNAVAILABLE", |details| {
            details.set_retry_info(Some(Duration::from_millis(1_500)));
        });
        assert!(plain(&problem).contains("try: again in 1.5 s"));
    }

    #[test]
    fn an_answer_without_words_is_put_into_words() {
        let problem = Problem::from(Status::new(Code::Unimplemented, ""));
        assert!(plain(&problem).contains("another version"));
        let problem = Problem::from(Status::new(Code::Internal, ""));
        assert_eq!(plain(&problem), "error: the server says only: Internal error\n");
    }

    #[test]
    fn each_kind_has_its_exit_code() {
        for (code, expected) in [
            (Code::Internal, 1),
            (Code::InvalidArgument, 2),
            (Code::NotFound, 3),
            (Code::FailedPrecondition, 4),
            (Code::PermissionDenied, 4),
            (Code::Aborted, 4),
            (Code::AlreadyExists, 4),
            (Code::Unavailable, 5),
            (Code::DeadlineExceeded, 5),
        ] {
            assert_eq!(refused(code, "R", |_| {}).code(), expected, "{code:?}");
        }
        assert_eq!(Problem::NotIntact(String::new()).code(), 6);
        assert_eq!(Problem::NotDerived(String::new()).code(), 7);
        let closed = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert_eq!(Problem::from(closed).code(), 0);
    }
}
