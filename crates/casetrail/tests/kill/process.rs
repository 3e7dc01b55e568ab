//! The real program as a child process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tonic::transport::Channel;

const PROGRAM: &str = env!("CARGO_BIN_EXE_casetrail");

fn dev(data: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("dev").arg("--data").arg(data);
    command.args(["--json", "--port", "0", "--http-port", "0", "--gateway-port", "0"]);
    command
}

/// `casetrail dev`, running. Dropping it kills it.
pub(crate) struct Dev {
    process: Child,
    grpc: String,
    /// Where it leaves mails and webhooks.
    pub(crate) outbox: PathBuf,
}

impl Dev {
    /// Starts it over this folder and returns once it serves.
    pub(crate) fn start(data: &Path) -> Self {
        let mut process = dev(data).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("it should say where it listens, not '{line}': {error}"));
        let grpc = ready["grpc"].as_str().unwrap().to_owned();
        let outbox = ready["outbox"].as_str().unwrap().into();
        Self { process, grpc, outbox }
    }

    /// Runs it where it cannot start, to its end.
    pub(crate) fn refused(data: &Path) -> Output {
        dev(data).output().unwrap()
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// A connection of one's own.
    pub(crate) async fn connect(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.grpc)).unwrap().connect().await.unwrap()
    }

    /// SIGKILL: nothing is flushed, nobody is told.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `casetrail verify` over the folder of a process that has ended.
pub(crate) fn verify(data: &Path) -> Output {
    Command::new(PROGRAM).arg("verify").arg("--data").arg(data).output().unwrap()
}
