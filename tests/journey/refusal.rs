//! A call that was refused, looked at as a client sees it.

use std::fmt::Debug;

use tonic::{Code, Response, Status};
use tonic_types::StatusExt;

/// What a refused call was told.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    /// The stable reason in `google.rpc.ErrorInfo`; empty when there is none.
    pub(crate) reason: String,
    /// The fields named in `google.rpc.BadRequest`.
    pub(crate) fields: Vec<String>,
    pub(crate) status: Status,
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let reason = details.error_info().map(|info| info.reason.clone()).unwrap_or_default();
        let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        let fields = violations.into_iter().map(|violation| violation.field).collect();
        Self { code: status.code(), reason, fields, status }
    }
}

impl Refusal {
    /// The refusal in an answer.
    #[track_caller]
    pub(crate) fn of<T: Debug>(answer: Result<Response<T>, Status>) -> Self {
        match answer {
            Ok(answer) => panic!("this should have been refused: {:?}", answer.into_inner()),
            Err(status) => status.into(),
        }
    }

    /// It is this one, and a person can read what happened.
    #[track_caller]
    pub(crate) fn is(&self, code: Code, reason: &str) -> &Self {
        assert_eq!((self.code, self.reason.as_str()), (code, reason), "{:?}", self.status);
        assert!(self.status.message().len() > 10, "a reason alone helps nobody: {:?}", self.status);
        self
    }

    /// It is about the values of exactly these fields.
    #[track_caller]
    pub(crate) fn about(&self, fields: &[&str]) -> &Self {
        self.is(Code::InvalidArgument, "INVALID_ARGUMENT");
        assert_eq!(self.fields, fields, "{:?}", self.status);
        self
    }

    /// The message has this text in it.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.status.message().contains(text), "'{text}' is not in: {}", self.status.message());
        self
    }
}
