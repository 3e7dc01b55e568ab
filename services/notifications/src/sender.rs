//! What is queued goes out, and what became of it is recorded.
//!
//! The rules are asked immediately before the effect, on the case as it stands then. A crash between the
//! effect and its record repeats the effect with the same id (`Message-ID`, `webhook-id`), by which the
//! receiver recognises it.

use std::sync::Arc;
use std::time::Duration;

use case::notifications::{
    Command, NotificationQueued, Notifications, Recheck, RecordFailure, RecordSent, SendVerdict, may_send,
};
use case::{Actor, Case, Personal, derive};
use jiff::SignedDuration;
use service_kit::reaction::Fact;
use service_kit::spans::traceparent;
use service_kit::store::Store;
use service_kit::{CommandRequest, Failure};
use uuid::Uuid;

use crate::carriers::Carriers;
use crate::config::Config;
use crate::delivery::{DeliveryError, Outgoing};
use crate::letter::Letters;
use crate::metrics;
use crate::service::Service;

/// Sends notifications.
pub(crate) struct Sender {
    service: Arc<Service>,
    carriers: Carriers,
    letters: Letters,
    retry_after: Vec<Duration>,
    store: Store,
}

/// The fact on account of which something is sent; nothing for a timer.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cause {
    causation_id: Option<Uuid>,
    correlation_id: Option<Uuid>,
}

impl From<&Fact> for Cause {
    fn from(fact: &Fact) -> Self {
        Self { causation_id: Some(fact.committed.event_id), correlation_id: Some(fact.meta.correlation_id) }
    }
}

/// A notification that may go out now.
struct Permitted {
    notification: NotificationQueued,
    attempt: u32,
    redriven: u32,
    decided_on_version: u64,
}

impl Sender {
    /// A sender with these transports and texts.
    pub(crate) fn new(
        service: Arc<Service>,
        store: &Store,
        carriers: Carriers,
        letters: Letters,
        config: &Config,
    ) -> Self {
        let retry_after = config
            .retry_after_seconds
            .iter()
            .map(|seconds| Duration::from_secs(u64::from(*seconds)))
            .collect();
        Self { service, carriers, letters, retry_after, store: store.clone() }
    }

    /// Sends a notification if its moment has come and the rules allow it; otherwise records why not, or
    /// does nothing.
    pub(crate) async fn send(
        &self,
        case_id: Uuid,
        notification_id: Uuid,
        cause: Cause,
    ) -> Result<(), Failure> {
        // A reaction and a timer, of this replica or another, may come for the same notification at once:
        // the second waits, and then finds it sent.
        let _turn = self.store.turn(&format!("notification/{notification_id}")).await?;
        let case = self.service.case(case_id).await?;
        let Some(kind) = case.notifications.notifications.get(&notification_id).map(|one| one.kind) else {
            return Ok(());
        };
        let circumstances = self.service.circumstances(&case, kind).await?;
        // Waiting for the read model takes time in which the case may have moved on.
        let case = if kind.is_marketing() { self.service.case(case_id).await? } else { case };
        match may_send(&case, notification_id, self.service.now(), &circumstances) {
            SendVerdict::Send { notification, attempt, redriven, decided_on_version } => {
                let permitted = Permitted { notification, attempt, redriven, decided_on_version };
                self.attempt(&case, permitted, cause).await
            }
            SendVerdict::Recheck => {
                let purpose = format!("recheck/{}", case.version);
                let command = Command::Recheck(Recheck { notification_id, circumstances });
                self.record(&case, notification_id, &purpose, command, cause).await
            }
            // When it is due, its timer comes.
            SendVerdict::NotYet(_) | SendVerdict::Over => Ok(()),
        }
    }

    async fn attempt(&self, case: &Case, permitted: Permitted, cause: Cause) -> Result<(), Failure> {
        let Permitted { notification, attempt, redriven, decided_on_version } = permitted;
        let notification_id = notification.notification_id;
        let channel = notification.channel;
        let purpose = format!("attempt/{redriven}/{attempt}");
        let command = match self.hand_over(case, &notification).await {
            Ok(()) => {
                metrics::tried(channel, "sent");
                Command::RecordSent(RecordSent { notification_id, attempt, decided_on_version })
            }
            Err(error) => {
                tracing::warn!(%error, %notification_id, attempt, "a notification could not be handed over");
                let retry_at = match &error {
                    DeliveryError::Temporary(..) => Some(self.service.now() + self.pause(attempt)),
                    DeliveryError::Permanent(..) => None,
                };
                metrics::tried(channel, if retry_at.is_some() { "failed" } else { "dead_lettered" });
                let code = error.code().to_owned();
                Command::RecordFailure(RecordFailure { notification_id, attempt, code, retry_at })
            }
        };
        self.record(case, notification_id, &purpose, command, cause).await
    }

    async fn hand_over(&self, case: &Case, notification: &NotificationQueued) -> Result<(), DeliveryError> {
        let permanent = |code: &str, problem: String| DeliveryError::Permanent(code.to_owned(), problem);
        let brand = case.brand().map_or("", |brand| brand.as_str());
        let address = notification.recipient.as_ref().and_then(Personal::text);
        let route = self
            .carriers
            .route(brand, &notification.audience, notification.channel, address)
            .ok_or_else(|| permanent("not_configured", format!("brand {brand} has no way to send this")))?;
        let letter =
            self.letters.write(case, notification).map_err(|error| permanent("text", error.to_string()))?;
        let queued_at = case.notifications.notifications.get(&notification.notification_id);
        let message = Outgoing {
            notification_id: notification.notification_id,
            case_number: case.number().map_or_else(|| case.id.to_string(), ToString::to_string),
            to: route.to,
            from: route.from,
            subject: letter.subject,
            text: letter.body,
            language: letter.language.to_owned(),
            kind: notification.kind.as_str().to_owned(),
            created_at: queued_at.map_or_else(|| self.service.now(), |one| one.queued_at),
            traceparent: traceparent(),
        };
        let receipt = route.transport.deliver(&message).await?;
        tracing::debug!(notification_id = %message.notification_id, receipt = receipt.reference, "handed over");
        Ok(())
    }

    /// How long to wait after the `attempt`-th failure: as configured, and up to a fifth more by chance, so
    /// that what failed together does not come back together.
    fn pause(&self, attempt: u32) -> SignedDuration {
        let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        let pause = self.retry_after.get(index).or(self.retry_after.last()).copied().unwrap_or_default();
        let prolonged = pause + pause * u32::from(self.service.chance()) / (5 * 255);
        SignedDuration::try_from(prolonged).unwrap_or(SignedDuration::MAX)
    }

    async fn record(
        &self,
        case: &Case,
        notification_id: Uuid,
        purpose: &str,
        command: Command,
        cause: Cause,
    ) -> Result<(), Failure> {
        let request = CommandRequest::<Notifications> {
            stream: case.id.0,
            command_id: derive("notifications.sender", notification_id, purpose),
            fingerprint: [0; 32],
            actor: Actor::service("notifications"),
            etag: None,
            causation_id: cause.causation_id,
            answers: None,
            correlation_id: cause.correlation_id,
            creates: false,
            command,
        };
        self.service.execute(request).await.map(drop)
    }
}
