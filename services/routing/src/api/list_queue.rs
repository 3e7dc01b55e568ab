//! Lists a team's queue in order, each place explained.

use case::Team;
use contracts::routing::v1 as pb;
use service_kit::request::{Checks, timestamp};
use service_kit::{Failure, Scope};
use tonic::Request;

use super::view::entry;
use super::words::word;
use super::{Api, page};

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ListQueueRequest>,
) -> Result<pb::ListQueueResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let brand = checks.brand("brand", &asked.brand);
    let team: Option<Team> = word(&mut checks, "team", asked.team);
    let size = checks.page_size(asked.page_size);
    let list = format!("queue/{}/{}", asked.brand, asked.team);
    // A queue moves while it is read: a page begins at a place, whoever stands there by then.
    let skip = page::begin(&mut checks, &list, &asked.page_token, |end| end.parse::<u32>().ok()).unwrap_or(0);
    let (brand, team) = checks.finish_with(brand.zip(team))?;
    if Scope::current().hidden_teams().contains(&team) {
        return Err(Failure::Refused {
            reason: "TEAM_NOT_ALLOWED",
            message: format!("the queue of {team} is for its members only"),
            metadata: Vec::new(),
            field: None,
            permission: true,
        });
    }
    api.catch_up().await?;
    let depth = api.desk.model.depth(&brand, team).await?;
    let lines = api.desk.model.queue(&brand, team, skip, size + 1).await?;
    let (lines, more) = page::cut(lines, size);
    let now = api.desk.clock.now();
    let entries = lines.iter().zip(skip + 1..).map(|(line, place)| entry(line, place, now)).collect();
    Ok(pb::ListQueueResponse {
        entries,
        next_page_token: page::next(&list, more.then(|| (skip + size).to_string())),
        depth: i32::try_from(depth.cases).unwrap_or(i32::MAX),
        oldest_queued_at: depth.oldest_queued_at.map(timestamp),
    })
}
