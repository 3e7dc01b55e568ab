//! The decision loop: fold the stream, decide, seal, append at the version that was seen; on a conflict
//! fold the newcomers in and decide again.
//!
//! It runs as a task of its own that survives its caller: a client that goes away never leaves a commit
//! half known (tonic drops a handler's future when its caller cancels).

mod patience;
mod telling;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use case::{Actor, ActorKind, Aggregate, Context, Recorded, Stage, StoredEvent};
use event_bus::Route;
use event_log::{Append, Appended, Committed, Lines, NewEvent};
use jiff::Timestamp;
use lru::LruCache;
use sealing::Forgets;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::auth::Scope;
use crate::failure::Failure;
use crate::meta::EventMeta;
use crate::metrics::metrics;
use crate::parts::Parts;
use crate::personal;
use crate::spans::{self, Appending};
use patience::Patience;
use telling::{marked, marking, tell_span};

/// How often a command is decided anew after a conflict before it gives up.
const MAX_TRIES: u32 = 64;
/// How many events are read from a stream at once.
const PAGE: usize = 1_000;
/// How many folded states are kept in memory.
const CACHED_STATES: usize = 4_096;

/// A command on its way to a stage.
pub struct CommandRequest<S: Stage> {
    /// The stream it is about.
    pub stream: Uuid,
    /// The request id (AIP-155), or an id derived from the event that a reaction answers.
    pub command_id: Uuid,
    /// Digest of the request: the same id with another one, or by another caller, is refused.
    pub fingerprint: [u8; 32],
    /// Who asks.
    pub actor: Actor,
    /// The version the caller has seen (AIP-154), if it wants to be sure.
    pub etag: Option<u64>,
    /// The event that this command answers.
    pub causation_id: Option<Uuid>,
    /// The version of that event, if it is in the same stream. Nobody waits for the first answer to such a
    /// command again, when a repeat finds nothing more to do.
    pub answers: Option<u64>,
    /// The command at the start of the chain of causes; this one, if there is none before it.
    pub correlation_id: Option<Uuid>,
    /// Whether the command makes a new stream; any other needs one that exists.
    pub creates: bool,
    /// The command itself.
    pub command: S::Command,
}

/// What became of a command.
#[derive(Debug, Clone)]
pub struct Outcome<A: Aggregate> {
    /// The state right after the command.
    pub state: Arc<A>,
    /// What it recorded; empty if it changed nothing.
    pub events: Vec<A::Event>,
    /// Position of its last event; `None` if it changed nothing.
    pub position: Option<u64>,
    /// It had been executed before, and this is the first answer again.
    pub repeated: bool,
}

/// A moment of a stream's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// Up to and with this version.
    Version(u64),
    /// Up to and with what had been recorded by this time.
    Time(Timestamp),
}

/// Executes commands on streams of one aggregate. Cheap to clone.
pub struct Executor<A: Aggregate> {
    inner: Arc<Inner<A>>,
}

impl<A: Aggregate> Clone for Executor<A> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

/// Told of what was recorded by this process, once each: the state right after, and the events.
pub type Witness<A> = fn(&A, &[<A as Aggregate>::Event]);

struct Inner<A: Aggregate> {
    parts: Parts,
    service: &'static str,
    witness: Option<Witness<A>>,
    cache: Mutex<LruCache<Uuid, Arc<A>>>,
    /// What carries the events that it makes.
    route: Route,
    /// Where those wait who were too late once: many on one case are served one after the other.
    lines: Lines,
}

impl<A: Aggregate> Executor<A> {
    /// An executor for `service` (its stage's name).
    pub fn new(parts: &Parts, service: &'static str) -> Self {
        Self::make(parts, service, None)
    }

    /// As [`Executor::new`]; `witness` is told of what it records, for figures.
    pub fn witnessed(parts: &Parts, service: &'static str, witness: Witness<A>) -> Self {
        Self::make(parts, service, Some(witness))
    }

    fn make(parts: &Parts, service: &'static str, witness: Option<Witness<A>>) -> Self {
        metrics().begins(service);
        let capacity = NonZeroUsize::new(CACHED_STATES).unwrap_or(NonZeroUsize::MIN);
        let cache = Mutex::new(LruCache::new(capacity));
        let (route, lines) = (parts.bus.route(), Lines::default());
        let inner = Arc::new(Inner { parts: parts.clone(), service, witness, cache, route, lines });
        let holder: Weak<dyn Forgets> = Arc::downgrade(&(Arc::clone(&inner) as Arc<dyn Forgets>));
        parts.sealer.tell(holder);
        Self { inner }
    }

