//! `ListHistory`: a case's facts in pages, oldest first.

use contracts::history::v1::{ListHistoryRequest, ListHistoryResponse};
use prost::Message;
use service_kit::Failure;
use service_kit::request::Checks;

use crate::chain::Chain;
use crate::narrator::Narrator;
use crate::reads::Reader;
use crate::service::Inner;
use crate::{as_of, page};

pub(crate) async fn answer(
    history: &Inner,
    reader: &Reader,
    request: ListHistoryRequest,
) -> Result<ListHistoryResponse, Failure> {
    let bound = ListHistoryRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let mut checks = Checks::new();
    let as_of = as_of::read(&mut checks, request.as_of.as_ref());
    let size = checks.page_size(request.page_size) as usize;
    let after = page::read(&mut checks, &request.page_token, &bound);
    let after = checks.finish_with(after)?;
    let stream = history.directory.resolve("case", &request.case).await?;
    let case = history.case_as_of(stream, &request.case, as_of).await?;
    history.directory.audit().note(reader, &case, "history.ListHistory", "player, texts")?;
    let until = case.version;

    let mut narrator = Narrator::after(&history.parts, &history.executor, stream, after).await?;
    let mut chain = Chain::new(history.parts.log.as_ref(), stream, after);
    let mut response = ListHistoryResponse::default();
    let mut weight = 0;
    'page: loop {
        let facts = chain.next().await?;
        if facts.is_empty() {
            break;
        }
        for fact in facts.iter().take_while(|fact| fact.version <= until) {
            if response.entries.len() == size || weight > page::PAGE_BYTES {
                break 'page;
            }
            let entry = narrator.tell(fact).await?;
            weight += entry.encoded_len();
            response.entries.push(entry);
        }
        if narrator.version() >= until {
            break;
        }
    }
    if narrator.version() < until {
        response.next_page_token = page::token(narrator.version(), &bound);
    }
    Ok(response)
}
