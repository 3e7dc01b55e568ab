//! A server as a child process: its output in a file, its end certain.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Error;

/// How long a server may take to answer after it was started.
const START: Duration = Duration::from_secs(30);
/// How long it may take to end when it is asked to.
const STOP: Duration = Duration::from_secs(30);

/// A running server; killed when dropped.
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    output: PathBuf,
}

impl Server {
    pub(crate) fn spawn(name: &'static str, command: &mut Command, output: &Path) -> Result<Self, Error> {
        let failed = |source| Error::System { what: format!("{name} could not be run"), source };
        let log = File::options().create(true).append(true).open(output).map_err(failed)?;
        let errors = log.try_clone().map_err(failed)?;
        let child = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn().map_err(failed)?;
        Ok(Self { name, child, output: output.to_owned() })
    }

    /// Asks `is_ready` until it says so.
    pub(crate) async fn wait_until_ready(&mut self, is_ready: impl AsyncFn() -> bool) -> Result<(), Error> {
        self.wait_within(START, is_ready).await
    }

    /// Likewise, for a server that may take so long.
    pub(crate) async fn wait_within(
        &mut self,
        limit: Duration,
        is_ready: impl AsyncFn() -> bool,
    ) -> Result<(), Error> {
        let started = Instant::now();
        let output = self.output.clone();
        let failed = |reason: String| Error::NotStarted { server: self.name, reason, output };
        loop {
            if is_ready().await {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(failed(format!("it ended with {status}")));
            }
            if started.elapsed() > limit {
                return Err(failed(format!("it did not answer within {} s", limit.as_secs())));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, such as `INT`.
    pub(crate) fn signal(&self, signal: &str) -> Result<(), Error> {
        let sent = Command::new("kill").args(["-s", signal, &self.id().to_string()]).status();
        sent.map(drop).map_err(|source| Error::System { what: format!("kill -s {signal}"), source })
    }

    /// Sends a signal and waits for the end; kills it when that takes too long.
    pub(crate) async fn end(mut self, signal: &str) -> Result<(), Error> {
        self.signal(signal)?;
        let asked = Instant::now();
        while asked.elapsed() < STOP {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already, perhaps: both calls then do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> Result<u16, Error> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    free.map(|address| address.port())
        .map_err(|source| Error::System { what: "no free port".to_owned(), source })
}
