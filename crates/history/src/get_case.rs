//! `GetCase`: the case now, as of a version, or as of a time.

use contracts::history::v1::{GetCaseRequest, GetCaseResponse};
use service_kit::Failure;
use service_kit::request::Checks;

use crate::as_of;
use crate::reads::Reader;
use crate::service::Inner;
use crate::view::case_view;

pub(crate) async fn answer(
    history: &Inner,
    reader: &Reader,
    request: GetCaseRequest,
) -> Result<GetCaseResponse, Failure> {
    let mut checks = Checks::new();
    let as_of = as_of::read(&mut checks, request.as_of.as_ref());
    checks.finish()?;
    let stream = history.directory.resolve("case", &request.case).await?;
    let case = history.case_as_of(stream, &request.case, as_of).await?;
    history.directory.audit().note(reader, &case, "history.GetCase", "player")?;
    Ok(GetCaseResponse { case: Some(case_view(&case)) })
}
