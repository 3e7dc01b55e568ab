//! `ListTraces`: from a case to the traces its facts were recorded in.

use std::collections::HashMap;

use contracts::history::v1::{ListTracesRequest, ListTracesResponse, Trace};
use event_log::Committed;
use service_kit::request::{Checks, timestamp};
use service_kit::{EventMeta, Failure};

use crate::chain::Chain;
use crate::page;
use crate::service::Inner;

pub(crate) async fn answer(
    history: &Inner,
    request: ListTracesRequest,
) -> Result<ListTracesResponse, Failure> {
    let bound = ListTracesRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let mut checks = Checks::new();
    let size = checks.page_size(request.page_size) as usize;
    let after = page::read(&mut checks, &request.page_token, &bound);
    let after = usize::try_from(checks.finish_with(after)?).unwrap_or(usize::MAX);
    let stream = history.directory.resolve("case", &request.case).await?;
    history.case_as_of(stream, &request.case, None).await?;

    let mut traces = Traces { url: &history.trace_url, found: Vec::new(), places: HashMap::new() };
    let mut chain = Chain::new(history.parts.log.as_ref(), stream, 0);
    loop {
        let facts = chain.next().await?;
        if facts.is_empty() {
            break;
        }
        for fact in &facts {
            traces.take(fact)?;
        }
    }
    let mut rest = traces.found.into_iter().skip(after);
    let page: Vec<Trace> = rest.by_ref().take(size).collect();
    let next_page_token =
        if rest.next().is_some() { page::token((after + page.len()) as u64, &bound) } else { String::new() };
    Ok(ListTracesResponse { traces: page, next_page_token })
}

struct Traces<'a> {
    url: &'a str,
    found: Vec<Trace>,
    places: HashMap<String, usize>,
}

impl Traces<'_> {
    fn take(&mut self, fact: &Committed) -> Result<(), Failure> {
        let meta = EventMeta::decode(&fact.meta)
            .map_err(|error| Failure::Internal(format!("the meta of {}: {error}", fact.event_id)))?;
        let Some(span) = meta.span_context() else { return Ok(()) };
        let trace_id = span.trace_id().to_string();
        let stage = fact.event_type.split('.').next().unwrap_or_default().to_owned();
        let at = Some(timestamp(fact.recorded_at));
        let place = *self.places.entry(trace_id.clone()).or_insert_with(|| {
            let url = self.url.replace("{trace_id}", &trace_id);
            self.found.push(Trace { trace_id, first_recorded_at: at, url, ..Trace::default() });
            self.found.len() - 1
        });
        let trace = &mut self.found[place];
        trace.last_recorded_at = at;
        trace.facts += 1;
        if !trace.services.contains(&stage) {
            trace.services.push(stage);
        }
        Ok(())
    }
}
