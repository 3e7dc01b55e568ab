//! The figures that intake's rules use.

use jiff::SignedDuration;

/// A message, reply or note: at most this many characters, after trimming.
pub const MESSAGE_CHARACTERS: usize = 10_000;
/// A reason, summary or comment: at most this many characters, after trimming.
pub const REASON_CHARACTERS: usize = 2_000;
/// A user name, e-mail address, product or file name: at most this many characters, after trimming.
pub const NAME_CHARACTERS: usize = 200;
/// A tag: at most this many characters, after trimming.
pub const TAG_CHARACTERS: usize = 40;
/// How much of a message is repeated as the reason why a case was reopened, in characters.
pub const QUOTED_CHARACTERS: usize = 200;

/// The media types a file may have, as found in its bytes (R21; choice: PNG and HEIC too).
pub const EVIDENCE_MEDIA_TYPES: &[&str] = &["application/pdf", "image/jpeg", "image/png", "image/heic"];
/// A file: at most this many bytes (10 MiB).
pub const EVIDENCE_BYTES: u64 = 10 * 1024 * 1024;
/// A case: at most this many files (choice).
pub const CASE_FILES: usize = 50;
/// A case: no more files once those it has are this large together, in bytes (choice: 200 MiB).
pub const CASE_BYTES: u64 = 200 * 1024 * 1024;
/// A case: at most this many refused files are written down (choice).
pub const REFUSED_UPLOADS_RECORDED: usize = 20;

/// Verification questions: at least this many (R23).
pub const QUESTIONS_LEAST: u8 = 3;
/// Verification questions: at most this many (R23).
pub const QUESTIONS_MOST: u8 = 10;
/// Verification questions: at most this many wrong answers (choice).
pub const QUESTIONS_WRONG: u8 = 1;

/// How long after its end a case may be reopened (choice: 14 days).
pub const REOPEN_WINDOW: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The same for a regulated complaint (choice: 6 months, counted as 183 days).
pub const COMPLAINT_REOPEN_WINDOW: SignedDuration = SignedDuration::from_hours(183 * 24);
