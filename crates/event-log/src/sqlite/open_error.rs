//! Why a file is not opened, each with what to do about it.

use std::path::PathBuf;

/// Why a file was not opened. Nothing in it has been changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder cannot be written, or the folder is not there.
    #[error("{path} cannot be written: {reason}; give this user the right to write there, or use another folder", path = path.display())]
    NotWritable {
        /// What cannot be written.
        path: PathBuf,
        /// The operating system's reason.
        reason: String,
    },
    /// Another process has it open for writing.
    #[error("{path} is being written by {holder}: stop it, or use another folder", path = path.display())]
    InUse {
        /// The log's file.
        path: PathBuf,
        /// Who holds it, as far as it is known.
        holder: String,
    },
    /// There is no such file.
    #[error("{path} does not exist: name the file of an event log", path = path.display())]
    Missing {
        /// The file asked for.
        path: PathBuf,
    },
    /// A newer program wrote the file.
    #[error("{path} was written by a newer version of this program (its schema is {found}, this one knows {known}): use the newer one", path = path.display())]
    Newer {
        /// The log's file.
        path: PathBuf,
        /// The schema version in the file.
        found: i64,
        /// The newest schema version this program knows.
        known: i64,
    },
    /// The file holds something else.
    #[error("{path} is not an event log: {reason}", path = path.display())]
    NotALog {
        /// The file asked for.
        path: PathBuf,
        /// What was found instead.
        reason: String,
    },
    /// The file is an event log that has lost its protection.
    #[error("{path} is not protected: its trigger {trigger} is gone; restore the file from a backup, or verify it", path = path.display())]
    Unprotected {
        /// The log's file.
        path: PathBuf,
        /// The first trigger that is missing.
        trigger: &'static str,
    },
    /// SQLite runs with a setting under which an acknowledged append could be lost.
    #[error(
        "{setting} is {found} but must be {required}: an acknowledged append could be lost; use a local disk"
    )]
    Unsafe {
        /// The setting.
        setting: &'static str,
        /// What SQLite says it is.
        found: String,
        /// What it has to be.
        required: &'static str,
    },
    /// The database failed in another way.
    #[error("{path} could not be opened: {reason}", path = path.display())]
    Database {
        /// The log's file.
        path: PathBuf,
        /// The database's reason.
        reason: String,
    },
}
