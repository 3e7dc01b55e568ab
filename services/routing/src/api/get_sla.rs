//! Returns a case's clocks and horizon as of now.

use case::Team;
use contracts::routing::v1 as pb;
use service_kit::Failure;
use service_kit::request::timestamp;
use tonic::Request;

use super::Api;
use super::view::{case_ref, clock};

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::GetSlaRequest>,
) -> Result<pb::GetSlaResponse, Failure> {
    let stream = api.directory.resolve("case", &request.get_ref().case).await?;
    let case = api.desk.executor.load_existing(stream).await?;
    let routing = &case.routing;
    let (now, team) = (api.desk.clock.now(), routing.team.unwrap_or(Team::General));
    let clocks = routing.clocks.iter().map(|(kind, state)| clock(*kind, state, &api.desk.rules, team, now));
    Ok(pb::GetSlaResponse {
        case: Some(case_ref(&case)),
        clocks: clocks.collect(),
        horizon: routing.horizon.map(timestamp),
        horizon_extensions: i32::try_from(routing.horizon_extensions).unwrap_or(i32::MAX),
        escalated_to_lead: routing.escalated_to_lead,
    })
}
