//! Another stage's fact becomes a command of one's own: the choreography between services.
//!
//! A reaction never trusts the message for state: the command it sends loads the stream and decides. Its
//! command id is derived from its name and the event's id, so a redelivery is answered by the log.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use case::{Actor, Aggregate, Case, CaseEvent, Stage};
use event_bus::{Consumer, Filter, HandleError, Handler, HeldSpan, Settling, Subscription};
use event_log::Committed;
use tracing::Span;
use uuid::Uuid;

use crate::execute::{CommandRequest, read_event};
use crate::failure::Failure;
use crate::meta::EventMeta;
use crate::metrics::metrics;
use crate::parts::Parts;
use crate::spans::{self, OnTheWay};

/// How many cases one reaction works on at a time; within a case, order is kept.
const IN_FLIGHT: usize = 32;

/// A committed fact with its personal texts opened.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The case.
    pub stream: Uuid,
    /// The event.
    pub event: CaseEvent,
    /// Where and when it was recorded, and its bytes.
    pub committed: Committed,
    /// Who caused it, and why.
    pub meta: EventMeta,
}

impl Fact {
    /// The command with which `reaction` answers this fact.
    pub fn command<S: Stage<Aggregate = Case>>(
        &self,
        reaction: &str,
        command: S::Command,
    ) -> CommandRequest<S> {
        self.command_for(reaction, self.stream, command)
    }

    /// The command with which `reaction` answers this fact in another stream (another case).
    pub fn command_for<S: Stage>(
        &self,
        reaction: &str,
        stream: Uuid,
        command: S::Command,
    ) -> CommandRequest<S> {
        CommandRequest {
            stream,
            command_id: case::derive(reaction, self.committed.event_id, &stream.to_string()),
            fingerprint: [0; 32],
            actor: Actor::service(S::NAME),
            etag: None,
            causation_id: Some(self.committed.event_id),
            answers: (stream == self.stream).then_some(self.committed.version),
            correlation_id: Some(self.meta.correlation_id),
            creates: false,
            command,
        }
    }
}

/// One answer to one kind of fact. Its file is named after the fact: `reactions/on_<event>.rs`.
#[async_trait]
pub trait Reaction: Send + Sync + 'static {
    /// The reaction's durable name, `<service>.on_<event>`: renaming it makes it start again from the
    /// beginning of the log (which records nothing twice, but takes its time).
    fn name(&self) -> &'static str;
    /// The stored names of the events it answers.
    fn events(&self) -> &'static [&'static str];
    /// Answers. A refusal is an answer too (the state says no); a transient failure is tried again.
    async fn react(&self, fact: &Fact) -> Result<(), Failure>;
}

/// Subscribes a reaction; it runs until shutdown.
pub async fn subscribe(parts: &Parts, reaction: impl Reaction) -> Result<Subscription, event_bus::Error> {
    let name = reaction.name();
    let filter = Filter::types(reaction.events().iter().copied());
    metrics().redelivered(name, 0);
    let on_the_way = OnTheWay::new(&parts.clock, parts.bus.route());
    let handler = ReactionHandler { reaction, parts: parts.clone(), on_the_way };
    parts.bus.subscribe(Consumer::reactions(name, filter, IN_FLIGHT), Arc::new(handler)).await
}

struct ReactionHandler<R> {
    reaction: R,
    parts: Parts,
    on_the_way: OnTheWay,
}

impl<R: Reaction> ReactionHandler<R> {
    fn answered(&self, committed: &Committed) {
        // Two machines' clocks may differ a little: what comes before its cause took no time.
        let delay = self.parts.clock.now().duration_since(committed.recorded_at);
        metrics().answered_after(self.reaction.name(), Duration::try_from(delay).unwrap_or_default());
    }
}

#[async_trait]
impl<R: Reaction> Handler for ReactionHandler<R> {
    async fn handle(&self, committed: &Committed) -> Result<(), HandleError> {
        let meta =
            EventMeta::decode(&committed.meta).map_err(|error| HandleError::Poison(error.to_string()))?;
        let started = std::time::Instant::now();
        let handled = async {
            let event = read_event::<CaseEvent>(&self.parts.sealer, committed).await?;
            let fact = Fact { stream: committed.stream, event, committed: committed.clone(), meta };
            self.reaction.react(&fact).await
        }
        .await;
        let outcome = match &handled {
            Ok(()) => "ok",
            Err(Failure::Refused { .. } | Failure::InvalidArgument(_)) => "refused",
            Err(_) => "failed",
        };
        let event_type = self.reaction.events().iter().find(|event| **event == committed.event_type);
        metrics().reaction(
            self.reaction.name(),
            event_type.copied().unwrap_or("_OTHER"),
            started.elapsed(),
            outcome,
        );
        match handled {
            Ok(()) => {
                self.answered(committed);
                Ok(())
            }
            Err(failure @ (Failure::Refused { .. } | Failure::InvalidArgument(_))) => {
                self.answered(committed);
                tracing::debug!(
                    reason = failure.reason(),
                    reaction = self.reaction.name(),
                    "the state says no"
                );
                Ok(())
            }
            Err(failure) => {
                metrics().redelivered(self.reaction.name(), 1);
                spans::failed("reaction_failed");
                tracing::warn!(%failure, reaction = self.reaction.name(), position = committed.position, "a reaction failed");
                let reason = failure.to_string();
                Err(match failure {
                    Failure::Away(_) => HandleError::Away(reason),
                    _ => HandleError::Retry(reason),
                })
            }
        }
    }

    fn span(&self, committed: &Committed, is_first: bool) -> Span {
        self.on_the_way.process(self.reaction.name(), committed, is_first)
    }

    fn settling(&self, committed: &Committed, how: Settling) -> HeldSpan {
        Box::new(self.on_the_way.settling(self.reaction.name(), committed, how))
    }
}

/// The case of a fact, with at least that fact in it; for reactions that must look before they choose their
/// command. It may have moved on: the command's decision sees that.
pub async fn case_of(executor: &crate::execute::Executor<Case>, fact: &Fact) -> Result<Arc<Case>, Failure> {
    let case = executor.load_with(fact.stream, &[&fact.committed]).await?;
    if Aggregate::version(case.as_ref()) == 0 {
        return Err(Failure::Internal(format!("a fact of case {} came before the case", fact.stream)));
    }
    Ok(case)
}
