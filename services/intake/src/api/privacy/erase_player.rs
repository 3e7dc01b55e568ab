//! Erases a player: the fact first, then the key. Should this process die between the two, every other one follows
//! the fact.

use case::privacy::{Command, ErasePlayer, Event, PlayerEvent, Refusal};
use contracts::privacy::v1 as pb;
use service_kit::Failure;
use service_kit::request::{Checks, timestamp};
use tonic::Request;

use super::PrivacyApi;
use super::mutation::PlayerMutation;
use crate::api::words::word;

pub(super) async fn handle(
    api: &PrivacyApi,
    request: Request<pb::ErasePlayerRequest>,
) -> Result<pb::ErasePlayerResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let (id, brand, player) = (&asked.request_id, &asked.brand, &asked.player_id);
    let mutation = PlayerMutation::read(&mut checks, &request, id, brand, player)?;
    let ground = word(&mut checks, "ground", asked.ground);
    let (mutation, ground) = checks.finish_with(mutation.zip(ground))?;
    let (brand, player_id) = (mutation.brand.clone(), mutation.player_id.clone());
    let command = Command::ErasePlayer(ErasePlayer { brand, player_id, ground });
    let outcome = mutation.execute(api, command).await?;

    for event in &outcome.events {
        if let PlayerEvent::Known(Event::ErasureRefused(refused)) = event {
            let refusal = Refusal::LegalHoldRuns { ground: refused.hold_ground, until: refused.held_until };
            return Err(Failure::refused(&refusal));
        }
    }
    let erased_at = outcome
        .state
        .erased_at
        .ok_or_else(|| Failure::Internal("an erasure was neither done nor refused".to_owned()))?;
    api.parts.sealer.destroy(mutation.brand.as_str(), mutation.player_id.as_str()).await?;
    if let Some(position) = outcome.position {
        api.rows.reach(position).await?;
    }
    Ok(pb::ErasePlayerResponse { erased_at: Some(timestamp(erased_at)) })
}
