//! Lists the offers an agent has not answered, the first to expire first.

use case::AgentId;
use contracts::routing::v1 as pb;
use service_kit::request::Checks;
use service_kit::{Failure, Scope};
use tonic::Request;
use uuid::Uuid;

use super::view::offer;
use super::{Api, page};

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ListOffersRequest>,
) -> Result<pb::ListOffersResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let brand = checks.brand("brand", &asked.brand);
    let agent_id = checks.parse::<AgentId>("agent_id", &asked.agent_id);
    let size = checks.page_size(asked.page_size);
    let list = format!("offers/{}/{}", asked.brand, asked.agent_id);
    let behind = page::begin(&mut checks, &list, &asked.page_token, read_end);
    let (brand, agent_id) = checks.finish_with(brand.zip(agent_id))?;
    api.catch_up().await?;
    let lines = api.desk.model.offers(&brand, &agent_id, behind.as_ref(), size + 1).await?;
    let (lines, more) = page::cut(lines, size);
    let end = lines.last().filter(|_| more).and_then(|line| {
        let offer = line.offer.as_ref()?;
        Some(format!("{}/{}", offer.expires_at.as_microsecond(), line.case_id))
    });
    // A page may be shorter than asked for: what the caller does not reach is left out of it.
    let scope = Scope::current();
    let hidden = scope.hidden_teams();
    Ok(pb::ListOffersResponse {
        offers: lines.iter().filter(|line| !hidden.contains(&line.entry.team)).filter_map(offer).collect(),
        next_page_token: page::next(&list, end),
    })
}

fn read_end(end: &str) -> Option<(i64, Uuid)> {
    let (expires_us, case_id) = end.split_once('/')?;
    Some((expires_us.parse().ok()?, case_id.parse().ok()?))
}
