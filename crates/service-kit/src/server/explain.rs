//! Errors that gRPC itself answers, before a method is reached or after its time: they get a stable reason
//! too, as every error has one (docs/errors.md).

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::failure::ERROR_DOMAIN;

/// The same status with its reason; `None` when it has its details already, or is not one of gRPC's own.
pub(crate) fn explained(status: &Status) -> Option<Status> {
    if !status.details().is_empty() {
        return None;
    }
    let message = match status.message() {
        "" => "there is no such method; ask for reflection, or see the .proto files",
        message => message,
    };
    let details = ErrorDetails::with_error_info(reason(status.code())?, ERROR_DOMAIN, HashMap::new());
    Some(Status::with_error_details(status.code(), message, details))
}

fn reason(code: Code) -> Option<&'static str> {
    match code {
        Code::OutOfRange | Code::ResourceExhausted => Some("MESSAGE_TOO_LARGE"),
        Code::Internal => Some("MESSAGE_UNREADABLE"),
        Code::Unimplemented => Some("METHOD_UNKNOWN"),
        Code::DeadlineExceeded => Some("DEADLINE_EXCEEDED"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    #[test]
    fn what_grpc_says_itself_gets_a_reason_and_keeps_its_words() {
        for (status, reason) in [
            (Status::out_of_range("2 MiB, the limit is 1 MiB"), "MESSAGE_TOO_LARGE"),
            (Status::internal("failed to decode Protobuf message"), "MESSAGE_UNREADABLE"),
            (Status::unimplemented(""), "METHOD_UNKNOWN"),
            (Status::deadline_exceeded("too late"), "DEADLINE_EXCEEDED"),
        ] {
            let told = explained(&status).unwrap();
            assert_eq!(told.code(), status.code());
            assert!(!told.message().is_empty() && told.message().contains(status.message()));
            assert_eq!(told.get_error_details().error_info().unwrap().reason, reason);
        }
    }

    #[test]
    fn what_has_a_reason_keeps_it() {
        assert!(explained(&Failure::Internal("disk".to_owned()).into()).is_none());
        assert!(explained(&Status::cancelled("gone")).is_none());
    }
}
