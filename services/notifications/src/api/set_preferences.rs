//! `SetPreferences`: what the player wants to hear, and how.

use case::notifications::{Command, SetPreferences};
use contracts::notifications::v1::{
    DeliveryChannel, QuietHours, SetPreferencesRequest, SetPreferencesResponse,
};
use service_kit::Failure;
use service_kit::request::{Checks, actor, fingerprint};
use tonic::Request;

use super::words::{self, Mutation};
use crate::service::Service;

pub(super) async fn answer(
    service: &Service,
    request: Request<SetPreferencesRequest>,
) -> Result<SetPreferencesResponse, Failure> {
    let actor = actor(&request)?;
    let message = request.into_inner();
    let mut checks = Checks::new();
    let request_id = checks.request_id(&message.request_id);
    let etag = checks.etag(&message.etag);
    if message.case.is_empty() {
        checks.fail("case", "is required");
    }
    let command = command(&mut checks, &message);
    let (request_id, command) = checks.finish_with(request_id.zip(command))?;
    let case_id = service.find_case(&message.case).await?;
    let mutation = Mutation { case_id, request_id, fingerprint: fingerprint(&message), etag, actor };
    let outcome = service.execute(mutation.with(Command::SetPreferences(command))).await?;
    Ok(SetPreferencesResponse {
        case: Some(words::case_ref(&outcome.state)),
        preferences: Some(words::preferences(&outcome.state)),
    })
}

fn command(checks: &mut Checks, message: &SetPreferencesRequest) -> Option<SetPreferences> {
    let Some(given) = &message.preferences else {
        checks.fail("preferences", "is required");
        return None;
    };
    let channel = DeliveryChannel::try_from(given.channel).unwrap_or_default();
    let channel = checks.word("preferences.channel", "DELIVERY_CHANNEL_", channel.as_str_name())?;
    let (quiet_from_hour, quiet_until_hour) = match given.quiet_hours {
        None => (None, None),
        Some(QuietHours { from_hour, until_hour }) => (
            Some(hour(checks, "preferences.quiet_hours.from_hour", from_hour)?),
            Some(hour(checks, "preferences.quiet_hours.until_hour", until_hour)?),
        ),
    };
    Some(SetPreferences {
        channel,
        marketing_consent: given.marketing_consent,
        quiet_from_hour,
        quiet_until_hour,
    })
}

fn hour(checks: &mut Checks, field: &str, given: i32) -> Option<u8> {
    let hour = u8::try_from(given).ok().filter(|hour| *hour < 24);
    if hour.is_none() {
        checks.fail(field, format!("{given} is not an hour of the day; use 0 to 23"));
    }
    hour
}
