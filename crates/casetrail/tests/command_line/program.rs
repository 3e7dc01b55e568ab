//! The real program as a child process.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_casetrail");
/// How long something that follows may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    let output = command(arguments).output().unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Nothing of the surroundings counts.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CASETRAIL")) {
        command.env_remove(name);
    }
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").args(arguments);
    command
}

/// An address where nobody listens.
pub(crate) fn port_of_nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A process that is killed when it is dropped.
pub(crate) struct Running(Child);

impl Running {
    /// What it writes.
    pub(crate) fn take_output(&mut self) -> ChildStdout {
        self.0.stdout.take().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `casetrail dev`, running.
pub(crate) struct Dev {
    process: Running,
    grpc: String,
}

impl Dev {
    /// Starts it over this folder and returns once it serves.
    pub(crate) fn start(data: &Path, port: &str) -> Self {
        Self::start_as(&["dev"], data, port)
    }

    /// Starts it by these words.
    pub(crate) fn start_as(words: &[&str], data: &Path, port: &str) -> Self {
        let ports = ["--port", port, "--http-port", "0", "--gateway-port", "0", "--data"];
        let arguments = [&["--json"], words, &ports].concat();
        let mut process = Running(command(&arguments).arg(data).stdout(Stdio::piped()).spawn().unwrap());
        let mut line = String::new();
        BufReader::new(process.take_output()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self { process, grpc: ready["grpc"].as_str().unwrap().to_owned() }
    }

    /// The port it serves on.
    pub(crate) fn port(&self) -> String {
        self.grpc.rsplit(':').next().unwrap().to_owned()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process.0.kill().unwrap();
        self.process.0.wait().unwrap();
    }

    fn addressed<'a>(server: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
        [&["--server", server, "--timeout", "30s"], arguments].concat()
    }

    /// Runs a command against it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let server = format!("http://{}", self.grpc);
        run(&Self::addressed(&server, arguments))
    }

    /// Starts a command against it that goes on.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Running {
        let server = format!("http://{}", self.grpc);
        let mut command = command(&Self::addressed(&server, arguments));
        Running(command.stdout(Stdio::piped()).spawn().unwrap())
    }

    /// Runs a command that must succeed, and reads its JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.run(&[&["--json"], arguments].concat());
        assert_eq!(ended.code, 0, "{ended:?}");
        serde_json::from_str(&ended.out).unwrap()
    }

    /// Runs a command again and again until its output is as wanted.
    pub(crate) fn until(&self, arguments: &[&str], wanted: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let ended = self.run(arguments);
            assert_eq!(ended.code, 0, "{ended:?}");
            if wanted(&ended.out) {
                return ended.out;
            }
            assert!(begun.elapsed() < PATIENCE, "{arguments:?} still says {ended:?}");
        }
    }
}
