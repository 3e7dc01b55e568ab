//! The data folder: made if it is not there, refused with a reason if it cannot be used.

use std::path::{Path, PathBuf};

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the data folder {path} cannot be written: {source}; choose another one with --data, or change its rights"
)]
pub struct DataError {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

/// Makes the folder, proves that files can be made in it, and gives its absolute path.
pub(crate) fn prepare(folder: &Path) -> Result<PathBuf, DataError> {
    let refused = |source| DataError { path: folder.to_owned(), source };
    let folder = std::path::absolute(folder).map_err(refused)?;
    let probe = folder.join(".write-probe");
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&probe, b""))
        .and_then(|()| std::fs::remove_file(&probe))
        .map_err(refused)?;
    Ok(folder)
}
