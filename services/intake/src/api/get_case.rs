//! Returns one case, folded from its history.

use contracts::intake::v1 as pb;
use history::Reader;
use service_kit::Failure;
use tonic::Request;

use super::Api;
use super::view::whole_case;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::GetCaseRequest>,
) -> Result<pb::GetCaseResponse, Failure> {
    let reader = Reader::of(&request)?;
    let case = api.case("case", &request.get_ref().case).await?;
    api.directory.audit().note(&reader, &case, "intake.GetCase", "player")?;
    Ok(pb::GetCaseResponse { case: Some(whole_case(&case)) })
}
