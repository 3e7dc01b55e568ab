//! Whether this process can do its work: what it needs from outside answers.
//!
//! Readiness follows the answers with hysteresis, so that one lost packet takes nobody out of service and
//! a flapping server does not flap us. Liveness asks nobody: a process that waits for its database must
//! not be killed for it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use tokio::sync::watch;

use crate::shutdown::Shutdown;

/// How often everything is asked. On real time: it looks at real servers, whatever a test's clock says.
const EVERY: Duration = Duration::from_millis(500);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// Failed answers in a row after which something counts as away, and good ones until it is back.
const IN_A_ROW: u32 = 2;

/// Something outside that this process needs.
#[async_trait]
pub trait Dependency: Send + Sync + 'static {
    /// What it is called: `postgres`, `nats`.
    fn name(&self) -> &'static str;
    /// Asks it for a sign of life.
    ///
    /// # Errors
    /// Why there is none, without secrets.
    async fn check(&self) -> Result<(), String>;
}

/// What is known about everything that this process needs. Clones follow the same state.
#[derive(Debug, Clone)]
pub struct Readiness {
    state: watch::Receiver<State>,
}

/// The state of everything, as it was last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct State(Vec<Standing>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    name: &'static str,
    /// Why it counts as away; `None` while it counts as there.
    away: Option<String>,
    /// Answers in a row that say otherwise.
    doubts: u32,
}

impl Standing {
    /// Takes an answer in. What counts changes only after some in a row that say so.
    fn hear(&mut self, answer: Result<(), String>) {
        if answer.is_err() == self.away.is_some() {
            self.doubts = 0;
            if answer.is_err() {
                self.away = answer.err();
            }
            return;
        }
        self.doubts += 1;
        if self.doubts < IN_A_ROW {
            return;
        }
        self.doubts = 0;
        match &answer {
            Ok(()) => tracing::warn!(dependency = self.name, "it answers again"),
            Err(problem) => tracing::error!(dependency = self.name, problem, "it does not answer: not ready"),
        }
        self.away = answer.err();
    }
}

impl Readiness {
    /// Ready, for a process that needs nobody.
    pub fn always() -> Self {
        Self { state: watch::channel(State::default()).1 }
    }

    /// Asks everything again and again until shutdown. They count as there until they are found away:
    /// a process that has started has just used them.
    pub fn follow(dependencies: Vec<Arc<dyn Dependency>>, shutdown: &Shutdown) -> Self {
        let standings = dependencies.iter().map(|one| Standing { name: one.name(), away: None, doubts: 0 });
        let (published, state) = watch::channel(State(standings.collect()));
        let soft = shutdown.soft().clone();
        shutdown.spawn_background(async move {
            loop {
                tokio::select! {
                    () = soft.cancelled() => return,
                    () = tokio::time::sleep(EVERY) => {}
                }
                let answers = join_all(dependencies.iter().map(|one| ask(one.as_ref()))).await;
                published.send_if_modified(|state| {
                    let before = state.clone();
                    for (standing, answer) in state.0.iter_mut().zip(answers) {
                        standing.hear(answer);
                    }
                    *state != before
                });
            }
        });
        Self { state }
    }

    /// Whether everything is there.
    pub fn is_ready(&self) -> bool {
        self.state.borrow().0.iter().all(|one| one.away.is_none())
    }

    /// A line for each thing, for people and probes.
    pub fn describe(&self) -> String {
        let line = |one: &Standing| match &one.away {
            None => format!("{}: ok\n", one.name),
            Some(problem) => format!("{}: {problem}\n", one.name),
        };
        self.state.borrow().0.iter().map(line).collect()
    }

    /// Waits until something is known that was not before; never ends for [`always`](Self::always).
    pub async fn changed(&mut self) {
        if self.state.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

async fn ask(dependency: &dyn Dependency) -> Result<(), String> {
    let answer = tokio::time::timeout(PATIENCE, dependency.check()).await;
    answer.unwrap_or_else(|_| Err(format!("no answer within {} ms", PATIENCE.as_millis())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing() -> Standing {
        Standing { name: "postgres", away: None, doubts: 0 }
    }

    #[test]
    fn one_lost_answer_changes_nothing_two_do_and_two_good_ones_change_it_back() {
        let mut it = standing();
        let lost = || Err("no answer".to_owned());
        it.hear(lost());
        it.hear(Ok(()));
        it.hear(lost());
        assert_eq!(it.away, None, "one at a time is not in a row");
        it.hear(lost());
        assert_eq!(it.away.as_deref(), Some("no answer"));
        it.hear(Ok(()));
        assert!(it.away.is_some());
        it.hear(Ok(()));
        assert_eq!(it.away, None);
    }

    #[test]
    fn the_latest_reason_is_told() {
        let mut it = standing();
        for problem in ["refused", "refused", "no route"] {
            it.hear(Err(problem.to_owned()));
        }
        let state = watch::channel(State(vec![it])).1;
        let readiness = Readiness { state };
        assert!(!readiness.is_ready());
        assert_eq!(readiness.describe(), "postgres: no route\n");
        assert!(Readiness::always().is_ready());
    }
}
