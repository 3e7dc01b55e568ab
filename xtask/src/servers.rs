//! The servers that the tests run against: found or installed, started once, shared by all tests.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process::{ask, install};
use crate::tools;
use crate::workshop::Workshop;

/// Names a `nats-server` program for `crates/scratch`.
pub(crate) const NATS_SERVER_VARIABLE: &str = "CASETRAIL_NATS_SERVER";
/// Names an old one, which must work as well.
const OLD_NATS_SERVER_VARIABLE: &str = "CASETRAIL_TEST_OLD_NATS_SERVER";
/// Names a `clamd` program for `crates/scratch`.
const CLAMD_VARIABLE: &str = "CASETRAIL_CLAMD";
/// Where Debian keeps `clamd`, which only root's PATH leads to.
const DEBIAN_CLAMD: &str = "/usr/sbin/clamd";
/// Where Debian keeps Postgres, a folder for each version.
const DEBIAN_POSTGRES: &str = "/usr/lib/postgresql";

/// A throw-away Postgres and nats-server. They end with this process.
pub(crate) struct Servers {
    child: Child,
    /// What the tests find them by.
    pub(crate) environment: BTreeMap<String, String>,
}

impl Servers {
    /// Finds or installs what is needed, and starts both. `python` is the one with the test requirements.
    pub(crate) fn start(workshop: &Workshop, python: &std::path::Path) -> Result<Self> {
        require_postgres(workshop)?;
        let nats = python.with_file_name("nats-server");
        let old_nats = old_nats_server(workshop)?;
        let clamd = clamd(workshop)?;
        let mut environment = BTreeMap::from([
            (NATS_SERVER_VARIABLE.to_owned(), nats.display().to_string()),
            (OLD_NATS_SERVER_VARIABLE.to_owned(), old_nats.display().to_string()),
            (CLAMD_VARIABLE.to_owned(), clamd.display().to_string()),
        ]);
        let mut cargo = workshop.cargo();
        cargo.args(["run", "--quiet", "--locked", "--package", "scratch"]).envs(&environment);
        let mut child = cargo
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the servers of the tests cannot be started")?;
        let stdout = child.stdout.take().context("their output")?;
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            if line == "ready" {
                return Ok(Self { child, environment });
            }
            if let Some((name, value)) = line.split_once('=') {
                environment.insert(name.to_owned(), value.to_owned());
            }
        }
        bail!("the servers of the tests did not start: see the message above")
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // Its end of input is how it is told to stop.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Postgres, installed if this may be done here.
pub(crate) fn require_postgres(workshop: &Workshop) -> Result<()> {
    let is_there = || {
        let debian = std::fs::read_dir(DEBIAN_POSTGRES).into_iter().flatten().flatten();
        std::env::var_os("CASETRAIL_POSTGRES_BIN").is_some()
            || debian.map(|version| version.path().join("bin/initdb")).any(|initdb| initdb.is_file())
            || ask(workshop.command("initdb").arg("--version")).is_some()
    };
    if is_there() {
        return Ok(());
    }
    let how = "the tests need Postgres 15 or newer (initdb, postgres): `apt install postgresql`, \
               `brew install postgresql`; or name its folder in CASETRAIL_POSTGRES_BIN";
    if ask(Command::new("id").arg("-u")).as_deref() != Some("0") {
        bail!("{how}");
    }
    println!("Postgres is not here: installing it, once.");
    install(workshop.command("apt-get").args(["update", "--quiet"])).context(how)?;
    let mut apt = workshop.command("apt-get");
    apt.args(["install", "--yes", "--quiet", "--no-install-recommends", "postgresql"]);
    install(apt.env("DEBIAN_FRONTEND", "noninteractive")).context(how)?;
    if is_there() { Ok(()) } else { bail!("{how}") }
}

/// An old nats-server, from Debian's package, unpacked and not installed.
fn old_nats_server(workshop: &Workshop) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(OLD_NATS_SERVER_VARIABLE) {
        return Ok(PathBuf::from(named));
    }
    let how = format!(
        "the tests also run against an old nats-server, 2.9, which Debian 12 has as a package \
         (`apt-get download nats-server`); elsewhere name one in {OLD_NATS_SERVER_VARIABLE}"
    );
    tools::from_debian(workshop, "nats-server", "nats-2.9", "usr/sbin/nats-server", &how)
}

/// ClamAV's daemon: the tests bring a signature of their own, so that none has to be fetched.
fn clamd(workshop: &Workshop) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(CLAMD_VARIABLE) {
        return Ok(PathBuf::from(named));
    }
    if ask(workshop.command("clamd").arg("--version")).is_some() {
        return Ok(PathBuf::from("clamd"));
    }
    let installed = PathBuf::from(DEBIAN_CLAMD);
    if installed.is_file() {
        return Ok(installed);
    }
    let how = format!(
        "files are scanned by ClamAV in the tests: `apt install clamav-daemon`, `brew install clamav`; or name \
         the program clamd in {CLAMD_VARIABLE}"
    );
    tools::with_what_it_needs(workshop, "clamav-daemon", "clamav", "usr/sbin/clamd", &how)
}
