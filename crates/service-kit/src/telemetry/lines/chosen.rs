//! Which lines are written and pushed, by a filter that can be changed meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, ParseError};
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

/// Chooses lines, and can be changed while they are written. Clones are the same choice.
#[derive(Debug, Clone)]
pub(in super::super) struct Chosen {
    choice: Arc<Choice>,
    /// Whether our spans are seen as well, whatever the filter says: a line's case is on them.
    spans: bool,
}

#[derive(Debug)]
struct Choice {
    filter: RwLock<EnvFilter>,
    /// Whether the filter goes by spans (`[span{field=value}]`), and so must hear of each of them. Otherwise it is
    /// asked once for each place that a line may come from: spans are entered several times a call, by all threads, and
    /// each would take its lock.
    goes_by_spans: AtomicBool,
}

impl Chosen {
    /// By such a filter.
    ///
    /// # Errors
    /// It does not read.
    pub(in super::super) fn new(filter: &str) -> Result<Self, ParseError> {
        let (filter, goes_by_spans) = (EnvFilter::try_new(filter)?, goes_by_spans(filter));
        let choice = Choice { filter: filter.into(), goes_by_spans: goes_by_spans.into() };
        Ok(Self { choice: Arc::new(choice), spans: false })
    }

    /// The same choice, for lines that name their case.
    pub(in super::super) fn with_spans(&self) -> Self {
        Self { choice: Arc::clone(&self.choice), spans: true }
    }

    /// From now on by another filter.
    ///
    /// # Errors
    /// It does not read; then all stays as it was.
    pub(in super::super) fn change(&self, filter: &str) -> Result<(), ParseError> {
        let (new, goes_by_spans) = (EnvFilter::try_new(filter)?, goes_by_spans(filter));
        *self.choice.filter.write().unwrap_or_else(PoisonError::into_inner) = new;
        self.choice.goes_by_spans.store(goes_by_spans, Ordering::Relaxed);
        // What each place was told when it was asked holds no longer.
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    }

    /// Whether the filter goes by spans and their fields.
    pub(in super::super) fn goes_by_spans(&self) -> bool {
        self.choice.goes_by_spans.load(Ordering::Relaxed)
    }

    fn filter(&self) -> RwLockReadGuard<'_, EnvFilter> {
        self.choice.filter.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The filter, if it goes by spans.
    fn following(&self) -> Option<RwLockReadGuard<'_, EnvFilter>> {
        self.goes_by_spans().then(|| self.filter())
    }

    fn is_span_of_ours(&self, metadata: &Metadata<'_>) -> bool {
        self.spans && super::super::is_span_of_ours(metadata)
    }
}

/// By its syntax: what stands in brackets is about spans.
fn goes_by_spans(filter: &str) -> bool {
    filter.contains('[')
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Filter<S> for Chosen {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        self.is_span_of_ours(metadata) || Filter::enabled(&*self.filter(), metadata, context)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Asked in any case: a filter that goes by spans notes those that it will hear of.
        let interest = Filter::<S>::callsite_enabled(&*self.filter(), metadata);
        if self.is_span_of_ours(metadata) { Interest::always() } else { interest }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let hint = Filter::<S>::max_level_hint(&*self.filter())?;
        Some(if self.spans { hint.max(LevelFilter::from_level(Level::INFO)) } else { hint })
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(filter) = self.following() {
            Filter::on_new_span(&*filter, attributes, id, context);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(filter) = self.following() {
            Filter::on_record(&*filter, id, values, context);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(filter) = self.following() {
            Filter::on_enter(&*filter, id, context);
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        if let Some(filter) = self.following() {
            Filter::on_exit(&*filter, id, context);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(filter) = self.following() {
            Filter::on_close(&*filter, id, context);
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::SubscriberExt;

    use uuid::Uuid;

    use super::super::super::heed;
    use super::super::MESSAGE;
    use super::super::tests::Heard;
    use super::*;
    use crate::spans;

    #[test]
    fn a_filter_may_go_by_spans_and_can_be_changed_while_lines_are_written() {
        let (heard, chosen) = (Heard::default(), Chosen::new("error,[call{case=7}]=info").unwrap());
        let lines = heard.clone().with_filter(chosen.clone());
        let say = |what: &str| {
            tracing::info_span!("call", case = 7).in_scope(|| tracing::info!("{what}, in seven"));
            tracing::info_span!("call", case = 8).in_scope(|| tracing::info!("{what}, in eight"));
            tracing::info!("{what}, nowhere");
        };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            say("one");
            chosen.change("info").unwrap();
            say("two");
            assert!(chosen.change("info,[").is_err());
            say("three");
            chosen.change("error").unwrap();
            say("four");
            chosen.change("[call{case=8}]=info").unwrap();
            say("five");
        });
        let lines = std::mem::take(&mut *heard.0.lock().unwrap());
        let written: Vec<_> = lines.iter().map(|line| line.fields[MESSAGE].as_str().unwrap()).collect();
        let said = |what: &str| {
            ["seven", "eight", "nowhere"]
                .map(|place| written.iter().any(|line| line.contains(what) && line.ends_with(place)))
        };
        assert_eq!(said("one"), [true, false, false], "{written:?}");
        assert_eq!(said("two"), [true, true, true], "{written:?}");
        assert_eq!(said("three"), [true, true, true], "a wrong filter changes nothing: {written:?}");
        assert_eq!(said("four"), [false, false, false], "{written:?}");
        assert_eq!(said("five"), [false, true, false], "{written:?}");
    }

    #[test]
    fn a_filter_may_follow_one_case() {
        let (heard, chosen) =
            (Heard::default(), Chosen::new("off,[{casetrail.case.number=NB-1}]=debug").unwrap());
        heed(&chosen);
        let lines = heard.clone().with_filter(chosen.with_spans());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            for number in ["NB-1", "NB-2"] {
                let process = tracing::info_span!("process event", casetrail.case.number = number);
                process.in_scope(|| tracing::debug!("within {number}"));
                let call = spans::call(None, "casetrail.intake.v1.IntakeService/AddMessage", None);
                call.in_scope(|| {
                    spans::mark_as(Uuid::nil(), || Some(number.to_owned()));
                    tracing::debug!("not before the span is entered again: {number}");
                });
                call.in_scope(|| tracing::debug!("called for {number}"));
            }
        });
        let lines = std::mem::take(&mut *heard.0.lock().unwrap());
        let written: Vec<_> = lines.iter().map(|line| line.fields[MESSAGE].as_str().unwrap()).collect();
        assert_eq!(written, ["within NB-1", "called for NB-1"]);
    }
}
