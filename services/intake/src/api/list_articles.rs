//! Lists the help centre's articles, by id.

use case::Language;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::page::{list_of, read_token, write_token};
use super::view::article;
use super::words::optional_word;

#[expect(clippy::unused_async, reason = "every method is called the same way")]
pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ListArticlesRequest>,
) -> Result<pb::ListArticlesResponse, Failure> {
    let asked = request.into_inner();
    let mut checks = Checks::new();
    let language = checks.parse::<Language>("language_code", &asked.language_code);
    let topic = optional_word(&mut checks, "topic", asked.topic);
    let size = usize::try_from(checks.page_size(asked.page_size)).unwrap_or(usize::MAX);
    let filters = pb::ListArticlesRequest { page_size: 0, page_token: String::new(), ..asked.clone() };
    let of = list_of(&filters);
    let after =
        read_token(&mut checks, &asked.page_token, &of, |text| Some(text.to_owned())).unwrap_or_default();
    let language = checks.finish_with(language)?;
    let mut articles = api.texts.list(language, topic);
    articles.retain(|article| article.id > after.as_str());
    let more = articles.len() > size;
    articles.truncate(size);
    let next_page_token = match articles.last() {
        Some(last) if more => write_token(&of, last.id),
        _ => String::new(),
    };
    Ok(pb::ListArticlesResponse { articles: articles.into_iter().map(article).collect(), next_page_token })
}
