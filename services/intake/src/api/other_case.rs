//! What must be known of a case that another one is tied to.

use case::Case;
use case::intake::OtherCase;
use service_kit::Failure;

use super::Api;

/// The case that `field` names.
///
/// # Errors
/// `CASE_NOT_FOUND` when there is none.
pub(super) async fn load(api: &Api, field: &str, named: &str) -> Result<OtherCase, Failure> {
    let case = api.case(field, named).await?;
    known(&case).ok_or_else(|| Failure::Internal(format!("case {} was never opened by intake", case.id)))
}

/// As [`load`], for methods in which the case is a second one: when there is none the state says no.
///
/// # Errors
/// `OTHER_CASE_NOT_FOUND` when there is none.
pub(super) async fn load_second(api: &Api, field: &'static str, named: &str) -> Result<OtherCase, Failure> {
    load(api, field, named).await.map_err(|failure| match failure {
        Failure::NotFound { id, .. } => Failure::Refused {
            reason: "OTHER_CASE_NOT_FOUND",
            message: format!("the other case '{id}' does not exist; check its id or number"),
            metadata: vec![("field", field.to_owned())],
            field: None,
            permission: false,
        },
        other => other,
    })
}

fn known(case: &Case) -> Option<OtherCase> {
    Some(OtherCase {
        case: case.id,
        brand: case.brand()?.clone(),
        player_id: case.intake.player.as_ref()?.player_id.clone(),
        is_over: case.state.is_over(),
    })
}
