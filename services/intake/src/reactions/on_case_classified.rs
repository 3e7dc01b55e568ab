//! A case is about a technical fault: if many are about the same product, they are flagged with one
//! pattern (R46).

use std::collections::BTreeSet;

use async_trait::async_trait;
use case::intake::{Event, FlagPattern, Intake};
use case::{Brand, Case, CaseEvent, Topic};
use event_bus::Subscription;
use jiff::{SignedDuration, Timestamp};
use service_kit::reaction::{Fact, Reaction, case_of};
use service_kit::store::Store;
use service_kit::{Executor, Failure};
use uuid::Uuid;

use crate::read_model::{Report, reports};

/// What many players report is one fault only here.
const TOPIC: Topic = Topic::Technical;

pub(crate) struct OnCaseClassified {
    executor: Executor<Case>,
    store: Store,
    cases: Subscription,
    threshold: u32,
    window: SignedDuration,
}

impl OnCaseClassified {
    /// `cases` is the read model in `store`; from `threshold` cases within `window` they are a pattern.
    pub(crate) fn new(
        executor: Executor<Case>,
        store: Store,
        cases: Subscription,
        threshold: u32,
        window: SignedDuration,
    ) -> Self {
        Self { executor, store, cases, threshold, window }
    }

    /// The cases that report the same, up to this one.
    async fn reports(
        &self,
        brand: &Brand,
        product: &str,
        opened_at: Timestamp,
    ) -> Result<Vec<Report>, Failure> {
        let from =
            opened_at.saturating_sub(self.window).map_err(|error| Failure::Internal(error.to_string()))?;
        let mut reports = reports(&self.store, brand, TOPIC, product, from, opened_at).await?;
        // A flag that the read model does not show yet stands in the history.
        for report in reports.iter_mut().filter(|report| report.pattern_id.is_none()) {
            let case = self.executor.load(report.case_id).await?;
            report.pattern_id = case.intake.patterns.first().copied();
        }
        Ok(reports)
    }
}

#[async_trait]
impl Reaction for OnCaseClassified {
    fn name(&self) -> &'static str {
        "intake.on_case_classified"
    }

    fn events(&self) -> &'static [&'static str] {
        &["intake.case_classified"]
    }

    async fn react(&self, fact: &Fact) -> Result<(), Failure> {
        let CaseEvent::Intake(Event::CaseClassified(classified)) = &fact.event else { return Ok(()) };
        if classified.topic != TOPIC {
            return Ok(());
        }
        let case = case_of(&self.executor, fact).await?;
        let (Some(brand), Some(product), Some(opened_at)) =
            (case.brand(), &case.intake.product, case.opened_at)
        else {
            return Ok(());
        };
        // This case counts too, so the read model has to know it.
        self.cases
            .wait_until(fact.committed.position)
            .await
            .map_err(|stopped| Failure::Away(stopped.to_string()))?;

        // From looking for a pattern to flagging it: two cases that come at the same moment would otherwise
        // give one fault two patterns.
        let _turn = self.store.turn(&format!("pattern/{brand}/{product}")).await?;
        let reports = self.reports(brand, product, opened_at).await?;
        let counted = || reports.iter().filter(|report| report.counts);
        let cases_seen = u32::try_from(counted().count()).unwrap_or(u32::MAX);
        // One player who reports again and again is no pattern.
        let players: BTreeSet<&str> = counted().map(|report| report.player_id.as_str()).collect();
        let is_pattern = u32::try_from(players.len()).unwrap_or(u32::MAX) >= self.threshold;
        let Some(oldest) = reports.first().filter(|_| is_pattern) else { return Ok(()) };
        let known = reports.iter().find_map(|report| report.pattern_id);
        let pattern_id = known.unwrap_or_else(|| pattern_of(oldest.case_id, product));
        for report in reports.iter().filter(|report| report.pattern_id.is_none()) {
            let flag = FlagPattern { pattern_id, topic: TOPIC, product: product.clone(), cases_seen };
            let command = fact.command_for::<Intake>(self.name(), report.case_id, flag.into());
            self.executor.execute(command).await?;
        }
        Ok(())
    }
}

/// The id of the pattern that begins with this case: the same whichever case completes it.
fn pattern_of(oldest: Uuid, product: &str) -> Uuid {
    case::derive("pattern", oldest, product)
}
