//! The one process that may write a log's file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::open_error::OpenError;

/// Held by the one process that may write; the operating system lets go of it when the process ends,
/// however it ends.
pub(super) struct WriterLock {
    _held: File,
}

impl WriterLock {
    /// Takes the lock of the log at `path`, or says who has it.
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // A superuser may write where the permissions say that nothing is to be written. Respect them.
        for place in [folder, path] {
            if std::fs::metadata(place).is_ok_and(|found| found.permissions().readonly()) {
                let reason = "it is marked read-only".to_owned();
                return Err(OpenError::NotWritable { path: place.to_owned(), reason });
            }
        }
        let lock_path = beside(path, ".lock");
        let not_writable = |error: std::io::Error| OpenError::NotWritable {
            path: folder.to_owned(),
            reason: error.to_string(),
        };
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(lock_path)
            .map_err(not_writable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse { path: path.to_owned(), holder: holder(&mut lock) });
            }
            Err(TryLockError::Error(error)) => return Err(not_writable(error)),
        }
        lock.set_len(0).map_err(not_writable)?;
        lock.rewind().map_err(not_writable)?;
        writeln!(lock, "{}", std::process::id()).map_err(not_writable)?;
        Ok(Self { _held: lock })
    }
}

/// The process that wrote its number into the lock file.
fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    match lock.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => format!("process {}", text.trim()),
        _ => "another process".to_owned(),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
