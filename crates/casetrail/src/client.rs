//! The API as this program uses it: one connection, who acts, how long to wait.

use std::str::FromStr;
use std::time::Duration;

use ambient::{Clock, Ids, SystemClock, SystemIds};
use case::{Actor, ActorKind};
use clap::Args;
use contracts::history::v1::history_service_client::HistoryServiceClient;
use contracts::intake::v1::intake_service_client::IntakeServiceClient;
use contracts::notifications::v1::notifications_service_client::NotificationsServiceClient;
use contracts::operations::v1::operations_service_client::OperationsServiceClient;
use contracts::privacy::v1::privacy_service_client::PrivacyServiceClient;
use contracts::routing::v1::routing_service_client::RoutingServiceClient;
use service_kit::masked::{PURPOSE_KEY, UNMASK_KEY};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};
use uuid::Uuid;

use crate::cli::{Bearer, Global};
use crate::problem::Problem;

/// How long to wait for the connection itself.
const CONNECT: Duration = Duration::from_secs(3);
/// How long to wait for an answer where the command line does not say.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer taken, in bytes: the server sends less.
const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// How cases are read: what for, and by engineers whether masked.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Reading {
    /// What it is read for, such as 'incident 4711': written down with the read
    #[arg(long, value_name = "WORDS", value_parser = purpose)]
    purpose: Option<MetadataValue<Ascii>>,
    /// Show an engineer what people wrote and who they are. Needs --purpose and a second factor proven within 5
    /// minutes, and is written down
    #[arg(long, requires = "purpose")]
    unmask: bool,
}

fn purpose(text: &str) -> Result<MetadataValue<Ascii>, String> {
    let value = (!text.trim().is_empty()).then(|| text.parse().ok()).flatten();
    value.ok_or_else(|| "say what for in a few plain words, such as 'incident 4711'".to_owned())
}

/// A connection, used in somebody's name.
#[derive(Clone)]
pub(crate) struct Client {
    channel: Channel,
    actor: Option<Actor>,
    otherwise: Actor,
    token: Option<Bearer>,
    reading: Reading,
    timeout: Duration,
}

/// Whom an encrypted connection believes: nobody but the authority that was named.
fn encrypted(global: &Global) -> Result<ClientTlsConfig, Problem> {
    let Some(path) = &global.ca else {
        return Err(Problem::Usage(format!(
            "--server {} is encrypted: name the authority of its certificate with --ca FILE",
            global.server
        )));
    };
    let pem = std::fs::read(path)
        .map_err(|error| Problem::Usage(format!("--ca {} cannot be read: {error}", path.display())))?;
    Ok(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)))
}

impl Client {
    /// Connects, or says that the server is not there.
    pub(crate) async fn connect(global: &Global) -> Result<Self, Problem> {
        let unreachable = |error: tonic::transport::Error| Problem::Unreachable {
            server: global.server.clone(),
            source: error,
        };
        let mut endpoint = Endpoint::from_shared(global.server.clone())
            .map_err(|_| Problem::Usage(format!("--server {} is no URL", global.server)))?;
        if endpoint.uri().scheme_str() == Some("https") {
            endpoint = endpoint.tls_config(encrypted(global)?).map_err(unreachable)?;
        }
        let endpoint = endpoint
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(30))
            .user_agent(concat!("casetrail/", env!("CARGO_PKG_VERSION")))
            .map_err(unreachable)?;
        let channel = endpoint.connect().await.map_err(unreachable)?;
        let actor = global.actor.clone().map(|actor| Actor { teams: global.teams.clone(), ..actor });
        let (otherwise, token) = (Actor::service("cli"), global.token.clone());
        let reading = Reading::default();
        Ok(Self { channel, actor, otherwise, token, reading, timeout: global.timeout })
    }

    /// Over an open connection, in this program's own name.
    pub(crate) fn over(channel: Channel) -> Self {
        let (otherwise, reading) = (Actor::service("cli"), Reading::default());
        Self { channel, actor: None, otherwise, token: None, reading, timeout: TIMEOUT }
    }

    /// The same connection, for reading like this.
    pub(crate) fn reading(&self, reading: &Reading) -> Self {
        Self { reading: reading.clone(), ..self.clone() }
    }

    /// The same connection, in the name of `actor` unless the command line names somebody.
    pub(crate) fn otherwise(&self, actor: Actor) -> Self {
        Self { otherwise: actor, ..self.clone() }
    }

    /// Whether an agent was named on the command line.
    pub(crate) fn is_agent(&self) -> bool {
        self.actor.as_ref().is_some_and(|actor| actor.kind == ActorKind::Agent)
    }

    /// A request that is to be answered in time.
    pub(crate) fn ask<T>(&self, message: T) -> Request<T> {
        let mut request = self.follow(message);
        request.set_timeout(self.timeout);
        request
    }

    /// A request whose answer goes on.
    pub(crate) fn follow<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(purpose) = &self.reading.purpose {
            request.metadata_mut().insert(PURPOSE_KEY, purpose.clone());
        }
        if self.reading.unmask {
            request.metadata_mut().insert(UNMASK_KEY, MetadataValue::from_static("true"));
        }
        if let Some(Bearer(token)) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
            return request;
        }
        let actor = self.actor.as_ref().unwrap_or(&self.otherwise);
        let kind = match actor.kind {
            ActorKind::Player => "player",
            ActorKind::Agent => "agent",
            ActorKind::Bot => "bot",
            ActorKind::Service => "service",
        };
        let teams: Vec<&str> = actor.teams.iter().map(|team| team.as_str()).collect();
        let metadata =
            [("casetrail-actor", format!("{kind}:{}", actor.id)), ("casetrail-teams", teams.join(","))];
        for (key, value) in metadata {
            // Ids and teams were checked when they were read: letters, digits and a few signs.
            if let Ok(value) = MetadataValue::<Ascii>::from_str(&value) {
                request.metadata_mut().insert(key, value);
            }
        }
        request
    }

    /// The next of an answer that goes on, if it comes in time.
    pub(crate) async fn in_time<T>(
        &self,
        next: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Problem> {
        let next = tokio::time::timeout(self.timeout, next).await;
        Ok(next.unwrap_or_else(|_| Err(Status::deadline_exceeded("the server did not go on in time")))?)
    }

    /// A request to the consumers of one service, which all serve alike.
    pub(crate) fn ask_service<T>(&self, service: &str, message: T) -> Result<Request<T>, Problem> {
        let mut request = self.ask(message);
        let value = MetadataValue::<Ascii>::from_str(service)
            .map_err(|_| Problem::Usage(format!("'{service}' is no service's name")))?;
        request.metadata_mut().insert(deployable::front::SERVICE_KEY, value);
        Ok(request)
    }

    pub(crate) fn operations(&self) -> OperationsServiceClient<Channel> {
        OperationsServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    pub(crate) fn history(&self) -> HistoryServiceClient<Channel> {
        HistoryServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    pub(crate) fn intake(&self) -> IntakeServiceClient<Channel> {
        IntakeServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    pub(crate) fn routing(&self) -> RoutingServiceClient<Channel> {
        RoutingServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    pub(crate) fn privacy(&self) -> PrivacyServiceClient<Channel> {
        PrivacyServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    pub(crate) fn notifications(&self) -> NotificationsServiceClient<Channel> {
        NotificationsServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

/// The id of a new request, or the one to repeat.
pub(crate) fn request_id(given: Option<Uuid>) -> String {
    given.unwrap_or_else(|| SystemIds.new_id(SystemClock.now())).to_string()
}
