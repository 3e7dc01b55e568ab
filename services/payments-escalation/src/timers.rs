//! When the gateway's answers are due: rows derived from facts. A due one becomes `RecordGatewayTimeout`.

use async_trait::async_trait;
use case::payments_escalation::{PaymentsEscalation, RecordGatewayTimeout};
use case::{Actor, Case};
use service_kit::timers::{Timer, TimerSource};
use service_kit::{CommandRequest, Executor, Failure};
use uuid::Uuid;

use crate::STAGE;

/// Their durable name.
pub(crate) const TIMERS: &str = "payments_escalation.timers";

const GATEWAY_ANSWER: &str = "gateway_answer";

/// What will be due on this case.
pub(crate) fn due(case: &Case) -> Vec<Timer> {
    case.payments_escalation
        .calls
        .iter()
        .filter(|call| !call.answered && !call.timed_out)
        .map(|call| Timer {
            kind: GATEWAY_ANSWER.to_owned(),
            key: call.key.to_string(),
            due_at: call.answer_due_at,
        })
        .collect()
}

pub(crate) struct Timers {
    pub(crate) executor: Executor<Case>,
}

#[async_trait]
impl TimerSource for Timers {
    fn name(&self) -> &'static str {
        TIMERS
    }

    fn timers(&self, case: &Case) -> Vec<Timer> {
        due(case)
    }

    async fn fire(&self, stream: Uuid, timer: &Timer) -> Result<(), Failure> {
        let key = Uuid::try_parse(&timer.key)
            .map_err(|error| Failure::Internal(format!("the timer '{}': {error}", timer.key)))?;
        let request = CommandRequest::<PaymentsEscalation> {
            stream,
            command_id: case::derive("payments_escalation.gateway_answer_due", key, &stream.to_string()),
            fingerprint: [0; 32],
            actor: Actor::service(STAGE),
            etag: None,
            causation_id: None,
            answers: None,
            correlation_id: None,
            creates: false,
            command: RecordGatewayTimeout { key }.into(),
        };
        self.executor.execute(request).await?;
        Ok(())
    }
}
