//! `ListDeliveries`: what became of notifications; of one case from its history, of a brand from the read
//! model.

use std::collections::HashMap;

use contracts::notifications::v1::list_deliveries_request::Scope;
use contracts::notifications::v1::{DeliveryStanding, ListDeliveriesRequest, ListDeliveriesResponse};
use history::{Listed, Reader};
use jiff::Timestamp;
use service_kit::Failure;
use service_kit::request::Checks;
use sha2::{Digest, Sha256};
use tonic::Request;
use uuid::Uuid;

use super::words;
use crate::read_model::{CaseHead, DeliveryRow, Page};
use crate::service::Service;

/// As the audit of reads has it.
const METHOD: &str = "notifications.ListDeliveries";
/// The longest page.
const LONGEST_PAGE: u32 = 200;

pub(super) async fn answer(
    service: &Service,
    request: Request<ListDeliveriesRequest>,
) -> Result<ListDeliveriesResponse, Failure> {
    let reader = Reader::of(&request)?;
    let message = request.into_inner();
    let mut checks = Checks::new();
    let size = checks.page_size(message.page_size).min(LONGEST_PAGE);
    let after = read_token(&mut checks, &message);
    let standing = DeliveryStanding::try_from(message.standing).unwrap_or_default();
    let standing = match standing {
        DeliveryStanding::Unspecified => None,
        one => one.as_str_name().strip_prefix("DELIVERY_STANDING_").map(str::to_ascii_lowercase),
    };
    match &message.scope {
        Some(Scope::Brand(brand)) => drop(checks.brand("brand", brand)),
        Some(Scope::Case(case)) if !case.is_empty() => {}
        _ => checks.fail("case", "is required, or else brand"),
    }
    checks.finish()?;
    // One more than asked for tells whether there is another page.
    let page = Page { after, limit: size + 1 };
    let mut rows = match &message.scope {
        Some(Scope::Brand(brand)) => service.read_model.deliveries(brand, standing.as_deref(), &page).await?,
        Some(Scope::Case(case)) => of_case(service, &reader, case, standing.as_deref(), &page).await?,
        None => Vec::new(),
    };
    let more = rows.len() > size as usize;
    rows.truncate(size as usize);
    let next_page_token =
        rows.last().filter(|_| more).map(|(_, row)| token(&message, row)).unwrap_or_default();
    if let Some(Scope::Brand(brand)) = &message.scope {
        rows = reached(service, &reader, brand, rows).await?;
    }
    let deliveries = rows.iter().map(|(head, row)| words::delivery(head, row)).collect();
    Ok(ListDeliveriesResponse { deliveries, next_page_token })
}

/// Of a brand's rows those whose case the caller reaches, so that a page may be shorter than asked for; each of these
/// cases is written down.
async fn reached(
    service: &Service,
    reader: &Reader,
    brand: &str,
    rows: Vec<(CaseHead, DeliveryRow)>,
) -> Result<Vec<(CaseHead, DeliveryRow)>, Failure> {
    let mut cases: HashMap<Uuid, bool> = HashMap::new();
    for (head, _) in &rows {
        if cases.contains_key(&head.case_id) {
            continue;
        }
        let is_reached = service.reaches(head.case_id).await?;
        if is_reached {
            let listed = Listed { brand, case: head.case_id, player_id: &head.player_id };
            service.audit().note_listed(reader, listed, METHOD)?;
        }
        cases.insert(head.case_id, is_reached);
    }
    Ok(rows.into_iter().filter(|(head, _)| cases.get(&head.case_id) == Some(&true)).collect())
}

async fn of_case(
    service: &Service,
    reader: &Reader,
    given: &str,
    standing: Option<&str>,
    page: &Page,
) -> Result<Vec<(CaseHead, DeliveryRow)>, Failure> {
    let case = service.case(service.find_case(given).await?).await?;
    service.audit().note(reader, &case, METHOD, "deliveries")?;
    let head = CaseHead::of(&case);
    Ok(DeliveryRow::of_case(&case)
        .into_iter()
        .filter(|row| standing.is_none_or(|standing| row.standing == standing))
        .filter(|row| page.after.is_none_or(|after| row.place() < after))
        .take(page.limit as usize)
        .map(|row| (head.clone(), row))
        .collect())
}

/// Where the next page begins, bound to the question it belongs to.
fn token(message: &ListDeliveriesRequest, last: &DeliveryRow) -> String {
    format!("{}.{}.{}", question(message), last.queued_at.as_microsecond(), last.notification_id.simple())
}

fn read_token(checks: &mut Checks, message: &ListDeliveriesRequest) -> Option<(Timestamp, Uuid)> {
    if message.page_token.is_empty() {
        return None;
    }
    let read = || {
        let mut parts = message.page_token.split('.');
        let asked = parts.next()? == question(message);
        let queued_at = Timestamp::from_microsecond(parts.next()?.parse().ok()?).ok()?;
        let notification_id = Uuid::parse_str(parts.next()?).ok()?;
        (asked && parts.next().is_none()).then_some((queued_at, notification_id))
    };
    let after = read();
    if after.is_none() {
        checks.fail("page_token", "is not one of ours, or belongs to other fields; begin again without it");
    }
    after
}

fn question(message: &ListDeliveriesRequest) -> String {
    let scope = match &message.scope {
        Some(Scope::Case(case)) => format!("case {case}"),
        Some(Scope::Brand(brand)) => format!("brand {brand}"),
        None => String::new(),
    };
    let digest = Sha256::digest(format!("{scope} {}", message.standing));
    let start: [u8; 8] = std::array::from_fn(|index| digest[index]);
    format!("{:016x}", u64::from_be_bytes(start))
}
