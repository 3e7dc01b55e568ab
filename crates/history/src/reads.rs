//! Who read what of whom: every answer that shows a player's texts is written down, and whoever opens more cases
//! than anybody can work on is stopped.
//!
//! A case that is read masked, or stands in a list, is written down too and counts for nothing: none of its texts are
//! shown.
//!
//! A read must not wait for a write: rows are kept for a moment and written together, in the service's own schema.
//! A process that dies loses the last moment's. An agent's cases are counted over all services: each learns of the
//! others' reads with every write of its own.

mod notes;
mod pace;
mod rows;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use case::{Actor, ActorKind, Case};
use jiff::Timestamp;
use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use service_kit::masked::PURPOSE_KEY;
use service_kit::request::actor;
use service_kit::store::Store;
use service_kit::{Failure, Parts, Sight, StartError};
use tokio::sync::Notify;
use tonic::Request;
use uuid::Uuid;

pub use notes::notes;
pub use pace::ReadLimits;
pub(crate) use rows::{After, Read, Rows, Wanted};

use pace::Pace;
use rows::{LISTED, MASKED};

/// The longest purpose, in characters.
const PURPOSE_CHARACTERS: usize = 64;
/// How long rows wait at most, on real time: no test's clock could tell when to write.
const WAIT: Duration = Duration::from_secs(1);
/// So many rows are written without waiting.
const FULL: usize = 256;
/// So many are kept while the database does not answer; more reads are refused.
const MOST: usize = 20_000;

/// Who reads, and what for.
#[derive(Debug, Clone)]
pub struct Reader {
    actor: Actor,
    purpose: String,
    sight: Sight,
}

impl Reader {
    /// The caller of a request.
    ///
    /// # Errors
    /// `InvalidArgument` about the purpose.
    pub fn of<T>(request: &Request<T>) -> Result<Self, Failure> {
        let given = request.metadata().get(PURPOSE_KEY);
        let purpose = given.map_or(Some(""), |text| text.to_str().ok()).filter(|text| is_purpose(text));
        let purpose = purpose.ok_or_else(|| {
            Failure::invalid(PURPOSE_KEY, "must be at most 64 letters, digits, spaces and - _ . : /")
        })?;
        Ok(Self { actor: actor(request)?, purpose: purpose.to_owned(), sight: Sight::of(request) })
    }

    fn spoken(&self) -> String {
        let kind = match self.actor.kind {
            ActorKind::Player => "player",
            ActorKind::Agent => "agent",
            ActorKind::Bot => "bot",
            ActorKind::Service => "service",
        };
        format!("{kind}:{}", self.actor.id)
    }
}

/// A word of a reader and no message: what a player wrote must not be copied here.
fn is_purpose(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || " -_.:/".contains(letter);
    text.len() <= PURPOSE_CHARACTERS && text.chars().all(is_part)
}

/// A case as a list has it.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// The brand.
    pub brand: &'a str,
    /// Its id.
    pub case: Uuid,
    /// Its player's id.
    pub player_id: &'a str,
}

/// Whose texts are read.
struct Whose {
    brand: String,
    /// The case; or what else has facts, such as a player's erasure.
    stream: Uuid,
    /// Empty where it is not known.
    player_id: String,
}

impl Whose {
    fn of(case: &Case) -> Self {
        let player = case.intake.player.as_ref().map(|one| one.player_id.to_string());
        Self {
            brand: case.brand().map(ToString::to_string).unwrap_or_default(),
            stream: case.id.0,
            player_id: player.unwrap_or_default(),
        }
    }
}

/// The audit of a service. Cheap to clone.
#[derive(Clone)]
pub struct ReadAudit {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    rows: Rows,
    service: String,
    pace: Mutex<Pace>,
    waiting: Mutex<Vec<Read>>,
    full: Notify,
    /// One writes at a time, and knows up to when others' reads are known.
    known_to: tokio::sync::Mutex<Timestamp>,
    stopped: Counter<u64>,
}

impl ReadAudit {
    /// The audit of a service, whose own database is `store`; rows are written until shutdown.
    pub(crate) async fn start(parts: &Parts, store: &Store, service: &str) -> Result<Self, StartError> {
        let rows = Rows::open(parts, store).await?;
        let limits = ReadLimits::default();
        let since = parts.clock.now().saturating_sub(limits.window).unwrap_or(Timestamp::MIN);
        let stopped = global::meter("casetrail")
            .u64_counter("casetrail.reads.stopped")
            .with_description("Reads refused because their reader opened too many cases within an hour.")
            .build();
        stopped.add(0, &[KeyValue::new("casetrail.service", service.to_owned())]);
        let inner = Arc::new(Inner {
            parts: parts.clone(),
            rows,
            service: service.to_owned(),
            pace: Mutex::new(Pace::new(limits)),
            waiting: Mutex::default(),
            full: Notify::new(),
            known_to: tokio::sync::Mutex::new(since),
            stopped,
        });
        let known = inner.learn(&mut *inner.known_to.lock().await).await;
        known.map_err(|failure| {
            StartError::Broken(format!(
                "the audit of reads: {failure}; over Postgres `casetrail migrate` makes what it needs"
            ))
        })?;
        let audit = Self { inner };
        parts.shutdown.spawn_background(audit.clone().run());
        Ok(audit)
    }

    /// Other limits than the usual ones.
    pub fn limit(&self, limits: ReadLimits) {
        self.inner.pace.lock().unwrap_or_else(PoisonError::into_inner).set(limits);
    }

