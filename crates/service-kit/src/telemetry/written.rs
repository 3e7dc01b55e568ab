//! Spans that are written down as they are made, without the SDK between: those that a command makes again and again.
//! What a span says goes from where it is borrowed into the bytes that are handed over (adr/0029).

use std::sync::LazyLock;
use std::time::SystemTime;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{SpanContext, SpanKind, TraceFlags};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use uuid::Uuid;

use super::SCOPE;
use super::handover::HandOver;
use super::otlp::encoding;
use super::sampling::Share;

/// What a span takes of them, and a little more: it is written without growing.
const BYTES: usize = 1_024;

/// Begins spans. Clones hand over by the same way.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    to: Option<HandOver>,
    share: Share,
    ids: RandomIdGenerator,
}

impl Writer {
    /// Keeps spans of a share of all cases and hands them over, if anybody takes them. They have their place in traces
    /// in any case.
    pub(super) fn new(to: Option<HandOver>, share: Share) -> Self {
        Self { to, share, ids: RandomIdGenerator::default() }
    }

    /// Begins a span of a case, within `parent`'s trace if there is one.
    pub(crate) fn begin(&self, kind: &SpanKind, parent: Option<&SpanContext>, case: Uuid) -> Written {
        let parent = parent.filter(|parent| parent.is_valid());
        self.begun(kind, parent, Some(self.share.keeps_within(parent, case)))
    }

    /// Begins the span of a call whose case is not known yet.
    pub(crate) fn begin_call(&self, parent: Option<&SpanContext>) -> Written {
        let parent = parent.filter(|parent| parent.is_valid());
        self.begun(&SpanKind::Server, parent, self.share.keeps_call(parent))
    }

    /// Begins a span. Whether it is kept may not be decided yet.
    fn begun(&self, kind: &SpanKind, parent: Option<&SpanContext>, is_kept: Option<bool>) -> Written {
        let trace = parent.map_or_else(|| self.ids.new_trace_id(), SpanContext::trace_id);
        let state = parent.map(|parent| parent.trace_state().clone()).unwrap_or_default();
        let flags = TraceFlags::default().with_sampled(is_kept == Some(true));
        let place = SpanContext::new(trace, self.ids.new_span_id(), flags, false, state);
        let to = self.to.as_ref().filter(|_| is_kept != Some(false));
        let record = to.map(|to| {
            let mut bytes = Vec::with_capacity(BYTES);
            encoding::begun(&mut bytes, &place, parent, kind, now());
            let undecided = is_kept.is_none().then(|| Undecided { share: self.share.clone(), case: None });
            Record { to: to.clone(), bytes, is_failed: false, undecided }
        });
        Written { place, record }
    }
}

/// A span that is under way. It is over when it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Written {
    place: SpanContext,
    /// Nothing where nobody keeps it.
    record: Option<Record>,
}

#[derive(Debug)]
struct Record {
    to: HandOver,
    bytes: Vec<u8>,
    is_failed: bool,
    /// Nothing where it is kept in any case.
    undecided: Option<Undecided>,
}

/// What decides at a span's end whether it is kept.
#[derive(Debug)]
struct Undecided {
    share: Share,
    case: Option<Uuid>,
}

impl Written {
    /// Where it stands in its trace.
    pub(crate) fn place(&self) -> &SpanContext {
        &self.place
    }

    /// Whether anybody reads what is said about it.
    pub(crate) fn is_kept(&self) -> bool {
        self.record.is_some()
    }

    /// What it is called, in two parts; both may be empty, but not the name.
    pub(crate) fn named(mut self, what: &str, of: &str) -> Self {
        self.write(|to| encoding::named(to, what, of));
        self
    }

    /// Likewise, a name that is made only where the span is kept.
    pub(crate) fn called(self, name: impl FnOnce() -> String) -> Self {
        if self.is_kept() { self.named(&name(), "") } else { self }
    }

    /// Says something about it.
    pub(crate) fn with(mut self, key: &str, text: &str) -> Self {
        self.say(key, text);
        self
    }

    /// Likewise, a number.
    pub(crate) fn with_number(mut self, key: &str, number: i64) -> Self {
        self.write(|to| encoding::counted(to, key, number));
        self
    }

    /// Its case, which was not known when it began.
    pub(crate) fn is_of(&mut self, case: Uuid) {
        if let Some(undecided) = self.record.as_mut().and_then(|record| record.undecided.as_mut()) {
            undecided.case = Some(case);
        }
    }

    /// Links it to another.
    pub(crate) fn linked(mut self, to: &SpanContext) -> Self {
        self.write(|bytes| encoding::linked(bytes, to));
        self
    }

    /// Says something about it while it is under way.
    pub(crate) fn say(&mut self, key: &str, text: &str) {
        self.write(|to| encoding::said(to, key, text));
    }

    /// What it stands for failed, in this way.
    pub(crate) fn failed(&mut self, class: &str) {
        self.say("error.type", class);
        if let Some(record) = &mut self.record {
            record.is_failed = true;
        }
    }

    fn write(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if let Some(record) = &mut self.record {
            write(&mut record.bytes);
        }
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let Some(Record { to, mut bytes, is_failed, undecided }) = self.record.take() else { return };
        let trace = self.place.trace_id();
        if undecided.is_some_and(|Undecided { share, case }| !share.keeps_at_last(case, trace)) {
            return;
        }
        encoding::ended(&mut bytes, now(), is_failed);
        to.push_written(&OURS, &bytes);
    }
}

/// The scope of all spans of this system.
static OURS: LazyLock<InstrumentationScope> = LazyLock::new(|| InstrumentationScope::builder(SCOPE).build());

/// The SDK's clock: a span must not seem to begin before one around it that the SDK began.
fn now() -> SystemTime {
    opentelemetry::time::now()
}
