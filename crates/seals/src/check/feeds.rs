//! Events and seals one after the other, read in pages.

use std::collections::VecDeque;

use event_log::{Committed, Error as LogError, EventLog};

use crate::store::SealStore;
use crate::{Error, Seal};

/// Events read at a time.
const EVENTS: usize = 1_000;
/// Seals read at a time.
const SEALS: usize = 256;

/// The next event, or why there is none.
pub(super) enum Next {
    Event(Box<Committed>),
    End,
    /// What stands behind the last event that was read cannot be one.
    Unreadable(String),
}

/// Walks the log in order of position.
pub(super) struct Events<'a> {
    log: &'a dyn EventLog,
    page: VecDeque<Committed>,
    read_to: u64,
    page_size: usize,
    has_ended: bool,
}

impl<'a> Events<'a> {
    pub(super) fn after(log: &'a dyn EventLog, position: u64) -> Self {
        Self { log, page: VecDeque::new(), read_to: position, page_size: EVENTS, has_ended: false }
    }

    pub(super) async fn next(&mut self) -> Result<Next, LogError> {
        loop {
            if let Some(event) = self.page.pop_front() {
                return Ok(Next::Event(Box::new(event)));
            }
            if self.has_ended {
                return Ok(Next::End);
            }
            match self.log.read_all(self.read_to, self.page_size).await {
                Ok(page) => {
                    self.has_ended = page.len() < self.page_size;
                    self.read_to = page.last().map_or(self.read_to, |last| last.position);
                    self.page = page.into();
                }
                Err(LogError::Corrupt(reason)) if self.page_size == 1 => return Ok(Next::Unreadable(reason)),
                // One of the page: the ones before it read.
                Err(LogError::Corrupt(_)) => self.page_size = 1,
                Err(error) => return Err(error),
            }
        }
    }
}

/// Walks the seals of one place in order of position.
pub(super) struct Seals<'a> {
    store: &'a dyn SealStore,
    page: VecDeque<Seal>,
    next_from: u64,
    has_ended: bool,
}

impl<'a> Seals<'a> {
    pub(super) fn from(store: &'a dyn SealStore, position: u64) -> Self {
        Self { store, page: VecDeque::new(), next_from: position, has_ended: false }
    }

    pub(super) fn place(&self) -> &str {
        self.store.place()
    }

    /// The next seal, which is not taken.
    pub(super) async fn peek(&mut self) -> Result<Option<&Seal>, Error> {
        if self.page.is_empty() && !self.has_ended {
            let page = self.store.range(self.next_from, u64::MAX, SEALS).await?;
            self.has_ended = page.len() < SEALS;
            self.next_from = page.last().map_or(self.next_from, |last| last.to.saturating_add(1));
            self.page = page.into();
        }
        Ok(self.page.front())
    }

    /// Takes the next seal if it covers `position`.
    pub(super) async fn covering(&mut self, position: u64) -> Result<Option<Seal>, Error> {
        let covers = self.peek().await?.is_some_and(|seal| seal.covers(position));
        Ok(if covers { self.page.pop_front() } else { None })
    }
}