    /// Writes down that `reader` is shown these texts of a case; to be called before they are. A reader who reads
    /// masked and asked for them is shown them for it.
    ///
    /// # Errors
    /// `Exhausted` with `READ_LIMIT_REACHED` when an agent has opened too many cases; `Away` when nothing can be
    /// written down any more.
    pub fn note(
        &self,
        reader: &Reader,
        case: &Case,
        method: &'static str,
        fields: &'static str,
    ) -> Result<(), Failure> {
        self.note_of(reader, Whose::of(case), method, fields)
    }

    /// Writes down that a case stands in a list that `reader` is shown: that there is something about it, and none of
    /// its texts.
    ///
    /// # Errors
    /// `Away` when nothing can be written down any more.
    pub fn note_listed(
        &self,
        reader: &Reader,
        listed: Listed<'_>,
        method: &'static str,
    ) -> Result<(), Failure> {
        let whose = Whose {
            brand: listed.brand.to_owned(),
            stream: listed.case,
            player_id: listed.player_id.to_owned(),
        };
        self.write_down(reader, whose, method, LISTED.to_owned())
    }

    fn note_of(
        &self,
        reader: &Reader,
        whose: Whose,
        method: &'static str,
        fields: &'static str,
    ) -> Result<(), Failure> {
        if let Sight::Masked = reader.sight {
            return self.write_down(reader, whose, method, MASKED.to_owned());
        }
        if reader.actor.kind == ActorKind::Agent {
            let now = self.inner.parts.clock.now();
            self.inner.keep_pace(&reader.spoken(), whose.stream, now)?;
        }
        let Sight::Unmasking(written) = &reader.sight else {
            return self.write_down(reader, whose, method, fields.to_owned());
        };
        self.write_down(reader, whose, method, format!("unmasked: {fields}"))?;
        written.confirm();
        Ok(())
    }

    fn write_down(
        &self,
        reader: &Reader,
        whose: Whose,
        method: &'static str,
        fields: String,
    ) -> Result<(), Failure> {
        let now = self.inner.parts.clock.now();
        let read = Read {
            id: self.inner.parts.ids.new_id(now).to_string(),
            at_us: now.as_microsecond(),
            reader: reader.spoken(),
            brand: whose.brand,
            case_id: whose.stream.to_string(),
            player_id: whose.player_id,
            method: method.to_owned(),
            fields,
            purpose: reader.purpose.clone(),
        };
        let mut waiting = self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MOST {
            return Err(Failure::Away("reads cannot be written down".to_owned()));
        }
        waiting.push(read);
        if waiting.len() >= FULL {
            self.inner.full.notify_one();
        }
        Ok(())
    }

    /// The rows of all services, once everything noted here before is in them.
    pub(crate) async fn rows(&self) -> Result<&Rows, Failure> {
        self.inner.write().await?;
        Ok(&self.inner.rows)
    }

    async fn run(self) {
        let soft = self.inner.parts.shutdown.soft().clone();
        loop {
            let is_over = tokio::select! {
                () = soft.cancelled() => true,
                () = self.inner.full.notified() => false,
                () = tokio::time::sleep(WAIT) => false,
            };
            if let Err(failure) = self.inner.write().await {
                tracing::warn!(%failure, "reads could not be written down; they are tried again");
            }
            if is_over {
                return;
            }
        }
    }
}

impl Inner {
    fn keep_pace(&self, reader: &str, case: Uuid, now: Timestamp) -> Result<(), Failure> {
        let opened = self.pace.lock().unwrap_or_else(PoisonError::into_inner).open(reader, case, now);
        let Err(stopped) = opened else { return Ok(()) };
        self.stopped.add(1, &[KeyValue::new("casetrail.service", self.service.clone())]);
        let (cases, until) = (stopped.cases, stopped.until);
        tracing::warn!(reader, cases, %until, "a reader opens more cases than anybody can work on, and is stopped");
        Err(Failure::Exhausted {
            reason: "READ_LIMIT_REACHED",
            message: format!(
                "{cases} cases were opened within {} minutes: another one can be opened at {until}",
                stopped.window.as_mins()
            ),
            retry_after: Duration::try_from(until.duration_since(now)).ok(),
        })
    }

    /// Writes what waits, and learns what others have written.
    async fn write(&self) -> Result<(), Failure> {
        let mut known_to = self.known_to.lock().await;
        let reads = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if reads.is_empty() {
            return Ok(());
        }
        if let Err(failure) = self.rows.insert(&reads).await {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let newer = std::mem::replace(&mut *waiting, reads);
            waiting.extend(newer);
            return Err(failure);
        }
        if let Err(failure) = self.learn(&mut known_to).await {
            // Written they are; the next write learns what this one did not.
            tracing::warn!(%failure, "what others have read is not known for a moment");
        }
        Ok(())
    }

    async fn learn(&self, known_to: &mut Timestamp) -> Result<(), Failure> {
        let now = self.parts.clock.now();
        let opened = self.rows.opened_since(*known_to).await?;
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        for (reader, case, at) in opened {
            pace.learn(&reader, case, at);
        }
        pace.forget_before(now);
        // Others write a moment later than they noted, and their clocks may differ a little.
        *known_to = now.saturating_sub(jiff::SignedDuration::from_secs(5)).unwrap_or(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_a_few_plain_words() {
        for good in ["", "callback", "ticket CRM-12 / follow-up"] {
            assert!(is_purpose(good), "{good}");
        }
        for wrong in ["a\nb", "<b>", "zoe@example.org", &"x".repeat(65)] {
            assert!(!is_purpose(wrong), "{wrong}");
        }
    }
}
