//! All traces of a run, held against the log: every fact has the span that created it, every consumer that is
//! past a fact has the span of processing it, and every span hangs from one that is there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_nats::jetstream;
use futures_util::TryStreamExt;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use scratch::shared::{Database, SharedNats};
use service_kit::EventMeta;
use service_kit::meta::parse_traceparent;
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

use crate::spans::{Spans, attribute, is_kind};

/// A fact as the log has it.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) position: u64,
    pub(crate) stream: Uuid,
    pub(crate) event_id: Uuid,
    pub(crate) event_type: String,
    pub(crate) meta: EventMeta,
}

/// A durable consumer of reactions, as NATS has it after everybody has ended.
#[derive(Debug)]
pub(crate) struct Reached {
    name: String,
    subjects: Vec<String>,
    /// Everything at or below was acknowledged.
    floor: u64,
}

/// Everything in the log, in its order.
pub(crate) async fn recorded(database: &Database) -> Vec<Recorded> {
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let rows = sqlx::query(
        "SELECT position, stream_id, event_id, event_type, meta FROM log.event ORDER BY position",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    let read = |row: &sqlx::postgres::PgRow| Recorded {
        position: u64::try_from(row.get::<i64, _>(0)).unwrap(),
        stream: row.get(1),
        event_id: row.get(2),
        event_type: row.get(3),
        meta: EventMeta::decode(&row.get::<Vec<u8>, _>(4)).unwrap(),
    };
    rows.iter().map(read).collect()
}

/// How far each consumer is, and the last position in the stream.
pub(crate) async fn reached(nats: &SharedNats) -> (Vec<Reached>, u64) {
    let jetstream = jetstream::new(async_nats::connect(&nats.url).await.unwrap());
    let mut stream = jetstream.get_stream(format!("{}_0", nats.prefix.to_uppercase())).await.unwrap();
    let last = stream.info().await.unwrap().state.last_sequence;
    let mut consumers: Vec<jetstream::consumer::Info> = Vec::new();
    let mut found = stream.consumers();
    while let Some(consumer) = found.try_next().await.unwrap() {
        // The others read news for one process, and go with it.
        if consumer.config.durable_name.is_some() {
            consumers.push(consumer);
        }
    }
    let one = |info: jetstream::consumer::Info| Reached {
        name: info.name,
        subjects: match info.config.filter_subject {
            one if one.is_empty() => info.config.filter_subjects,
            one => vec![one],
        },
        floor: info.ack_floor.stream_sequence,
    };
    (consumers.into_iter().map(one).collect(), last)
}

impl Reached {
    fn is_past(&self, fact: &Recorded, prefix: &str) -> bool {
        let subject = format!("{prefix}.0.{}.", fact.event_type);
        let wanted = |pattern: &String| subject.starts_with(pattern.trim_end_matches('>'));
        fact.position <= self.floor && (self.subjects.is_empty() || self.subjects.iter().any(wanted))
    }

    /// Whether a span's consumer is this one: points are no letters of a name in NATS.
    fn is(&self, span: &Span) -> bool {
        attribute(span, "messaging.consumer.group.name")
            .is_some_and(|name| name.replace('.', "-") == self.name)
    }
}

/// The spans of a run beside the log of that run.
pub(crate) struct Forest<'a> {
    pub(crate) spans: Spans<'a>,
    facts: &'a [Recorded],
    /// Spans of those who called, which are not ours.
    callers: BTreeSet<Vec<u8>>,
}

impl<'a> Forest<'a> {
    pub(crate) fn of(spans: &'a [Span], facts: &'a [Recorded], callers: &[&str]) -> Self {
        let callers = callers.iter().map(|id| hex::decode(id).unwrap()).collect();
        Self { spans: Spans::of(spans), facts, callers }
    }

