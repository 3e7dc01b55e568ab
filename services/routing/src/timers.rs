//! What falls due on cases: rows derived from `case::routing::timers`. A due one becomes a command; the end
//! of a preference makes the dispatcher look again.

use std::sync::Arc;

use async_trait::async_trait;
use case::routing::timers::TimerKind;
use case::routing::{ClockKind, Mark, Routing, Rules};
use case::{Actor, Case, Skill};
use service_kit::timers::{Timer, TimerSource};
use service_kit::{CommandRequest, Failure};
use uuid::Uuid;

use crate::STAGE;
use crate::desk::Desk;

/// Their durable name.
pub(crate) const TIMERS: &str = "routing.timers";

pub(crate) struct Timers(pub(crate) Arc<Desk>);

/// What will be due on this case.
pub(crate) fn due(case: &Case, rules: &Rules) -> Vec<Timer> {
    case::routing::timers::timers(case, rules)
        .into_iter()
        .map(|timer| {
            let (kind, key) = write(timer.kind);
            Timer { kind: kind.to_owned(), key, due_at: timer.due_at }
        })
        .collect()
}

#[async_trait]
impl TimerSource for Timers {
    fn name(&self) -> &'static str {
        TIMERS
    }

    fn timers(&self, case: &Case) -> Vec<Timer> {
        due(case, &self.0.rules)
    }

    async fn fire(&self, stream: Uuid, timer: &Timer) -> Result<(), Failure> {
        let kind = read(&timer.kind, &timer.key)
            .ok_or_else(|| Failure::Internal(format!("no timer is called '{} {}'", timer.kind, timer.key)))?;
        let Some(command) = kind.command(&self.0.rules, timer.due_at) else {
            return self.0.dispatcher.case(stream, None).await;
        };
        // The same timer at the same moment is the same command, however often it is sent.
        let detail = format!("{} {} {}", timer.kind, timer.key, timer.due_at);
        let request = CommandRequest::<Routing> {
            stream,
            command_id: case::derive("routing.timer", stream, &detail),
            fingerprint: [0; 32],
            actor: Actor::service(STAGE),
            etag: None,
            causation_id: None,
            answers: None,
            correlation_id: None,
            creates: false,
            command,
        };
        self.0.executor.execute(request).await?;
        Ok(())
    }
}

const OFFER_EXPIRY: &str = "offer_expiry";
const SLA_WARNING: &str = "sla_warning";
const SLA_BREACH: &str = "sla_breach";
const SKILL_WAIT: &str = "skill_wait";
const AGEING: &str = "ageing";
const PREFERENCE: &str = "preference";

const CLOCKS: [(ClockKind, &str); 4] = [
    (ClockKind::FirstResponse, "first_response"),
    (ClockKind::NextUpdate, "next_update"),
    (ClockKind::Resolution, "resolution"),
    (ClockKind::Jurisdiction, "jurisdiction"),
];

/// A timer as its row has it: kind, and which of its kind.
fn write(kind: TimerKind) -> (&'static str, String) {
    match kind {
        TimerKind::OfferExpiry { offer_id } => (OFFER_EXPIRY, offer_id.to_string()),
        TimerKind::Sla { clock, generation, mark } => {
            let name = CLOCKS.iter().find(|(kind, _)| *kind == clock).map_or("", |(_, name)| name);
            let kind = match mark {
                Mark::Warning => SLA_WARNING,
                Mark::Breach => SLA_BREACH,
            };
            (kind, format!("{name}/{generation}"))
        }
        TimerKind::SkillWait { skill } => (SKILL_WAIT, skill.to_string()),
        TimerKind::Ageing => (AGEING, String::new()),
        TimerKind::PreferenceEnds => (PREFERENCE, String::new()),
    }
}

/// The inverse of [`write`].
fn read(kind: &str, key: &str) -> Option<TimerKind> {
    let sla = |mark| {
        let (name, generation) = key.split_once('/')?;
        let (clock, _) = CLOCKS.into_iter().find(|(_, known)| *known == name)?;
        Some(TimerKind::Sla { clock, generation: generation.parse().ok()?, mark })
    };
    match kind {
        OFFER_EXPIRY => Some(TimerKind::OfferExpiry { offer_id: key.parse().ok()? }),
        SLA_WARNING => sla(Mark::Warning),
        SLA_BREACH => sla(Mark::Breach),
        SKILL_WAIT => Some(TimerKind::SkillWait { skill: key.parse::<Skill>().ok()? }),
        AGEING => Some(TimerKind::Ageing),
        PREFERENCE => Some(TimerKind::PreferenceEnds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_timer_reads_back_from_its_row() {
        let mut all = vec![
            TimerKind::OfferExpiry { offer_id: Uuid::from_u128(7) },
            TimerKind::SkillWait { skill: Skill::Vip },
            TimerKind::Ageing,
            TimerKind::PreferenceEnds,
        ];
        for (clock, _) in CLOCKS {
            for mark in [Mark::Warning, Mark::Breach] {
                all.push(TimerKind::Sla { clock, generation: 3, mark });
            }
        }
        for kind in all {
            let (word, key) = write(kind);
            assert_eq!(read(word, &key), Some(kind));
        }
        assert_eq!(read("sla_breach", "resolution"), None);
    }
}
