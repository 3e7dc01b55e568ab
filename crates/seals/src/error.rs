//! What can go wrong with seals, their stores and their keys.

/// Why a seal could not be kept, read or made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another seal stands where this one was to go: read the last one and go on from there.
    #[error("the seal of positions {from} and after does not follow the last one in {place}")]
    Conflict {
        /// Where it was to be kept.
        place: String,
        /// The first position it covers.
        from: u64,
    },
    /// What is stored cannot be what was written.
    #[error("the seals in {place} are damaged: {reason}")]
    Corrupt {
        /// Where.
        place: String,
        /// What does not read, and from which position on.
        reason: String,
    },
    /// The place cannot be reached or written; trying again may help.
    #[error("the seals in {place} are unavailable: {reason}")]
    Unavailable {
        /// Where.
        place: String,
        /// What the system said.
        reason: String,
    },
    /// The database has no table for seals.
    #[error("{place} holds no seals: run `casetrail migrate`")]
    NotMigrated {
        /// Where.
        place: String,
    },
    /// A newer program was here.
    #[error(
        "the seals in {place} have schema version {found}, this program knows {known}: use the newer one"
    )]
    Newer {
        /// Where.
        place: String,
        /// The version found.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The seals can be changed: a guard of the table is missing or disabled.
    #[error(
        "the seals in {place} are not protected: the trigger {guard} does not stand; check them, then have an administrator put it back"
    )]
    Unprotected {
        /// Where.
        place: String,
        /// The first guard that does not stand.
        guard: String,
    },
    /// A key file cannot be used: missing, malformed or readable by others.
    #[error("key file {path}: {reason}")]
    Key {
        /// The file.
        path: String,
        /// What is wrong, and what to do.
        reason: String,
    },
}