    fn creation(&self, fact: &Recorded) -> &'a Span {
        let stored = fact.meta.traceparent.as_deref().and_then(parse_traceparent);
        let stored = stored.unwrap_or_else(|| panic!("{fact:?} was recorded in no trace"));
        let span = self.spans.by_id(&stored.span_id().to_bytes());
        let span = span.unwrap_or_else(|| panic!("the span that created {fact:?} was lost"));
        assert_eq!(span.trace_id, stored.trace_id().to_bytes(), "{fact:?}");
        span
    }

    fn of_kind(&self, kind: SpanKind) -> impl Iterator<Item = &'a Span> + use<'a> {
        self.spans.all().filter(move |span| is_kind(span, kind))
    }

    /// Every fact has the span that created it, by its name, within the append.
    pub(crate) fn every_fact_has_its_creation(&self) {
        for fact in self.facts {
            let span = self.creation(fact);
            assert_eq!(span.name, format!("create case.{}", fact.event_type));
            assert!(is_kind(span, SpanKind::Producer), "{span:?}");
            assert_eq!(attribute(span, "messaging.message.id"), Some(fact.event_id.to_string().as_str()));
            let way = self.spans.way_up(span);
            assert_eq!(way.get(1).map(|span| span.name.as_str()), Some("append case_events"), "{fact:?}");
        }
    }

    /// The relay said so when it published: a span each, hanging from the creation.
    pub(crate) fn every_fact_was_published(&self, last: u64) {
        for fact in self.facts.iter().filter(|fact| fact.position <= last) {
            let name = format!("publish case.{}", fact.event_type);
            let creation = self.creation(fact);
            let published = self.spans.children_of(creation).any(|span| span.name == name);
            assert!(published, "{fact:?} is in NATS, and no span says so");
        }
    }

    /// Whoever is past a fact has the span of processing it, which links to its creation; and the consequences
    /// of a fact hang from that span.
    pub(crate) fn every_consumer_tells_what_it_is_past(&self, consumers: &[Reached], prefix: &str) {
        let mut tries: HashMap<&str, Vec<&Span>> = HashMap::new();
        for span in self.of_kind(SpanKind::Consumer) {
            tries.entry(attribute(span, "messaging.message.id").unwrap()).or_default().push(span);
        }
        let mut count = 0;
        for consumer in consumers {
            for fact in self.facts.iter().filter(|fact| consumer.is_past(fact, prefix)) {
                let id = fact.event_id.to_string();
                let told = tries.get(id.as_str()).into_iter().flatten().any(|span| consumer.is(span));
                assert!(told, "{} is past {fact:?}, and no span says so", consumer.name);
                count += 1;
            }
        }
        // In a burst they are far behind when they are stopped.
        assert!(count > 50, "only {count} deliveries of {} facts", self.facts.len());
        for fact in self.facts {
            let Some(cause) = fact.meta.causation_id.map(|cause| cause.to_string()) else { continue };
            let way = self.spans.way_up(self.creation(fact));
            let from = way
                .iter()
                .find(|span| !is_kind(span, SpanKind::Client) && !is_kind(span, SpanKind::Producer));
            let from = from.unwrap_or_else(|| panic!("{fact:?} came from nothing"));
            assert!(is_kind(from, SpanKind::Consumer), "{fact:?} came from {}", from.name);
            assert_eq!(attribute(from, "messaging.message.id"), Some(cause.as_str()), "{fact:?}");
        }
    }

    /// Every try links to the creation of what it reacts to. One of them may be in the creation's trace, the
    /// first; the others begin their own.
    pub(crate) fn every_reaction_links_to_the_creation(&self) {
        let by_id: HashMap<String, &Recorded> =
            self.facts.iter().map(|fact| (fact.event_id.to_string(), fact)).collect();
        let mut first: BTreeSet<(&str, &str)> = BTreeSet::new();
        for span in self.of_kind(SpanKind::Consumer) {
            let id = attribute(span, "messaging.message.id").unwrap();
            let creation = self.creation(by_id[id]);
            assert_eq!(span.name, creation.name.replacen("create", "process", 1));
            let [link] = span.links.as_slice() else {
                panic!("{} has {} links", span.name, span.links.len())
            };
            assert_eq!((&link.span_id, &link.trace_id), (&creation.span_id, &creation.trace_id), "{span:?}");
            if span.parent_span_id.is_empty() {
                assert_ne!(span.trace_id, creation.trace_id);
                continue;
            }
            assert_eq!(span.parent_span_id, creation.span_id);
            let consumer = attribute(span, "messaging.consumer.group.name").unwrap();
            assert!(first.insert((consumer, id)), "{consumer} processed {id} for the first time twice");
        }
        assert!(!first.is_empty());
    }

    /// No span hangs from one that is not there.
    pub(crate) fn nothing_is_an_orphan(&self) {
        let is_there =
            |id: &Vec<u8>| id.is_empty() || self.spans.by_id(id).is_some() || self.callers.contains(id);
        let orphans: Vec<String> = self
            .spans
            .all()
            .filter(|span| !is_there(&span.parent_span_id))
            .map(|span| format!("{} of {:?}", span.name, attribute(span, "casetrail.service")))
            .collect();
        assert!(orphans.is_empty(), "{} orphans: {orphans:?}", orphans.len());
    }

    /// Every span in a trace that knows a case bears the case and its number, and no attribute stands twice.
    pub(crate) fn every_span_bears_its_case(&self) {
        let mut of_cases: BTreeSet<&[u8]> = BTreeSet::new();
        for span in self.spans.all() {
            if attribute(span, "casetrail.case.id").is_some() {
                of_cases.insert(&span.trace_id);
            }
            let keys: Vec<&str> = span.attributes.iter().map(|pair| pair.key.as_str()).collect();
            let once: BTreeSet<&str> = keys.iter().copied().collect();
            assert_eq!(once.len(), keys.len(), "an attribute stands twice on {}: {keys:?}", span.name);
        }
        let mut numbers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for span in self.spans.all().filter(|span| of_cases.contains(span.trace_id.as_slice())) {
            let case = attribute(span, "casetrail.case.id");
            let case = case.unwrap_or_else(|| panic!("{} does not say which case: {span:?}", span.name));
            let number = attribute(span, "casetrail.case.number");
            let number = number.unwrap_or_else(|| panic!("{} does not say the number: {span:?}", span.name));
            numbers.entry(case).or_default().insert(number);
        }
        let streams: BTreeSet<String> = self.facts.iter().map(|fact| fact.stream.to_string()).collect();
        for (case, numbers) in numbers {
            assert!(streams.contains(case), "{case}");
            assert_eq!(numbers.len(), 1, "{case} is called {numbers:?}");
        }
    }

    /// Kinds, names and attributes by the semantic conventions.
    pub(crate) fn every_span_is_what_the_conventions_say(&self, prefix: &str) {
        let template = format!("{prefix}.{{shard}}.{{type}}.{{stream}}");
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for span in self.spans.all() {
            let word = span.name.split(' ').next().unwrap();
            let says = |key, value: &str| {
                assert_eq!(attribute(span, key), Some(value), "{key} of {}: {span:?}", span.name);
            };
            let kind = match word {
                "append" => {
                    says("db.system.name", "postgresql");
                    says("db.operation.name", "append");
                    SpanKind::Client
                }
                "create" | "publish" | "process" | "ack" | "nak" => {
                    says("messaging.system", "nats");
                    says("messaging.destination.template", &template);
                    says("messaging.operation.name", word);
                    says("messaging.message.conversation_id", attribute(span, "casetrail.case.id").unwrap());
                    match word {
                        "create" => SpanKind::Producer,
                        "process" => SpanKind::Consumer,
                        _ => SpanKind::Client,
                    }
                }
                "POST" if span.name.ends_with("/gateway/callbacks") => SpanKind::Server,
                "POST" => {
                    says("http.request.method", "POST");
                    SpanKind::Client
                }
                "fire" => SpanKind::Internal,
                _ => {
                    says("rpc.system.name", "grpc");
                    says("rpc.method", &span.name);
                    assert!(attribute(span, "rpc.response.status_code").is_some(), "{span:?}");
                    SpanKind::Server
                }
            };
            assert!(is_kind(span, kind), "{} is of kind {}", span.name, span.kind);
            if word == "ack" {
                let process = self.spans.by_id(&span.parent_span_id).unwrap();
                assert!(is_kind(process, SpanKind::Consumer), "ack is inside {}", process.name);
            }
            seen.insert(word);
        }
        for word in ["append", "create", "publish", "process", "ack"] {
            assert!(seen.contains(word), "there is no span {word} in {seen:?}");
        }
    }
}
