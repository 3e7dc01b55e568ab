//! A real SMTP server for tests: aiosmtpd as a child process, each accepted message a file.
//!
//! It needs a Python with aiosmtpd, which `cargo xtask test` installs and names in
//! `CASETRAIL_TEST_PYTHON`. Without it a test that needs the server fails and says so; it is never skipped.
//! Uses std alone, so that a test of any crate can take it in:
//! `#[path = "../../../tests/support/smtp.rs"] mod smtp;`

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The server; given to Python whole, so that this file may be taken in from any folder.
const SERVER: &str = include_str!("smtp_server.py");
const PYTHON_VARIABLE: &str = "CASETRAIL_TEST_PYTHON";
/// An interpreter starts in well under a second; on a loaded machine it may take longer.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running server. Dropping it stops it; so does the end of the test's process, however that comes.
#[derive(Debug)]
pub(crate) struct SmtpServer {
    process: Child,
    folder: PathBuf,
    port: u16,
    lines: Receiver<String>,
}

/// A message the server accepted.
#[derive(Debug)]
pub(crate) struct ReceivedMail {
    /// Headers and body exactly as they were transferred.
    pub(crate) content: Vec<u8>,
    /// The envelope as JSON: `{"from": "...", "to": ["..."]}`.
    pub(crate) envelope: String,
}

impl SmtpServer {
    /// Starts a server on a free port of 127.0.0.1 that stores into `folder`, and waits until it accepts.
    ///
    /// # Panics
    /// When the server cannot be had or does not start: the test cannot say anything without it.
    pub(crate) fn start(folder: &Path) -> Self {
        let python = std::env::var_os(PYTHON_VARIABLE).unwrap_or_else(|| {
            panic!(
                "{PYTHON_VARIABLE} is not set, so there is no SMTP server to test against: run `cargo xtask \
                 test` (`--only tests` is enough), which installs one and sets it"
            )
        });
        let mut process = Command::new(&python)
            .args(["-c", SERVER])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("cannot start {}: {error}; run `cargo xtask test`", python.display())
            });
        let stdout = process.stdout.take().expect("stdout was piped");
        let (sender, lines) = channel();
        // Ends with the server: its output is then at its end.
        std::thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let mut server = Self { process, folder: folder.to_path_buf(), port: 0, lines };
        server.port = server.next_line("ready ", START_LIMIT).parse().expect("a port after `ready`");
        server
    }

    /// The port it accepts on, at 127.0.0.1, without TLS or login.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The next message in the order of arrival, which is stored before its sender hears of it.
    ///
    /// # Panics
    /// When none comes within `limit`.
    pub(crate) fn next_mail(&self, limit: Duration) -> ReceivedMail {
        let name = self.next_line("message ", limit);
        let read = |extension: &str| {
            let path = self.folder.join(&name).with_extension(extension);
            std::fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
        };
        let envelope = String::from_utf8(read("json")).expect("the server writes JSON in UTF-8");
        ReceivedMail { content: read("eml"), envelope }
    }

    fn next_line(&self, prefix: &str, limit: Duration) -> String {
        let line = self.lines.recv_timeout(limit).unwrap_or_else(|error| {
            panic!(
                "the SMTP server did not say `{prefix}...` within {limit:?} ({error}); its errors are above"
            )
        });
        line.strip_prefix(prefix).unwrap_or_else(|| panic!("`{prefix}...` expected, not `{line}`")).to_owned()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
