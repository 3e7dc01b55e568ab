//! Sets a legal hold, or lifts it.

use case::privacy::{Command, HoldGround, SetLegalHold};
use contracts::privacy::v1 as pb;
use jiff::Timestamp;
use service_kit::Failure;
use service_kit::request::{Checks, moment, timestamp};
use tonic::Request;

use super::PrivacyApi;
use super::mutation::PlayerMutation;
use crate::api::words::{Word, optional_word};

pub(super) async fn handle(
    api: &PrivacyApi,
    request: Request<pb::SetLegalHoldRequest>,
) -> Result<pb::SetLegalHoldResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let (id, brand, player) = (&asked.request_id, &asked.brand, &asked.player_id);
    let mutation = PlayerMutation::read(&mut checks, &request, id, brand, player)?;
    let hold = hold(&mut checks, asked);
    let note = checks.optional_text("note", &asked.note, NOTE_CHARACTERS);
    let mutation = checks.finish_with(mutation)?;
    let (brand, player_id) = (mutation.brand.clone(), mutation.player_id.clone());
    let command = Command::SetLegalHold(SetLegalHold { brand, player_id, hold, note });
    let state = mutation.execute(api, command).await?.state;
    let hold = state.hold_at(api.parts.clock.now());
    Ok(pb::SetLegalHoldResponse {
        until: hold.map(|hold| timestamp(hold.until)),
        ground: hold.map_or(0, |hold| hold.ground.number()),
    })
}

/// The longest note, in characters.
const NOTE_CHARACTERS: usize = 2_000;

/// Until when and why; `None` to lift it.
fn hold(checks: &mut Checks, asked: &pb::SetLegalHoldRequest) -> Option<(Timestamp, HoldGround)> {
    let ground = optional_word(checks, "ground", asked.ground);
    let Some(until) = &asked.until else {
        if ground.is_some() {
            checks.fail("ground", "goes with until; without both the hold is lifted");
        }
        return None;
    };
    if ground.is_none() {
        checks.fail("ground", "is required with until: why the data must be kept");
    }
    moment(checks, "until", until).zip(ground)
}
