//! A server that asks for tokens, and calls of any of its methods.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use access::Role;
use access::mint::{self, Mint, Wish};
use ambient::{Clock, ManualClock, SystemIds};
use contracts::history::v1::history_service_client::HistoryServiceClient;
use contracts::history::v1::{WatchCaseRequest, WatchCaseResponse};
use contracts::routing::v1::{Team, TransferCaseRequest};
use embedded::{Config, Embedded, Options};
use jiff::SignedDuration;
use service_kit::telemetry::{self, TelemetryConfig};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt;

use crate::bytes::Bytes;
use crate::filled::Filled;

/// The brand that callers work for.
pub(crate) const OWN: &str = "NB";
/// One that they do not.
pub(crate) const FOREIGN: &str = "SE";

/// Everything in one process, asking for tokens.
pub(crate) struct Desk {
    system: Embedded,
    channel: Channel,
    mint: Mint,
    clock: ManualClock,
    /// How many cases were moved to a team.
    opened: AtomicU64,
    _folder: tempfile::TempDir,
}

/// How a call was answered. Equal are answers of one code and reason.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) code: Code,
    reason: String,
    pub(crate) message: String,
    pub(crate) challenge: String,
    pub(crate) body: Vec<u8>,
}

impl PartialEq for Answer {
    fn eq(&self, other: &Self) -> bool {
        (self.code, &self.reason) == (other.code, &other.reason)
    }
}

impl Answer {
    pub(crate) fn refused(code: Code, reason: &str) -> Self {
        let reason = reason.to_owned();
        Self { code, reason, message: String::new(), challenge: String::new(), body: Vec::new() }
    }

