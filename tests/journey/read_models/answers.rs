//! Everything that is answered from a read model, page by page.

use contracts::intake::v1 as intake;
use contracts::notifications::v1 as notifications;
use contracts::payments_escalation::v1 as payments;
use contracts::routing::v1 as routing;
use stories::Stage;

use crate::people::{ask, auditor};

/// Small, so that every list has several pages.
const PAGE: i32 = 3;

/// What the lists say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answers {
    cases: Vec<intake::CaseSummary>,
    queues: Vec<(routing::Team, Vec<routing::QueueEntry>, i32)>,
    agents: Vec<routing::Agent>,
    offers: Vec<routing::Offer>,
    escalations: Vec<payments::EscalationSummary>,
    deliveries: Vec<notifications::Delivery>,
}

impl Answers {
    /// Whether there is something of everything.
    pub(super) fn say_something(&self) -> bool {
        let queued = self.queues.iter().any(|(_, entries, _)| !entries.is_empty());
        let lists = [self.cases.len(), self.agents.len(), self.offers.len(), self.escalations.len()];
        queued && lists.iter().all(|length| *length > 0) && self.deliveries.len() > 3
    }
}

/// Asks one list until its last page.
macro_rules! every_page {
    ($client:expr, $method:ident, $items:ident, $request:expr) => {{
        let mut all = Vec::new();
        let mut page_token = String::new();
        loop {
            let mut request = $request;
            request.page_size = PAGE;
            request.page_token = page_token;
            let answer = $client.$method(ask(&auditor(), request)).await.unwrap().into_inner();
            assert!(answer.$items.len() <= PAGE as usize, "a page is no longer than asked for");
            all.extend(answer.$items);
            if answer.next_page_token.is_empty() {
                break all;
            }
            page_token = answer.next_page_token;
        }
    }};
}

/// Asks every list.
pub(super) async fn every_answer(stage: &Stage) -> Answers {
    let brand = || Stage::BRAND.to_owned();
    let cases = intake::ListCasesRequest { brand: brand(), ..intake::ListCasesRequest::default() };
    let agents = routing::ListAgentsRequest { brand: brand(), ..routing::ListAgentsRequest::default() };
    let offers = routing::ListOffersRequest {
        brand: brand(),
        agent_id: "mette".to_owned(),
        ..routing::ListOffersRequest::default()
    };
    let escalations =
        payments::ListEscalationsRequest { brand: brand(), ..payments::ListEscalationsRequest::default() };
    let deliveries = notifications::ListDeliveriesRequest {
        scope: Some(notifications::list_deliveries_request::Scope::Brand(brand())),
        ..notifications::ListDeliveriesRequest::default()
    };
    let mut queues = Vec::new();
    for team in [routing::Team::Payments, routing::Team::General, routing::Team::ResponsibleGambling] {
        let request = routing::ListQueueRequest {
            brand: brand(),
            team: team.into(),
            ..routing::ListQueueRequest::default()
        };
        let entries = every_page!(stage.routing(), list_queue, entries, request.clone());
        let whole = stage.routing().list_queue(ask(&auditor(), request)).await.unwrap().into_inner();
        queues.push((team, entries, whole.depth));
    }
    Answers {
        cases: every_page!(stage.intake(), list_cases, cases, cases.clone()),
        queues,
        agents: every_page!(stage.routing(), list_agents, agents, agents.clone()),
        offers: every_page!(stage.routing(), list_offers, offers, offers.clone()),
        escalations: every_page!(stage.payments(), list_escalations, escalations, escalations.clone()),
        deliveries: every_page!(stage.notifications(), list_deliveries, deliveries, deliveries.clone()),
    }
}
