//! What a file has to pass before it is evidence: known by its bytes and not by its name, scanned for malware,
//! and made harmless.
//!
//! In this order: [`MediaType::of`] finds what the bytes are, and refuses everything but PDF, JPEG, PNG and HEIC;
//! [`Clamd`] scans them, where it is configured; then a picture is decoded under limits and written anew, without
//! anything that was not picture; a HEIC file is read box by box and what belongs to no picture is wiped; a PDF is
//! searched for whatever could act by itself. Nobody's word is taken for anything: names and declared types are not
//! even asked for.
//!
//! Must never be here: whose file it is, where it is kept, and what the player is told.
//!
//! To add a refusal: a line in [`Refused`], its heading in `docs/errors.md`, and a file in the tests' corpus.

mod clamd;
mod examination;
mod heic;
mod media_type;
mod pdf;
mod picture;
mod refusal;
mod zip;

pub use clamd::{Address, Clamd, InvalidAddress, ScannerAway, Verdict};
pub use examination::{Examination, Examined, Limits, NotExamined};
pub use media_type::MediaType;
pub use refusal::Refused;
