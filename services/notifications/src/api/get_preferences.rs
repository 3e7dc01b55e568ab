//! `GetPreferences`: the preferences in force.

use contracts::notifications::v1::{GetPreferencesRequest, GetPreferencesResponse};
use history::Reader;
use service_kit::Failure;
use tonic::Request;

use super::words;
use crate::service::Service;

pub(super) async fn answer(
    service: &Service,
    request: Request<GetPreferencesRequest>,
) -> Result<GetPreferencesResponse, Failure> {
    let reader = Reader::of(&request)?;
    let message = request.into_inner();
    let case = service.case(service.find_case(&message.case).await?).await?;
    service.audit().note(&reader, &case, "notifications.GetPreferences", "preferences")?;
    Ok(GetPreferencesResponse {
        case: Some(words::case_ref(&case)),
        preferences: Some(words::preferences(&case)),
    })
}