    /// The state of a stream now; version 0 if there is none that the call reaches.
    pub async fn load(&self, stream: Uuid) -> Result<Arc<A>, Failure> {
        let state = self.inner.load(stream).await?;
        Ok(if is_reached(state.as_ref()) { marking(stream, state) } else { Arc::new(A::empty(stream)) })
    }

    /// The state of a stream now, or `NotFound`.
    pub async fn load_existing(&self, stream: Uuid) -> Result<Arc<A>, Failure> {
        let state = self.load(stream).await?;
        if state.exists() { Ok(state) } else { Err(not_found::<A>(stream)) }
    }

    /// The state of a stream that holds at least these events of it, which come in their order. Reads the log
    /// only where they do not follow upon the state that is at hand.
    pub(crate) async fn load_with(&self, stream: Uuid, events: &[&Committed]) -> Result<Arc<A>, Failure> {
        self.inner.load_with(stream, events).await
    }

    /// The state of a stream as it stood at a moment of its past.
    pub async fn load_as_of(&self, stream: Uuid, as_of: AsOf) -> Result<A, Failure> {
        // As it stands now: what has become confidential was not always.
        if !self.reaches(stream).await? {
            return Ok(A::empty(stream));
        }
        let state = self.inner.fold_to(stream, as_of).await?;
        if !is_reached(&state) {
            return Ok(A::empty(stream));
        }
        if state.exists() {
            spans::mark(&state, stream);
        }
        Ok(state)
    }

    /// Whether the call under way reaches a stream, as it stands now.
    pub async fn reaches(&self, stream: Uuid) -> Result<bool, Failure> {
        let scope = Scope::current();
        if scope.is_everything() {
            return Ok(true);
        }
        // A stream never moves to another brand or player, and any state of it tells; but it moves between teams.
        let state = match self.inner.cached(stream).filter(|_| scope.hidden_teams().is_empty()) {
            Some(cached) => cached,
            None => self.inner.load(stream).await?,
        };
        Ok(is_reached(state.as_ref()))
    }

    /// Decides and records. Runs to its end even if the caller goes away.
    pub async fn execute<S: Stage<Aggregate = A>>(
        &self,
        mut request: CommandRequest<S>,
    ) -> Result<Outcome<A>, Failure> {
        if !self.reaches(request.stream).await? {
            return Err(not_found::<A>(request.stream));
        }
        request.fingerprint = of_caller(request.fingerprint, &request.actor);
        let inner = Arc::clone(&self.inner);
        let task = self.inner.parts.shutdown.spawn(async move { inner.run(request).await });
        task.await.unwrap_or_else(|error| Err(Failure::Internal(format!("a command's task ended: {error}"))))
    }
}

/// Digest of a body and who sent it: the same request by somebody else is another one, or an approval
/// would be taken for a colleague's, and an answer told to whoever learns the id.
fn of_caller(body: [u8; 32], actor: &Actor) -> [u8; 32] {
    let kind = match actor.kind {
        ActorKind::Player => "player",
        ActorKind::Agent => "agent",
        ActorKind::Bot => "bot",
        ActorKind::Service => "service",
    };
    Sha256::new()
        .chain_update(body)
        .chain_update(kind)
        .chain_update(":")
        .chain_update(&actor.id)
        .finalize()
        .into()
}

/// Whether the call under way reaches this stream; who does not must not learn that it exists.
fn is_reached<A: Aggregate>(state: &A) -> bool {
    Scope::current().includes(state.tenant(), state.data_subject(), state.team())
}

fn not_found<A: Aggregate>(stream: Uuid) -> Failure {
    Failure::NotFound { reason: A::NOT_FOUND, what: A::WHAT, id: stream.to_string() }
}

/// Decodes a committed event and opens its personal texts.
pub async fn read_event<E: StoredEvent>(
    sealer: &sealing::Sealer,
    committed: &Committed,
) -> Result<E, Failure> {
    let mut event = E::decode(&committed.event_type, committed.schema_version, &committed.payload)?;
    personal::open(&mut event, sealer, committed.stream, committed.event_id).await?;
    Ok(event)
}

