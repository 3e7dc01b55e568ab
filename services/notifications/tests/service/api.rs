//! The methods: what they show, and how they say no.

use anyhow::Result;
use case::notifications::NotificationKind;
use case::{CaseEvent, intake};
use contracts::notifications::v1::{
    DeliveryChannel, DeliveryStanding, GetPreferencesRequest, ListDeliveriesRequest, Preferences, QuietHours,
    RedriveNotificationRequest, SetPreferencesRequest, list_deliveries_request::Scope,
};
use tonic::Code;
use tonic_types::StatusExt as _;

use super::world::{Opening, World, by, number, reason, request_id};

fn resolved() -> CaseEvent {
    let summary = case::Personal::new("Done.");
    intake::Event::CaseResolved(intake::CaseResolved { resolution: intake::Resolution::Solved, summary })
        .into()
}

fn fields(status: &tonic::Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}

fn list(scope: Scope, page_size: i32, page_token: &str) -> ListDeliveriesRequest {
    ListDeliveriesRequest {
        scope: Some(scope),
        page_size,
        page_token: page_token.to_owned(),
        ..ListDeliveriesRequest::default()
    }
}

fn preferences(from_hour: i32, until_hour: i32) -> Preferences {
    Preferences {
        channel: DeliveryChannel::Webhook.into(),
        marketing_consent: true,
        quiet_hours: Some(QuietHours { from_hour, until_hour }),
    }
}

#[tokio::test]
async fn preferences_are_those_of_the_opening_until_the_player_says_otherwise() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(412, &Opening::default()).await?;
    let mut client = world.client.clone();
    let by_number = GetPreferencesRequest { case: number(412) };
    let known = client.get_preferences(by("player:player-7", by_number.clone())).await?.into_inner();
    let reference = known.case.expect("a case");
    assert_eq!(reference.case_id, case.to_string());
    let before =
        Preferences { channel: DeliveryChannel::Email.into(), marketing_consent: true, quiet_hours: None };
    assert_eq!(known.preferences, Some(before));

    let set = SetPreferencesRequest {
        request_id: request_id(),
        etag: reference.etag.clone(),
        case: case.to_string(),
        preferences: Some(preferences(21, 7)),
    };
    let answer = client.set_preferences(by("player:player-7", set.clone())).await?.into_inner();
    assert_eq!(answer.preferences, Some(preferences(21, 7)));
    let now = client.get_preferences(by("player:player-7", by_number)).await?.into_inner();
    assert_eq!(now.preferences, Some(preferences(21, 7)));

    let again = client.set_preferences(by("player:player-7", set.clone())).await?.into_inner();
    assert_eq!(again, answer, "a retry gets the first answer, stale etag or not");
    let stale = SetPreferencesRequest { request_id: request_id(), ..set };
    let refused = client.set_preferences(by("player:player-7", stale)).await.expect_err("stale");
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Aborted, "STALE_ETAG"));
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn every_wrong_field_is_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(1, &Opening::default()).await?;
    let mut client = world.client.clone();
    let nothing = client.set_preferences(by("agent:mette", SetPreferencesRequest::default())).await;
    assert_eq!(fields(&nothing.expect_err("empty")), ["request_id", "case", "preferences"]);
    let request = |preferences| SetPreferencesRequest {
        request_id: request_id(),
        case: case.to_string(),
        preferences: Some(preferences),
        ..SetPreferencesRequest::default()
    };
    let table = [
        (preferences(24, 7), "preferences.quiet_hours.from_hour"),
        (preferences(7, -1), "preferences.quiet_hours.until_hour"),
        (preferences(7, 7), "quiet_hours"),
        (Preferences { channel: 0, ..preferences(21, 7) }, "preferences.channel"),
    ];
    for (wrong, field) in table {
        let refused = client.set_preferences(by("agent:mette", request(wrong))).await.expect_err(field);
        assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec![field.to_owned()]));
    }
    let redrive = RedriveNotificationRequest {
        request_id: request_id(),
        case: case.to_string(),
        notification_id: "no".to_owned(),
        ..RedriveNotificationRequest::default()
    };
    let refused = client.redrive_notification(by("agent:mette", redrive)).await.expect_err("no id");
    assert_eq!(fields(&refused), ["notification_id"]);
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(1, &Opening::default()).await?;
    let mut client = world.client.clone();
    for unknown in [uuid::Uuid::from_u128(1).to_string(), number(412)] {
        let request = GetPreferencesRequest { case: unknown };
        let refused = client.get_preferences(by("agent:mette", request)).await.expect_err("unknown");
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "CASE_NOT_FOUND"));
    }
    let redrive = RedriveNotificationRequest {
        request_id: request_id(),
        case: case.to_string(),
        notification_id: uuid::Uuid::from_u128(1).to_string(),
        ..RedriveNotificationRequest::default()
    };
    let refused = client.redrive_notification(by("agent:mette", redrive)).await.expect_err("unknown");
    assert_eq!(reason(&refused), "NOTIFICATION_NOT_FOUND");
    world.stop().await;
    Ok(())
}

#[tokio::test]
async fn deliveries_of_a_case_and_of_a_brand_are_the_same_page_by_page_the_last_first() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::start(&folder, "").await?;
    let case = world.open(1, &Opening::default()).await?;
    for _ in 0..3 {
        world.happens(case, resolved()).await?;
        world.clock.advance(std::time::Duration::from_mins(1));
    }
    assert_eq!(world.count(case, NotificationKind::Resolved).await?, 3);
    let mut client = world.client.clone();
    let mut seen = Vec::new();
    for scope in [Scope::Case(case.to_string()), Scope::Brand("NB".to_owned())] {
        let (mut token, mut all) = (String::new(), Vec::new());
        loop {
            let request = list(scope.clone(), 4, &token);
            let page = client.list_deliveries(by("agent:mette", request)).await?.into_inner();
            assert!(page.deliveries.len() <= 4);
            all.extend(page.deliveries);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
            let wrong = list(Scope::Brand("DK".to_owned()), 4, &token);
            let refused =
                client.list_deliveries(by("agent:mette", wrong)).await.expect_err("another question");
            assert_eq!(fields(&refused), ["page_token"]);
        }
        assert_eq!(all.len(), 6);
        assert!(all.windows(2).all(|pair| {
            let second = |one: &contracts::notifications::v1::Delivery| one.queued_at.map(|at| at.seconds);
            second(&pair[0]) >= second(&pair[1])
        }));
        seen.push(all);
    }
    assert_eq!(seen[0], seen[1]);
    let sent = ListDeliveriesRequest {
        standing: DeliveryStanding::Suppressed.into(),
        ..list(Scope::Brand("NB".to_owned()), 0, "")
    };
    assert!(client.list_deliveries(by("agent:mette", sent)).await?.into_inner().deliveries.is_empty());
    let nothing = client.list_deliveries(by("agent:mette", ListDeliveriesRequest::default())).await;
    assert_eq!(fields(&nothing.expect_err("no scope")), ["case"]);
    world.stop().await;
    Ok(())
}
