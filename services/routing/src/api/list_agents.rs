//! Lists a brand's agents, by id.

use case::Team;
use contracts::routing::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::agents::agent;
use super::words::optional_word;
use super::{Api, page};

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ListAgentsRequest>,
) -> Result<pb::ListAgentsResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let brand = checks.brand("brand", &asked.brand);
    let team: Option<Team> = optional_word(&mut checks, "team", asked.team);
    let size = checks.page_size(asked.page_size);
    let list = format!("agents/{}/{}", asked.brand, asked.team);
    let behind = page::begin(&mut checks, &list, &asked.page_token, |end| Some(end.to_owned()));
    let brand = checks.finish_with(brand)?;
    api.catch_up().await?;
    let lines = api.desk.model.agents(&brand, team, behind.as_deref().unwrap_or_default(), size + 1).await?;
    let (lines, more) = page::cut(lines, size);
    let end = lines.last().filter(|_| more).map(|line| line.registered.agent_id.to_string());
    Ok(pb::ListAgentsResponse {
        agents: lines.iter().map(agent).collect(),
        next_page_token: page::next(&list, end),
    })
}
