//! What an operator asks of a running process: how far its consumers are, and what became of the events that
//! they could not handle. `operations.v1`, served by every process for itself.

use std::sync::Arc;

use case::ActorKind;
use contracts::operations::v1 as pb;
use contracts::operations::v1::operations_service_server::{
    OperationsService, OperationsServiceServer, SERVICE_NAME,
};
use event_bus::{DeadLetter, Error, EventBus};
use event_log::Committed;
use service_kit::limits::MessageSizes;
use service_kit::request::{Checks, actor, timestamp};
use service_kit::{Failure, NotesReads, Shown};
use tonic::{Request, Response, Status};

/// Answers `operations.v1` for the consumers of one bus.
pub struct Operations {
    bus: Arc<dyn EventBus>,
    reads: Arc<dyn NotesReads>,
}

impl Operations {
    /// The service's full name, for health.
    pub const NAME: &'static str = SERVICE_NAME;

    /// Answers for the consumers of `bus`; who is shown what was put aside is written down in `reads`.
    pub fn of(bus: Arc<dyn EventBus>, reads: Arc<dyn NotesReads>) -> Self {
        Self { bus, reads }
    }

    /// The same as a gRPC service, for messages of these sizes.
    pub fn server(
        bus: Arc<dyn EventBus>,
        reads: Arc<dyn NotesReads>,
        messages: MessageSizes,
    ) -> OperationsServiceServer<Self> {
        OperationsServiceServer::new(Self::of(bus, reads))
            .max_decoding_message_size(messages.request)
            .max_encoding_message_size(messages.answer)
    }
}

/// Which event of which consumer.
fn named(consumer: &str, position: u64) -> Result<(), Failure> {
    let mut checks = Checks::new();
    checks.text("consumer", consumer, 200);
    if position == 0 {
        checks.fail("position", "is required: the event's position in the log, from 1");
    }
    checks.finish()
}

fn operators_only<T>(request: &Request<T>) -> Result<(), Failure> {
    match actor(request)?.kind {
        ActorKind::Agent | ActorKind::Service => Ok(()),
        ActorKind::Player | ActorKind::Bot => Err(Failure::Refused {
            reason: "ACTOR_NOT_ALLOWED",
            message: "only operators and services look after consumers".to_owned(),
            metadata: Vec::new(),
            field: None,
            permission: true,
        }),
    }
}

fn refused(reason: &'static str, error: &Error) -> Failure {
    let message = error.to_string();
    Failure::Refused { reason, message, metadata: Vec::new(), field: None, permission: false }
}

fn failure(error: Error) -> Failure {
    match error {
        Error::NotFound { consumer, position } => Failure::NotFound {
            reason: "DEAD_LETTER_NOT_FOUND",
            what: "the dead letter",
            id: format!("{consumer} {position}"),
        },
        Error::StillFailing(_) => refused("STILL_FAILING", &error),
        Error::Invalid(_) => refused("CONSUMER_NOT_HERE", &error),
        Error::Unavailable(cause) => Failure::Unavailable(cause),
    }
}

fn letter(letter: &DeadLetter) -> pb::DeadLetter {
    pb::DeadLetter {
        consumer: letter.consumer.clone(),
        position: letter.position,
        stream_id: letter.stream.to_string(),
        event_id: letter.event_id.to_string(),
        event_type: letter.event_type.clone(),
        tries: letter.tries,
        reason: letter.reason.clone(),
        failed_at: Some(timestamp(letter.failed_at)),
    }
}

fn whole(found: &DeadLetter, event: &Committed) -> pb::GetDeadLetterResponse {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    pb::GetDeadLetterResponse {
        dead_letter: Some(letter(found)),
        recorded_at: Some(timestamp(event.recorded_at)),
        version: event.version,
        payload_json: text(&event.payload),
        meta_json: text(&event.meta),
    }
}

#[tonic::async_trait]
impl OperationsService for Operations {
    async fn list_consumers(
        &self,
        request: Request<pb::ListConsumersRequest>,
    ) -> Result<Response<pb::ListConsumersResponse>, Status> {
        operators_only(&request)?;
        let lags = self.bus.subscriptions().into_iter().map(|subscription| subscription.lag());
        let consumers = lags
            .map(|lag| pb::Consumer { name: lag.consumer, checkpoint: lag.checkpoint, head: lag.head })
            .collect();
        Ok(Response::new(pb::ListConsumersResponse { consumers }))
    }

    async fn list_dead_letters(
        &self,
        request: Request<pb::ListDeadLettersRequest>,
    ) -> Result<Response<pb::ListDeadLettersResponse>, Status> {
        operators_only(&request)?;
        let request = request.into_inner();
        let mut checks = Checks::new();
        let consumer = checks.optional_text("consumer", &request.consumer, 200);
        let size = checks.page_size(request.page_size) as usize;
        checks.finish()?;
        let mut found = self.bus.dead_letters(consumer.as_deref(), size + 1).await.map_err(failure)?;
        let more = found.len() > size;
        found.truncate(size);
        let dead_letters = found.iter().map(letter).collect();
        Ok(Response::new(pb::ListDeadLettersResponse { dead_letters, more }))
    }

    async fn get_dead_letter(
        &self,
        request: Request<pb::GetDeadLetterRequest>,
    ) -> Result<Response<pb::GetDeadLetterResponse>, Status> {
        operators_only(&request)?;
        let (metadata, extensions, asked) = request.into_parts();
        let pb::GetDeadLetterRequest { consumer, position } = asked;
        named(&consumer, position)?;
        let (found, event) = self.bus.dead_letter(&consumer, position).await.map_err(failure)?;
        let call = Request::from_parts(metadata, extensions, ());
        let shown = Shown {
            stream: event.stream,
            tenant: &event.tenant,
            method: "operations.GetDeadLetter",
            fields: "one fact, texts sealed",
        };
        self.reads.note(&call, shown).await?;
        Ok(Response::new(whole(&found, &event)))
    }

    async fn redrive_dead_letter(
        &self,
        request: Request<pb::RedriveDeadLetterRequest>,
    ) -> Result<Response<pb::RedriveDeadLetterResponse>, Status> {
        operators_only(&request)?;
        let pb::RedriveDeadLetterRequest { consumer, position } = request.into_inner();
        named(&consumer, position)?;
        self.bus.redrive(&consumer, position).await.map_err(failure)?;
        Ok(Response::new(pb::RedriveDeadLetterResponse {}))
    }
}