impl<A: Aggregate> Inner<A> {
    async fn load(&self, stream: Uuid) -> Result<Arc<A>, Failure> {
        let erasures = self.parts.sealer.erasures();
        let cached = self.cached(stream);
        metrics().state_cache(cached.is_some());
        let mut state = cached.unwrap_or_else(|| Arc::new(A::empty(stream)));
        let before = state.version();
        loop {
            let started = Instant::now();
            let read = self.parts.log.read_stream(stream, state.version(), PAGE).await;
            metrics().database(self.parts.database, "read_stream", started.elapsed(), read.is_ok());
            let page = read?;
            if page.is_empty() {
                break;
            }
            let last_page = page.len() < PAGE;
            // Copies the cached state only now that there is something to add to it.
            let newer = Arc::make_mut(&mut state);
            for committed in &page {
                self.evolve(newer, committed).await?;
            }
            if last_page {
                break;
            }
        }
        if state.version() > before {
            self.keep(stream, &state, erasures);
        }
        Ok(state)
    }

    async fn load_with(&self, stream: Uuid, events: &[&Committed]) -> Result<Arc<A>, Failure> {
        let erasures = self.parts.sealer.erasures();
        let cached = self.cached(stream);
        metrics().state_cache(cached.is_some());
        let mut state = cached.unwrap_or_else(|| Arc::new(A::empty(stream)));
        let before = state.version();
        for committed in events {
            if committed.version <= state.version() {
                continue;
            }
            if committed.version > state.version() + 1 {
                return self.load(stream).await;
            }
            self.evolve(Arc::make_mut(&mut state), committed).await?;
        }
        if state.version() > before {
            self.keep(stream, &state, erasures);
        }
        // Whatever is made gets its name with its first append: that one came here in pieces, and no command is
        // to be decided on half of it.
        if state.exists() && state.spoken_name().is_none() {
            return self.load(stream).await;
        }
        Ok(state)
    }

    async fn evolve(&self, state: &mut A, committed: &Committed) -> Result<(), Failure> {
        let event = read_event::<A::Event>(&self.parts.sealer, committed).await?;
        let (version, recorded_at) = (committed.version, committed.recorded_at);
        state.evolve(&Recorded { version, recorded_at, event });
        Ok(())
    }

