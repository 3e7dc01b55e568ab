//! What callers asked and were answered, and what was found wrong: the checker reads it at the end.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use uuid::Uuid;

/// A command that a caller sent, again and again with the same id until it was answered.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) id: Uuid,
    pub(crate) verb: &'static str,
    pub(crate) answer: Option<Answer>,
}

/// What the caller was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is done: in this case, which stood at this version then.
    Done { case: Uuid, version: u64 },
    /// No, for this reason.
    Refused(String),
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Violation {
    /// Which invariant, such as `I1`.
    pub(crate) invariant: &'static str,
    pub(crate) what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// How often something happened.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

/// Everything that callers know. Shared by all of them.
#[derive(Default)]
pub(crate) struct Record {
    commands: Mutex<Vec<Command>>,
    violations: Mutex<Vec<Violation>>,
    counts: Mutex<Counts>,
    is_faulty: AtomicBool,
}

impl Record {
    /// Says whether a fault lasts at the moment.
    pub(crate) fn set_faulty(&self, is_faulty: bool) {
        self.is_faulty.store(is_faulty, Ordering::Relaxed);
    }

    /// Keeps a command: answered, or given up.
    pub(crate) fn keep(&self, command: Command) {
        let word = match command.answer {
            Some(Answer::Done { .. }) if self.is_faulty.load(Ordering::Relaxed) => "done under faults",
            Some(Answer::Done { .. }) => "done in calm",
            Some(Answer::Refused(_)) => "refused",
            None => "never answered",
        };
        self.count(word);
        self.commands.lock().unwrap().push(command);
    }

    pub(crate) fn count(&self, what: &'static str) {
        *self.counts.lock().unwrap().entry(what).or_default() += 1;
    }

    pub(crate) fn violation(&self, invariant: &'static str, what: impl Into<String>) {
        let violation = Violation { invariant, what: what.into() };
        // At once: what it was about is still to be looked at.
        eprintln!("VIOLATION: {violation}");
        self.violations.lock().unwrap().push(violation);
    }

    pub(crate) fn commands(&self) -> Vec<Command> {
        self.commands.lock().unwrap().clone()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts.lock().unwrap().clone()
    }

    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.violations.lock().unwrap().clone()
    }
}
