//! Stopping in order: leaving, while everything still works and balancers look away; a soft signal to finish
//! what is in hand, a hard one to drop it, and a deadline.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// Shared by everything that runs. Clones are the same shutdown.
#[derive(Debug, Clone)]
pub struct Shutdown {
    leaving: CancellationToken,
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
}

impl Default for Shutdown {
    fn default() -> Self {
        let soft = CancellationToken::new();
        // Whoever stops leaves as well; whoever leaves works on.
        let leaving = soft.child_token();
        Self { leaving, soft, hard: CancellationToken::new(), tasks: TaskTracker::new() }
    }
}

impl Shutdown {
    /// Nothing is stopping yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when callers should look for another replica; what they still ask is answered.
    pub fn leaving(&self) -> &CancellationToken {
        &self.leaving
    }

    /// Cancelled when no new work should begin.
    pub fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// Cancelled when work in hand should be dropped.
    pub fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// Runs a task that keeps the caller's span and is waited for at the end.
    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tasks.spawn(task.in_current_span())
    }

    /// Runs a background task that is dropped at the hard signal at the latest.
    pub fn spawn_background<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hard = self.hard.clone();
        self.tasks.spawn(
            async move {
                tokio::select! {
                    () = hard.cancelled() => {}
                    () = task => {}
                }
            }
            .in_current_span(),
        );
    }

    /// Says that this process leaves, and works on for `delay`: until every balancer has seen it. On real time:
    /// it waits for others.
    pub async fn leave(&self, delay: Duration) {
        self.leaving.cancel();
        tokio::time::sleep(delay).await;
    }

    /// Asks everybody to finish, waits up to `drain`, then drops the rest. Returns whether everything
    /// ended by itself.
    pub async fn stop(&self, drain: Duration) -> bool {
        self.soft.cancel();
        self.tasks.close();
        let finished = tokio::time::timeout(drain, self.tasks.wait()).await.is_ok();
        self.hard.cancel();
        if !finished {
            // Everything that listens to the hard signal ends at its next step.
            let _ = tokio::time::timeout(Duration::from_secs(1), self.tasks.wait()).await;
        }
        finished
    }
}

/// Returns at Ctrl-C or SIGTERM.
pub async fn signal() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(terminate) => terminate,
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be listened to; only Ctrl-C stops the program");
            let _ = tokio::signal::ctrl_c().await;
            return;
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_in_hand_is_finished_and_stragglers_are_dropped_at_the_deadline() {
        let shutdown = Shutdown::new();
        let soft = shutdown.soft().clone();
        let finished = shutdown.spawn(async move { soft.cancelled().await });
        shutdown.spawn_background(std::future::pending());
        assert!(!shutdown.stop(Duration::from_millis(20)).await);
        finished.await.unwrap();
        assert!(shutdown.hard().is_cancelled());
    }
}
