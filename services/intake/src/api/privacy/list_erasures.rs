//! Lists a brand's erasures, also those that were refused, the last one first.

use case::privacy::ErasureGround;
use contracts::privacy::v1 as pb;
use jiff::Timestamp;
use service_kit::Failure;
use service_kit::request::{Checks, timestamp};
use tonic::Request;

use super::PrivacyApi;
use crate::api::page::{list_of, read_token, write_token};
use crate::api::words::number_of_stored;
use crate::erasures::{After, Line, list};

pub(super) async fn handle(
    api: &PrivacyApi,
    request: Request<pb::ListErasuresRequest>,
) -> Result<pb::ListErasuresResponse, Failure> {
    let asked = request.into_inner();
    let mut checks = Checks::new();
    let brand = checks.brand("brand", &asked.brand);
    let player_id = checks.parse_optional("player_id", &asked.player_id);
    let size = checks.page_size(asked.page_size);
    let of = list_of(&pb::ListErasuresRequest { page_size: 0, page_token: String::new(), ..asked.clone() });
    let after = read_token(&mut checks, &asked.page_token, &of, position);
    let brand = checks.finish_with(brand)?;
    let (lines, more) = list(&api.store, &brand, player_id.as_ref(), after.as_ref(), size).await?;
    let next_page_token = match lines.last() {
        Some(last) if more => write_token(&of, &format!("{}/{}", last.recorded_at_us, last.event_id)),
        _ => String::new(),
    };
    Ok(pb::ListErasuresResponse { erasures: lines.iter().map(erasure).collect(), next_page_token })
}

fn position(text: &str) -> Option<After> {
    let (recorded_at_us, event_id) = text.split_once('/')?;
    Some(After { recorded_at_us: recorded_at_us.parse().ok()?, event_id: event_id.to_owned() })
}

fn erasure(line: &Line) -> pb::Erasure {
    let at = |us: i64| Timestamp::from_microsecond(us).ok().map(timestamp);
    pb::Erasure {
        player_id: line.player_id.clone(),
        ground: number_of_stored(&line.ground, ErasureGround::as_str),
        asked_by: line.asked_by.clone(),
        recorded_at: at(line.recorded_at_us),
        refused_until: if line.refused_until_us == 0 { None } else { at(line.refused_until_us) },
    }
}
