//! What is kept beside a span of `tracing` while it is under way, in the registry: where it stands in its trace, what is
//! written down of it, and its case. Lines find it there, and so does what is made within it.
//!
//! The span of `tracing` itself only says what the call or the reaction stands in; OpenTelemetry hears nothing of it.

use opentelemetry::trace::{SpanContext, TraceContextExt};
use tracing::{Dispatch, Span};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::{LookupSpan, SpanRef};
use uuid::Uuid;

use super::lines::OfCase;
use super::written::Written;
use super::{CASE_ID, CASE_NUMBER};

/// Kept beside a span of a call, a reaction or a timer. It is over when that is.
#[derive(Debug)]
pub(crate) struct Beside {
    written: Written,
    case: Option<Uuid>,
    number: Option<String>,
}

impl Beside {
    /// A span that is written down. Its case may not be known yet.
    pub(crate) fn new(written: Written) -> Self {
        Self { written, case: None, number: None }
    }

    /// One of a case that was known when it began.
    pub(crate) fn of(written: Written, case: Uuid, number: Option<&str>) -> Self {
        let mut beside = Self::new(written);
        beside.mark(case, || number.map(str::to_owned));
        beside
    }

    /// Puts it beside a span, if anybody hears of that.
    pub(crate) fn put(self, span: &Span) {
        span.with_subscriber(|(id, dispatch)| {
            if let Some(span) = dispatch.downcast_ref::<Registry>().and_then(|registry| registry.span(id)) {
                span.extensions_mut().insert(self);
            }
        });
    }

    /// Says whose it is. The first case counts: a reaction may send a command to another one later.
    pub(crate) fn mark(&mut self, case: Uuid, number: impl FnOnce() -> Option<String>) {
        if self.case.is_none() {
            self.case = Some(case);
            self.written.is_of(case);
            self.written.say(CASE_ID, case.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        }
        if self.case == Some(case)
            && self.number.is_none()
            && let Some(number) = number()
        {
            self.written.say(CASE_NUMBER, &number);
            self.number = Some(number);
        }
    }

    /// What is written down of it.
    pub(crate) fn written(&mut self) -> &mut Written {
        &mut self.written
    }

    /// Where it stands in its trace.
    pub(crate) fn place(&self) -> &SpanContext {
        self.written.place()
    }

    /// How people call its case, where that is known.
    pub(crate) fn number(&self) -> Option<&str> {
        self.number.as_deref()
    }

    /// Its case, as lines name it.
    pub(super) fn of_case(&self) -> OfCase {
        OfCase { id: self.case.map(|case| case.to_string()), number: self.number.clone() }
    }
}

/// Does something with what is beside a span; nothing where nothing is.
pub(crate) fn beside<R>(span: &Span, doing: impl FnOnce(&mut Beside) -> R) -> Option<R> {
    span.with_subscriber(|(id, dispatch)| {
        let span = dispatch.downcast_ref::<Registry>()?.span(id)?;
        span.extensions_mut().get_mut().map(doing)
    })?
}

/// Likewise, beside the one that is current.
pub(crate) fn beside_current<R>(doing: impl FnOnce(&mut Beside) -> R) -> Option<R> {
    in_current(|span, _| span.extensions_mut().get_mut().map(doing))
}

/// Where the call or the reaction stands that is under way.
pub(crate) fn here() -> Option<SpanContext> {
    in_current(|span, dispatch| span.scope().find_map(|span| place(&span, dispatch)))
}

/// Where a span stands, if it is one of ours: written down, or made by the bridge.
pub(super) fn place<S>(span: &SpanRef<'_, S>, dispatch: &Dispatch) -> Option<SpanContext>
where
    S: for<'a> LookupSpan<'a>,
{
    let written = span.extensions().get().map(|beside: &Beside| beside.place().clone());
    let bridged = || get_otel_context(&span.id(), dispatch).map(|of| of.span().span_context().clone());
    written.or_else(bridged).filter(SpanContext::is_valid)
}

fn in_current<R>(doing: impl FnOnce(&SpanRef<'_, Registry>, &Dispatch) -> Option<R>) -> Option<R> {
    let mut doing = Some(doing);
    tracing::dispatcher::get_default(|dispatch| {
        let registry = dispatch.downcast_ref::<Registry>()?;
        let current = dispatch.current_span();
        let span = registry.span(current.id()?)?;
        doing.take()?(&span, dispatch)
    })
}
