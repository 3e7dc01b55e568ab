//! Sends callbacks when their time has come: signed, tried again until they are taken, bounded.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ambient::Clock;
use jiff::SignedDuration;
use reqwest::header::CONTENT_TYPE;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Config;
use crate::books::{Books, Plan, Planned};

/// How long one attempt may take.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(5);

/// The gateway behind its routes.
pub(crate) struct Gateway {
    pub(crate) clock: Arc<dyn Clock>,
    config: Config,
    signer: Webhook,
    client: reqwest::Client,
    tasks: TaskTracker,
    stop: CancellationToken,
    books: Mutex<Books>,
    /// Replies that wait to be sent in reverse order.
    outstanding: Mutex<VecDeque<Planned>>,
}

impl Gateway {
    pub(crate) fn new(
        config: Config,
        signer: Webhook,
        clock: Arc<dyn Clock>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, String> {
        Ok(Self {
            client: outbound::loopback_client(ATTEMPT_LIMIT)?,
            clock,
            config,
            signer,
            tasks,
            stop,
            books: Mutex::default(),
            outstanding: Mutex::default(),
        })
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outstanding(&self) -> MutexGuard<'_, VecDeque<Planned>> {
        self.outstanding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the planned callbacks on their way.
    pub(crate) fn follow(self: &Arc<Self>, plan: Plan) {
        let late = Duration::from_millis(self.config.late_reply_ms);
        match plan {
            Plan::Nothing => {}
            Plan::Soon(planned) => self.later(Duration::from_millis(self.config.callback_delay_ms), planned),
            Plan::Late(planned) => self.later(late, vec![planned]),
            Plan::Reversed(planned) => {
                let mut outstanding = self.outstanding();
                outstanding.push_front(planned);
                if outstanding.len() == 1 {
                    self.flush_reversed_after(late);
                }
            }
        }
    }

    fn later(self: &Arc<Self>, delay: Duration, planned: Vec<Planned>) {
        let gateway = Arc::clone(self);
        let due = self.clock.now() + SignedDuration::try_from(delay).unwrap_or(SignedDuration::MAX);
        self.tasks.spawn(async move {
            if gateway.wait_until(due).await {
                gateway.deliver_in_order(planned).await;
            }
        });
    }

    /// The first outstanding reply opens the batch; whatever joined by the end of the delay goes, the
    /// last first.
    fn flush_reversed_after(self: &Arc<Self>, delay: Duration) {
        let gateway = Arc::clone(self);
        let due = self.clock.now() + SignedDuration::try_from(delay).unwrap_or(SignedDuration::MAX);
        self.tasks.spawn(async move {
            if gateway.wait_until(due).await {
                let batch: Vec<Planned> = gateway.outstanding().drain(..).collect();
                gateway.deliver_in_order(batch).await;
            }
        });
    }

    /// Whether the moment came; `false` when the gateway stops first.
    async fn wait_until(&self, moment: jiff::Timestamp) -> bool {
        tokio::select! {
            () = self.stop.cancelled() => false,
            () = self.clock.sleep_until(moment) => true,
        }
    }

    async fn deliver_in_order(&self, planned: Vec<Planned>) {
        for planned in planned {
            if !self.deliver(&planned).await {
                return;
            }
        }
    }

    /// Tries until the callback is taken or given up; `false` when the gateway stops first.
    async fn deliver(&self, planned: &Planned) -> bool {
        let webhook_id = planned.webhook_id.as_str();
        for attempt in 1..=self.config.callback_attempts {
            let sent = tokio::select! {
                () = self.stop.cancelled() => return false,
                sent = self.send(planned) => sent,
            };
            self.books().attempted(webhook_id, sent.is_ok());
            let Err(reason) = sent else {
                tracing::debug!(webhook_id, attempt, "callback taken");
                return true;
            };
            tracing::info!(webhook_id, attempt, reason, "callback not taken");
            if attempt < self.config.callback_attempts {
                let wait = SignedDuration::try_from(self.config.backoff(attempt));
                let next = self.clock.now() + wait.unwrap_or(SignedDuration::MAX);
                if !self.wait_until(next).await {
                    return false;
                }
            }
        }
        tracing::warn!(webhook_id, "callback given up");
        true
    }

    async fn send(&self, planned: &Planned) -> Result<(), String> {
        let body = serde_json::to_vec(&planned.callback).map_err(|error| error.to_string())?;
        let sent_at = self.clock.now().as_second();
        let signature =
            self.signer.sign(&planned.webhook_id, sent_at, &body).map_err(|error| error.to_string())?;
        let response = self
            .client
            .post(&planned.url)
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, &planned.webhook_id)
            .header(HEADER_WEBHOOK_TIMESTAMP, sent_at)
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .body(body)
            .send()
            .await
            .map_err(|error| error.to_string())?;
        if response.status().is_success() { Ok(()) } else { Err(response.status().to_string()) }
    }
}