    /// The stable reason; empty when all went well.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    fn of(answered: Result<Vec<u8>, Status>) -> Self {
        match answered {
            Ok(body) => Self { body, ..Self::refused(Code::Ok, "") },
            Err(status) => {
                let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
                let challenge = status.metadata().get("www-authenticate").and_then(|text| text.to_str().ok());
                Self {
                    message: status.message().to_owned(),
                    challenge: challenge.unwrap_or_default().to_owned(),
                    ..Self::refused(status.code(), &reason)
                }
            }
        }
    }
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mint = Mint::open_or_create(folder.path(), &SystemIds).expect("a key");
        let start = "2026-11-23T10:00:00Z".parse().expect("a time");
        let clock = ManualClock::new(start);
        let tokens = format!(
            "[grpc]\naddress = '127.0.0.1:0'\nhttp_address = '127.0.0.1:0'\n[gateway]\nport = 0\n\
             [grpc.tokens]\njwks = '{}'\nissuer = '{}'\n",
            mint.jwks().display(),
            mint::ISSUER
        );
        let options = Options {
            data: folder.path().to_owned(),
            config: Config::from_overrides(&[&tokens]).expect("a configuration"),
            clock: Arc::new(clock.clone()),
            ids: Arc::new(SystemIds),
            telemetry: telemetry::start(&TelemetryConfig::default(), "casetrail-tests").expect("telemetry"),
        };
        let system = embedded::start(options).await.expect("everything starts");
        let endpoint = Endpoint::from_shared(format!("http://{}", system.grpc)).expect("an address");
        let channel = endpoint.connect().await.expect("a server");
        Self { system, channel, mint, clock, opened: AtomicU64::new(0), _folder: folder }
    }

    /// A token of the usual person in this role.
    pub(crate) fn token(&self, role: Role, brand: &str) -> String {
        self.token_of(if role == Role::Player { "p-1" } else { "mette" }, role, brand)
    }

    pub(crate) fn token_of(&self, subject: &str, role: Role, brand: &str) -> String {
        let teams = ["general", "payments", "responsible_gambling", "complaints", "privacy"];
        self.token_in(&teams, subject, role, brand)
    }

    /// A token of a member of these teams.
    pub(crate) fn token_in(&self, teams: &[&str], subject: &str, role: Role, brand: &str) -> String {
        self.token_with(teams, subject, &[role], brand, Some(mint::SECOND_FACTOR))
    }

    /// A token of somebody with these roles, who proved who they are like this.
    pub(crate) fn token_with(
        &self,
        teams: &[&str],
        subject: &str,
        roles: &[Role],
        brand: &str,
        acr: Option<&str>,
    ) -> String {
        let wish = Wish {
            subject: subject.to_owned(),
            roles: roles.to_vec(),
            teams: teams.iter().map(|team| (*team).to_owned()).collect(),
            brands: vec![brand.to_owned()],
            acr: acr.map(str::to_owned),
            lifetime: SignedDuration::from_hours(1),
        };
        self.mint.token(&wish, self.clock.now())
    }

    /// A new case of the player p-1, by its id.
    pub(crate) async fn opened(&self, brand: &str) -> String {
        let path = "/casetrail.intake.v1.IntakeService/OpenCase";
        let bytes = Filled::of(path, brand, "").bytes;
        let answer = self.call(path, Some(&self.token(Role::Service, brand)), &bytes).await;
        assert_eq!(answer.code, Code::Ok, "{answer:?}");
        self.system.settled().await.expect("consumers run");
        let opened: contracts::intake::v1::OpenCaseResponse =
            prost::Message::decode(answer.body.as_slice()).expect("an answer");
        opened.case.expect("a case").case_id
    }

    /// A new case of the player p-1 that belongs to this team, by its id.
    pub(crate) async fn opened_in(&self, team: Team) -> String {
        let case = self.opened(OWN).await;
        self.transferred(&case, team).await;
        case
    }

    /// Comes back once everybody has reacted to everything.
    pub(crate) async fn settled(&self) {
        self.system.settled().await.expect("consumers run");
    }

    /// Gives the case to this team.
    pub(crate) async fn transferred(&self, case: &str, team: Team) {
        let request = TransferCaseRequest {
            request_id: uuid::Uuid::from_u128(1 + u128::from(self.opened.fetch_add(1, Ordering::Relaxed)))
                .to_string(),
            etag: String::new(),
            case: case.to_owned(),
            team: team.into(),
        };
        let path = "/casetrail.routing.v1.RoutingService/TransferCase";
        let token = self.token(Role::Service, OWN);
        let answer = self.call(path, Some(&token), &prost::Message::encode_to_vec(&request)).await;
        assert_eq!(answer.code, Code::Ok, "{answer:?}");
        self.system.settled().await.expect("consumers run");
    }

    /// The number of a foreign case.
    pub(crate) async fn number(&self, case: &str) -> String {
        let path = "/casetrail.intake.v1.IntakeService/GetCase";
        let token = self.token(Role::Service, FOREIGN);
        let answer = self.call(path, Some(&token), &Filled::of(path, FOREIGN, case).bytes).await;
        let found: contracts::intake::v1::GetCaseResponse =
            prost::Message::decode(answer.body.as_slice()).expect("an answer");
        found.case.and_then(|case| case.r#ref).expect("a case").number
    }

    /// Calls the method at `path`; the first message of the answer.
    pub(crate) async fn call(&self, path: &str, token: Option<&str>, message: &[u8]) -> Answer {
        self.call_with(path, token, &[], vec![message.to_vec()]).await
    }

    /// The same with more metadata, and as many messages.
    pub(crate) async fn call_with(
        &self,
        path: &str,
        token: Option<&str>,
        metadata: &[(&'static str, &str)],
        messages: Vec<Vec<u8>>,
    ) -> Answer {
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        client.ready().await.expect("a connection");
        let mut request = Request::new(futures_util::stream::iter(messages));
        if let Some(token) = token {
            let value = format!("Bearer {token}").parse().expect("a header");
            request.metadata_mut().insert("authorization", value);
        }
        for (key, value) in metadata {
            request.metadata_mut().insert(*key, value.parse().expect("a header"));
        }
        let path = path.parse().expect("a path");
        let answered = async {
            let mut answers = client.streaming(request, path, Bytes).await?.into_inner();
            Ok(answers.message().await?.unwrap_or_default())
        };
        Answer::of(answered.await)
    }

    /// What a watch of the case tells whoever has this token.
    pub(crate) async fn watch(&self, case: &str, token: &str) -> Streaming<WatchCaseResponse> {
        let mut request = Request::new(WatchCaseRequest { case: case.to_owned(), after_version: 0 });
        let value = format!("Bearer {token}").parse().expect("a header");
        request.metadata_mut().insert("authorization", value);
        let mut history = HistoryServiceClient::new(self.channel.clone());
        history.watch_case(request).await.expect("the case is reached").into_inner()
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub(crate) async fn close(self) {
        drop(self.channel);
        self.system.stop().await;
    }
}

/// The check letter of a case number.
pub(crate) fn check_letter(brand: &str, year: u16, sequence: u32) -> char {
    let number = case::CaseNumber::new(brand.parse().expect("a brand"), year, sequence).to_string();
    number.chars().last().expect("a letter")
}
