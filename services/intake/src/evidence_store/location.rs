//! The folder or bucket that the files lie in, by its setting.

use std::path::Path;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use super::s3;

/// Opens the place; a folder is made if need be.
///
/// # Errors
/// Says why it cannot be used.
pub(super) fn open(location: &str, data: &Path) -> Result<Arc<dyn ObjectStore>, String> {
    if location.starts_with("s3://") { s3::open(location) } else { folder(&data.join(location)) }
}

fn folder(folder: &Path) -> Result<Arc<dyn ObjectStore>, String> {
    let problem = |error: &dyn std::fmt::Display| {
        format!("{} cannot be used: {error}; name a folder that can be written", folder.display())
    };
    std::fs::create_dir_all(folder).map_err(|error| problem(&error))?;
    let files = LocalFileSystem::new_with_prefix(folder).map_err(|error| problem(&error))?;
    // The fact that a file arrived must not outlive the file in a power cut.
    Ok(Arc::new(files.with_fsync(true).with_automatic_cleanup(true)))
}
