//! Archives behind other files: readers of ZIP begin at the end, so that any file may have one as its tail.

use crate::Refused;

/// What a ZIP archive ends with.
const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";
/// How far from the end it may stand: its own 22 bytes and the longest comment.
const WITHIN: usize = 22 + 65_535;

/// Refuses a file that is an archive as well (`GIFAR` and its kin).
pub(crate) fn refuse_at_the_end(content: &[u8]) -> Result<(), Refused> {
    let tail = &content[content.len().saturating_sub(WITHIN)..];
    if tail.windows(END_OF_DIRECTORY.len()).any(|window| window == END_OF_DIRECTORY) {
        return Err(Refused::Polyglot { what: "it ends as a ZIP archive" });
    }
    Ok(())
}
