//! SIGHUP: the configuration is read again, and what can safely change while it runs does: [`RELOADED`]. A file
//! that is wrong changes nothing, and says so; what needs a new start is named.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::{ConfigError, Tables};
use crate::telemetry::{Telemetry, TelemetryConfig};

/// The settings that SIGHUP reloads; all others are read once, at the start.
pub const RELOADED: &[&str] = &["telemetry.log_filter", "telemetry.sample_ratio"];

/// A configuration that was read and found right, and what of it can change.
pub struct Read {
    /// Every setting.
    pub tables: Tables,
    /// The telemetry's.
    pub telemetry: TelemetryConfig,
}

/// Waits for SIGHUP, which from now on no longer ends the process.
pub struct Reload<F> {
    hangups: Signal,
    read: F,
    tables: Tables,
    telemetry: Telemetry,
}

impl<F: FnMut() -> Result<Read, ConfigError>> Reload<F> {
    /// `read` reads and checks the whole configuration, as at the start; `tables` is what was read then.
    ///
    /// # Errors
    /// The system lets nobody listen to signals.
    pub fn new(tables: Tables, telemetry: Telemetry, read: F) -> std::io::Result<Self> {
        Ok(Self { hangups: signal(SignalKind::hangup())?, read, tables, telemetry })
    }

    /// Reloads at every SIGHUP, without end.
    pub async fn run(mut self) {
        while self.hangups.recv().await.is_some() {
            if let Err(problem) = self.once() {
                tracing::error!(%problem, "the configuration was not reloaded; the old settings stay");
            }
        }
    }

    fn once(&mut self) -> Result<(), anyhow::Error> {
        let Read { tables, telemetry } = (self.read)()?;
        let changed = tables.changed(&self.tables)?;
        self.telemetry.change(&telemetry)?;
        self.tables = tables;
        let (reloaded, start): (Vec<String>, Vec<String>) =
            changed.into_iter().partition(|key| RELOADED.contains(&key.as_str()));
        if start.is_empty() {
            tracing::info!(reloaded = reloaded.join(" "), "the configuration was reloaded");
        } else {
            let (reloaded, needs_restart) = (reloaded.join(" "), start.join(" "));
            tracing::warn!(reloaded, needs_restart, "the configuration was reloaded, but not all of it");
        }
        Ok(())
    }
}