    fn cached(&self, stream: Uuid) -> Option<Arc<A>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(&stream).cloned()
    }

    /// Keeps this state no longer: a newer one takes its place at once, and may be made of it.
    fn let_go(&self, stream: Uuid, state: &Arc<A>) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.peek(&stream).is_some_and(|kept| Arc::ptr_eq(kept, state)) {
            cache.pop(&stream);
        }
    }

    /// Keeps a state that was folded since `erasures`, unless somebody was erased meanwhile: it might be theirs.
    fn keep(&self, stream: Uuid, state: &Arc<A>, erasures: u64) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if self.parts.sealer.erasures() != erasures {
            return;
        }
        if cache.peek(&stream).is_none_or(|kept| kept.version() < state.version()) {
            cache.put(stream, Arc::clone(state));
        }
    }

    /// The state as it stood at a moment: from the first event on, past the cache.
    async fn fold_to(&self, stream: Uuid, as_of: AsOf) -> Result<A, Failure> {
        let mut state = A::empty(stream);
        loop {
            let page = self.parts.log.read_stream(stream, state.version(), PAGE).await?;
            let last_page = page.len() < PAGE;
            for committed in page {
                let over = match as_of {
                    AsOf::Version(version) => committed.version > version,
                    AsOf::Time(time) => committed.recorded_at > time,
                };
                if over {
                    return Ok(state);
                }
                self.evolve(&mut state, &committed).await?;
            }
            if last_page {
                return Ok(state);
            }
        }
    }

    async fn run<S: Stage<Aggregate = A>>(&self, request: CommandRequest<S>) -> Result<Outcome<A>, Failure> {
        let mut patience = Patience::new();
        loop {
            match self.decide_and_record(&request).await {
                Err(Failure::Away(cause)) => {
                    tracing::debug!(cause, "a part did not answer; the command is tried again");
                    if !patience.wait(self.parts.ids.as_ref(), self.parts.shutdown.soft()).await {
                        return Err(Failure::Away(cause));
                    }
                }
                settled => return settled,
            }
        }
    }

    async fn decide_and_record<S: Stage<Aggregate = A>>(
        &self,
        request: &CommandRequest<S>,
    ) -> Result<Outcome<A>, Failure> {
        let erasures = self.parts.sealer.erasures();
        let mut turn = self.lines.wait_if_busy(request.stream).await;
        // First on what is at hand: an append settles whether that was the latest. Whatever records nothing is
        // decided once more on what the log says.
        if let Some(state) = self.at_hand(request) {
            match self.try_on(request, state, erasures).await {
                Ok(Some(outcome)) => return Ok(marked(request.stream, outcome)),
                Ok(None) => {}
                Err(Failure::Contended) => metrics().append_conflict(self.service),
                Err(failure) => return Err(failure),
            }
        }
        if turn.is_none() {
            turn = Some(self.lines.wait(request.stream).await);
        }
        for _ in 0..MAX_TRIES {
            let state = self.load(request.stream).await?;
            let now = self.parts.clock.now();
            match Self::decide(request, &state, now) {
                Ok(events) if events.is_empty() => {
                    let nothing = Outcome { state, events: Vec::new(), position: None, repeated: false };
                    return Ok(self.first_answer(request).await?.unwrap_or(nothing));
                }
                Ok(events) => match self.append(request, state, events, now, erasures).await {
                    Err(Failure::Contended) => metrics().append_conflict(self.service),
                    settled => return settled.map(|outcome| marked(request.stream, outcome)),
                },
                Err(failure @ (Failure::NotFound { .. } | Failure::NewerFacts)) => return Err(failure),
                Err(failure) => return self.first_answer(request).await?.ok_or(failure),
            }
        }
        drop(turn);
        Err(Failure::Contended)
    }

    /// The state that may be the latest, without asking the log; a stream that is made is empty before.
    fn at_hand<S: Stage<Aggregate = A>>(&self, request: &CommandRequest<S>) -> Option<Arc<A>> {
        let cached = self.cached(request.stream);
        if cached.is_none() && request.creates {
            return Some(Arc::new(A::empty(request.stream)));
        }
        metrics().state_cache(cached.is_some());
        cached
    }

    /// Decides on a state that may be too old; `None` where only the latest could tell. Whether a fact is to be
    /// answered with nothing can be told by any state that has the fact: what comes later is a fact too.
    async fn try_on<S: Stage<Aggregate = A>>(
        &self,
        request: &CommandRequest<S>,
        state: Arc<A>,
        erasures: u64,
    ) -> Result<Option<Outcome<A>>, Failure> {
        let now = self.parts.clock.now();
        let enough = request.answers.is_some_and(|version| state.version() >= version);
        match Self::decide(request, &state, now) {
            Ok(events) if !events.is_empty() => {
                self.append(request, state, events, now, erasures).await.map(Some)
            }
            Ok(events) if enough => Ok(Some(Outcome { state, events, position: None, repeated: false })),
            Err(failure @ Failure::Refused { .. }) if enough => Err(failure),
            _ => Ok(None),
        }
    }

    fn decide<S: Stage<Aggregate = A>>(
        request: &CommandRequest<S>,
        state: &Arc<A>,
        now: Timestamp,
    ) -> Result<Vec<A::Event>, Failure> {
        // The span of whoever answers a fact of this stream names the stream from its beginning.
        if request.answers.is_none() {
            spans::mark(state.as_ref(), request.stream);
        }
        if !state.exists() && !request.creates {
            return Err(not_found::<A>(request.stream));
        }
        if state.unknown_stage(S::NAME) {
            return Err(Failure::NewerFacts);
        }
        if let Some(given) = request.etag
            && given != state.version()
        {
            return Err(Failure::StaleEtag { given, current: state.version() });
        }
        match S::decide(state, Context { actor: &request.actor, now }, &request.command) {
            Ok(events) => Ok(events.into_iter().map(Into::into).collect()),
            Err(refusal) => Err(Failure::refused(&refusal)),
        }
    }

    /// The answer this command got when it was first executed, if it was.
    async fn first_answer<S: Stage<Aggregate = A>>(
        &self,
        request: &CommandRequest<S>,
    ) -> Result<Option<Outcome<A>>, Failure> {
        if request.answers.is_some() {
            return Ok(None);
        }
        let found = self.parts.log.find_command(request.stream, request.command_id).await?;
        let Some(record) = found else { return Ok(None) };
        if record.fingerprint != request.fingerprint {
            return Err(Failure::RequestIdReused);
        }
        self.answer_again(request.stream, record.first_version, record.last_version, record.last_position)
            .await
            .map(Some)
    }

    async fn answer_again(
        &self,
        stream: Uuid,
        first: u64,
        last: u64,
        position: u64,
    ) -> Result<Outcome<A>, Failure> {
        let state = self.fold_to(stream, AsOf::Version(last)).await?;
        let count = usize::try_from(last + 1 - first).unwrap_or(PAGE);
        let mut events = Vec::with_capacity(count);
        for committed in self.parts.log.read_stream(stream, first - 1, count).await? {
            events.push(read_event::<A::Event>(&self.parts.sealer, &committed).await?);
        }
        Ok(Outcome { state: Arc::new(state), events, position: Some(position), repeated: true })
    }

    async fn append<S: Stage<Aggregate = A>>(
        &self,
        request: &CommandRequest<S>,
        mut state: Arc<A>,
        events: Vec<A::Event>,
        now: Timestamp,
        erasures: u64,
    ) -> Result<Outcome<A>, Failure> {
        // Whose it is and what it is called, a stream is told by its first append, and never anew.
        let known = state.spoken_name();
        let made = known.is_none().then(|| {
            let mut made = state.as_ref().clone();
            evolve(&mut made, &events, state.version() + 1, now);
            made
        });
        let whose = made.as_ref().unwrap_or(&state);
        let name = known.or_else(|| whose.spoken_name());
        let of = spans::Named { stream: request.stream, name: name.as_deref(), service: self.service };
        let mut span = Appending::begin(self.parts.database, events.len(), of);
        let append = self.prepare(request, state.version(), whose, &events, now, (of, &span)).await?;
        let started = Instant::now();
        let appended = self.parts.log.append(append).await;
        // A conflict is an answer.
        let answered = !matches!(appended, Err(event_log::Error::Unavailable(_)));
        metrics().database(self.parts.database, "append", started.elapsed(), answered);
        let appended = appended.inspect_err(|error| tell_span(&mut span, error))?;
        if appended.duplicate {
            let Appended { first_version, last_version, last_position, .. } = appended;
            return self.answer_again(request.stream, first_version, last_version, last_position).await;
        }
        metrics().events_appended(self.service, events.len());
        self.let_go(request.stream, &state);
        // Copies it only where somebody else still looks at it.
        evolve(Arc::make_mut(&mut state), &events, appended.first_version, appended.recorded_at);
        self.keep(request.stream, &state, erasures);
        if let Some(witness) = self.witness {
            witness(&state, &events);
        }
        Ok(Outcome { state, events, position: Some(appended.last_position), repeated: false })
    }

    async fn prepare<S: Stage<Aggregate = A>>(
        &self,
        request: &CommandRequest<S>,
        expected_version: u64,
        whose: &A,
        events: &[A::Event],
        now: Timestamp,
        (named, appending): (spans::Named<'_>, &Appending),
    ) -> Result<Append, Failure> {
        let tenant = whose
            .tenant()
            .ok_or_else(|| Failure::Internal("events for a stream that belongs to no brand".to_owned()))?;
        let mut new_events = Vec::with_capacity(events.len());
        for event in events {
            let event_id = self.parts.ids.new_id(now);
            let mut sealed = event.clone();
            if !self.parts.sealer.lets_through() && personal::has_personal(&mut sealed) {
                let subject = whose
                    .data_subject()
                    .ok_or_else(|| Failure::Internal("personal data of nobody we know".to_owned()))?;
                let key = self.parts.sealer.seal_key(tenant, subject).await?;
                personal::seal(&mut sealed, &key, self.parts.ids.as_ref(), request.stream, event_id);
            }
            let meta = EventMeta {
                actor: request.actor.clone(),
                causation_id: request.causation_id,
                correlation_id: request.correlation_id.unwrap_or(request.command_id),
                traceparent: spans::creation(appending, &self.route, named, event.stored_name(), event_id),
                service: self.service.to_owned(),
                spoken_name: named.name.map(str::to_owned),
            };
            new_events.push(NewEvent {
                event_id,
                event_type: sealed.stored_name().to_owned(),
                schema_version: sealed.schema_version(),
                meta: serde_json::to_vec(&meta).map_err(|error| Failure::Internal(error.to_string()))?,
                payload: sealed.encode()?,
            });
        }
        Ok(Append {
            stream: request.stream,
            tenant: tenant.to_owned(),
            expected_version,
            command_id: request.command_id,
            fingerprint: request.fingerprint,
            events: new_events,
        })
    }
}

/// Makes of a state what it is once these events are recorded, the first of them as `first_version`.
fn evolve<A: Aggregate>(state: &mut A, events: &[A::Event], first_version: u64, recorded_at: Timestamp) {
    for (version, event) in (first_version..).zip(events) {
        state.evolve(&Recorded { version, recorded_at, event: event.clone() });
    }
}

impl<A: Aggregate> Forgets for Inner<A> {
    fn forget(&self, brand: &str, player: &str) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let is_theirs = |state: &A| (state.tenant(), state.data_subject()) == (Some(brand), Some(player));
        let theirs: Vec<Uuid> =
            cache.iter().filter(|(_, state)| is_theirs(state)).map(|(stream, _)| *stream).collect();
        for stream in theirs {
            cache.pop(&stream);
        }
    }
}
