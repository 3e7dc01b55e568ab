//! A system that leaves out some of what protects personal data, so that a benchmark can tell what it costs.
//!
//! There is no setting for it: only [`start_unprotected`](crate::start_unprotected) takes one of these, and it
//! refuses wherever somebody's data could be. Services as processes of their own cannot be started so at all.

use std::path::Path;

use service_kit::server::{Mode, ServerConfig};

/// What is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unprotected {
    /// Personal texts are recorded as they are.
    pub without_sealing: bool,
    /// Card data is not looked for. It holds for the whole process, for as long as it lives.
    pub without_masking: bool,
}

/// Why nothing may be left out here.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    /// The process is for players.
    #[error("grpc.mode is production: nothing that protects personal data can be left out")]
    Production,
    /// Others could send something.
    #[error(
        "{0} is not on loopback: only a benchmark on this machine leaves out what protects personal data"
    )]
    Reachable(&'static str),
    /// There may be data of somebody.
    #[error("the data folder has a log: only one that is made for a benchmark goes without protection")]
    NotFresh,
    /// It cannot be marked as what it is.
    #[error("the data folder cannot be written: {0}")]
    NotMarked(String),
    /// A benchmark wrote it.
    #[error(
        "the data folder was written by a benchmark without protection: delete it, and begin with another one"
    )]
    WasUnprotected,
}

/// Lies in a folder that was written without protection: erasing a player would erase nothing there.
const MARK: &str = "unprotected";

impl Unprotected {
    /// Refuses where somebody's data is, or could come from.
    pub(crate) fn check(config: &ServerConfig, data: &Path) -> Result<(), Refused> {
        if config.mode == Mode::Production {
            return Err(Refused::Production);
        }
        for (key, address) in [("grpc.address", config.address), ("grpc.http_address", config.http_address)] {
            if !address.ip().is_loopback() {
                return Err(Refused::Reachable(key));
            }
        }
        if data.join("log.db").exists() || data.join("keys.db").exists() {
            return Err(Refused::NotFresh);
        }
        Ok(())
    }

    /// Marks the folder, which nobody then takes for another one.
    pub(crate) fn mark(data: &Path) -> Result<(), Refused> {
        std::fs::write(data.join(MARK), "").map_err(|error| Refused::NotMarked(error.to_string()))
    }

    /// Refuses a folder that was marked.
    pub(crate) fn check_folder(data: &Path) -> Result<(), Refused> {
        if data.join(MARK).exists() { Err(Refused::WasUnprotected) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn refused(overrides: &[&str], data: &Path) -> Option<Refused> {
        let config = Config::from_overrides(overrides).unwrap();
        Unprotected::check(&config.grpc, data).err()
    }

    #[test]
    fn nothing_is_left_out_where_somebodys_data_could_be() {
        let fresh = tempfile::tempdir().unwrap();
        assert_eq!(refused(&[], fresh.path()), None);
        assert_eq!(refused(&["[grpc]\nmode = 'production'"], fresh.path()), Some(Refused::Production));
        for key in ["address", "http_address"] {
            let open = format!("[grpc]\n{key} = '0.0.0.0:0'");
            let reachable = refused(&[&open], fresh.path());
            assert!(matches!(reachable, Some(Refused::Reachable(named)) if named.ends_with(key)), "{key}");
        }
        for file in ["log.db", "keys.db"] {
            let used = tempfile::tempdir().unwrap();
            std::fs::write(used.path().join(file), "").unwrap();
            assert_eq!(refused(&[], used.path()), Some(Refused::NotFresh), "{file}");
        }
    }

    #[test]
    fn a_folder_that_was_written_without_protection_is_never_anybodys() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Unprotected::check_folder(folder.path()), Ok(()));
        Unprotected::mark(folder.path()).unwrap();
        assert_eq!(Unprotected::check_folder(folder.path()), Err(Refused::WasUnprotected));
    }
}
