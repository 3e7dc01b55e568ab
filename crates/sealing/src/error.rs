//! What can go wrong with keys and sealed data.

/// Why something could not be sealed, opened or destroyed. Never contains plaintext or key material.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The player was erased: nothing may be sealed for them any more, and nothing can be opened.
    #[error("the player was erased: their key is destroyed and no new one is made")]
    Erased,

    /// The data does not open: tampered with, or not sealed for this event, stream, field and key.
    #[error("the sealed data does not open: it was changed, or sealed for another place or key")]
    Unreadable,

    /// The key store has never heard of this key.
    #[error(
        "key {key_id} is not in the key store; check that this key database belongs to this log and was \
         restored with it"
    )]
    UnknownKey {
        /// The key that was asked for.
        key_id: String,
    },

    /// The key was wrapped by another master key than the one given.
    #[error(
        "key {key_id} was wrapped by master key {wrapped_by}, but master key {given} was given; start with \
         the master key that this key database was made with"
    )]
    WrongMasterKey {
        /// The data key that could not be unwrapped.
        key_id: String,
        /// The fingerprint of the master key that wrapped it.
        wrapped_by: String,
        /// The fingerprint of the master key at hand.
        given: String,
    },

    /// The master key itself cannot be used: missing, malformed or readable by others.
    #[error("master key {path}: {reason}")]
    MasterKey {
        /// The file.
        path: String,
        /// What is wrong, and what to do.
        reason: String,
    },

    /// What the key store holds makes no sense.
    #[error("the key store is damaged: {0}")]
    Corrupt(String),

    /// The key database has no tables yet.
    #[error("the schema keys is not there or has no tables: run `casetrail migrate`")]
    NotMigrated,

    /// The key database was written by a newer version of this program.
    #[error("the key database has schema {found}, this program knows up to {known}; start the newer program")]
    NewerSchema {
        /// The version found.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },

    /// The key store cannot be reached or written; trying again may help.
    #[error("the key store is unavailable: {0}")]
    Unavailable(String),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Corrupt(error.to_string()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}
