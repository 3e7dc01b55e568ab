//! What every method that changes something has in common: who asks, once, about which player.

use case::privacy::{Command, DataSubject, PrivacyDesk, player_stream_id};
use case::{Actor, Brand, PlayerId};
use service_kit::execute::Outcome;
use service_kit::request::{Body, Checks, actor, fingerprint};
use service_kit::{CommandRequest, Failure};
use tonic::Request;
use uuid::Uuid;

use super::PrivacyApi;

/// A request about a player.
pub(super) struct PlayerMutation {
    pub(super) brand: Brand,
    pub(super) player_id: PlayerId,
    actor: Actor,
    body: [u8; 32],
    request_id: Uuid,
}

impl PlayerMutation {
    /// Checks the fields that every such request has. `None` when one of them is wrong.
    pub(super) fn read<M: Body>(
        checks: &mut Checks,
        request: &Request<M>,
        request_id: &str,
        brand: &str,
        player_id: &str,
    ) -> Result<Option<Self>, Failure> {
        let (actor, body) = (actor(request)?, fingerprint(request.get_ref()));
        let request_id = checks.request_id(request_id);
        let brand = checks.brand("brand", brand);
        let player_id = checks.parse("player_id", player_id);
        let read =
            || Some(Self { brand: brand?, player_id: player_id?, actor, body, request_id: request_id? });
        Ok(read())
    }

    /// Decides and records.
    pub(super) async fn execute(
        &self,
        api: &PrivacyApi,
        command: Command,
    ) -> Result<Outcome<DataSubject>, Failure> {
        api.subjects
            .execute(CommandRequest::<PrivacyDesk> {
                stream: player_stream_id(&self.brand, &self.player_id),
                command_id: self.request_id,
                fingerprint: self.body,
                actor: self.actor.clone(),
                etag: None,
                causation_id: None,
                answers: None,
                correlation_id: None,
                creates: true,
                command,
            })
            .await
    }
}
