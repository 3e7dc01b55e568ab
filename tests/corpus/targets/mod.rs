//! What is fuzzed: one function a target, which takes any bytes and panics when something is not as it must be.
//!
//! Compiled twice: by `tests/corpus`, and by `fuzz/`, a workspace of its own.

pub(crate) mod envelopes;
pub(crate) mod events;
pub(crate) mod masking;
pub(crate) mod pdfs;
pub(crate) mod pictures;
pub(crate) mod requests;
pub(crate) mod tokens;
pub(crate) mod words;

/// A target by its name.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All of them.
pub(crate) const TARGETS: &[Target] = &[
    ("envelopes", envelopes::run),
    ("events", events::run),
    ("masking", masking::run),
    ("pdfs", pdfs::run),
    ("pictures", pictures::run),
    ("requests", requests::run),
    ("tokens", tokens::run),
    ("words", words::run),
];
