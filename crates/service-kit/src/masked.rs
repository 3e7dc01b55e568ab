//! Masked reading: what an engineer is shown of cases, and how they come to see one as it is.
//!
//! The authenticator says how much a call shows ([`Sight`]), and the server hides the rest in the encoded answer, at
//! the one place where every answer leaves. A method knows nothing of it and cannot forget it; what is hidden follows
//! from the contracts (`contracts::Confidential`).
//!
//! Somebody who reads masked and needs the texts of one case says so and what for ([`UNMASK_KEY`], [`PURPOSE_KEY`]),
//! with a second factor just proven. Only an answer that was written down in the audit of reads leaves unmasked.
//!
//! Must never be here: which fields are confidential, and which roles read masked.

mod body;
mod json;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use case::{Actor, Context, privacy};
use http::Response;
use jiff::Timestamp;
use tonic::body::Body;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Request, Status};

use crate::failure::Failure;

/// Metadata key of what a read is for: a few words.
pub const PURPOSE_KEY: &str = "casetrail-purpose";
/// Metadata key that asks for a case as it is, by somebody who reads masked: `true`.
pub const UNMASK_KEY: &str = "casetrail-unmask";
/// What stands where something is hidden.
pub const MASKED: &str = "[masked]";

/// How much a call shows of what people wrote and who they are; the server puts it into the request's extensions.
#[derive(Debug, Clone, Default)]
pub enum Sight {
    /// Everything.
    #[default]
    Clear,
    /// None of it.
    Masked,
    /// That of one case, once it is written down that it was.
    Unmasking(WrittenDown),
}

/// Whether it is written down that a case is shown unmasked.
#[derive(Debug, Clone, Default)]
pub struct WrittenDown(Arc<AtomicBool>);

impl WrittenDown {
    /// It is now.
    pub fn confirm(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_confirmed(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Sight {
    /// What somebody sees who reads masked: as they ask for it in the metadata of a call.
    ///
    /// # Errors
    /// `InvalidArgument` about the metadata; `SECOND_FACTOR_REQUIRED`.
    pub fn asked(metadata: &MetadataMap, actor: &Actor, now: Timestamp) -> Result<Self, Failure> {
        match metadata.get(UNMASK_KEY).map(MetadataValue::as_bytes) {
            None | Some(b"false") => return Ok(Self::Masked),
            Some(b"true") => {}
            Some(_) => return Err(Failure::invalid(UNMASK_KEY, "must be true, or left out")),
        }
        let purpose = metadata.get(PURPOSE_KEY).map(|value| value.as_bytes().trim_ascii());
        if purpose.is_none_or(<[u8]>::is_empty) {
            let problem = "is required to unmask: say what for in a few words, such as 'incident 4711'";
            return Err(Failure::invalid(PURPOSE_KEY, problem));
        }
        privacy::may_unmask(Context { actor, now }).map_err(|refusal| Failure::refused(&refusal))?;
        Ok(Self::Unmasking(WrittenDown::default()))
    }

    /// That of the call that a request came with.
    pub fn of<T>(request: &Request<T>) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_default()
    }

    /// Whether nothing is hidden from the caller of any method.
    pub fn is_clear(&self) -> bool {
        matches!(self, Self::Clear)
    }

    /// The answer of the method at `path`, as the caller is shown it.
    pub(crate) fn show(self, path: &str, answer: Response<Body>) -> Result<Response<Body>, Failure> {
        // A refusal comes in the headers, and holds nothing else.
        if Status::from_header_map(answer.headers()).is_some() {
            return Ok(answer);
        }
        match self {
            Self::Clear => Ok(answer),
            Self::Unmasking(written) if written.is_confirmed() => Ok(answer),
            Self::Unmasking(_) => {
                let problem = "this method does not show the texts of one case; ask it without";
                Err(Failure::invalid(UNMASK_KEY, problem))
            }
            Self::Masked => {
                let hide = contracts::hide(path)
                    .ok_or_else(|| Failure::Internal(format!("{path} cannot be masked")))?;
                Ok(answer.map(|body| body::masked(body, hide)))
            }
        }
    }
}

/// Hides a field's value. An empty one stays: that nothing is there helps, and tells nothing.
fn hide(name: &str, text: &mut String) {
    if text.is_empty() {
        return;
    }
    if name.ends_with("_json") {
        *text = json::masked(text);
    } else {
        MASKED.clone_into(text);
    }
}

#[cfg(test)]
mod tests {
    use case::privacy::SECOND_FACTOR_WINDOW;
    use jiff::SignedDuration;

    use super::*;

    const GET_CASE: &str = "/casetrail.intake.v1.IntakeService/GetCase";

    fn now() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    fn asked(pairs: &[(&'static str, &str)], actor: &Actor) -> Result<Sight, &'static str> {
        let mut metadata = MetadataMap::new();
        for (key, value) in pairs {
            metadata.insert(*key, value.parse().unwrap());
        }
        Sight::asked(&metadata, actor, now()).map_err(|failure| failure.reason())
    }

    #[test]
    fn unmasking_needs_a_purpose_and_a_fresh_second_factor() {
        let plain = Actor::agent("eva", &[]);
        let proven = plain.clone().with_second_factor_at(now() - SECOND_FACTOR_WINDOW);
        let stale =
            plain.clone().with_second_factor_at(now() - SECOND_FACTOR_WINDOW - SignedDuration::from_secs(1));
        let whole = [(UNMASK_KEY, "true"), (PURPOSE_KEY, "incident 4711")];
        assert!(matches!(asked(&whole, &proven), Ok(Sight::Unmasking(_))));
        for unproven in [&plain, &stale] {
            assert_eq!(asked(&whole, unproven).unwrap_err(), "SECOND_FACTOR_REQUIRED");
        }
        for wrong in [
            &[(UNMASK_KEY, "true")][..],
            &[(UNMASK_KEY, "true"), (PURPOSE_KEY, "  ")],
            &[(UNMASK_KEY, "yes"), (PURPOSE_KEY, "incident 4711")],
        ] {
            assert_eq!(asked(wrong, &proven).unwrap_err(), "INVALID_ARGUMENT", "{wrong:?}");
        }
        for masked in [&[][..], &[(UNMASK_KEY, "false")], &[(PURPOSE_KEY, "incident 4711")]] {
            assert!(matches!(asked(masked, &proven), Ok(Sight::Masked)), "{masked:?}");
        }
    }

    #[test]
    fn what_was_not_written_down_does_not_leave_unmasked() {
        let written = WrittenDown::default();
        let show = || Sight::Unmasking(written.clone()).show(GET_CASE, Response::new(Body::empty()));
        assert_eq!(show().unwrap_err().reason(), "INVALID_ARGUMENT");
        written.confirm();
        assert!(show().is_ok());
    }

    #[test]
    fn every_answer_can_be_masked() {
        for path in access::table::paths() {
            assert!(contracts::hide(&path).is_some(), "{path}");
        }
    }

    #[test]
    fn an_answer_that_nobody_knows_how_to_mask_is_not_given() {
        let shown =
            Sight::Masked.show("/casetrail.intake.v1.IntakeService/None", Response::new(Body::empty()));
        assert_eq!(shown.unwrap_err().reason(), "INTERNAL");
    }
}
