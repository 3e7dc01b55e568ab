//! The users of NATS, against a real server: everything runs with them, and what is forbidden is refused.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ambient::{SystemClock, SystemIds};
use async_nats::jetstream::consumer::pull::Config as PullConfig;
use async_nats::jetstream::stream::Config;
use async_nats::{Client, ConnectOptions, Event, jetstream};
use contracts::intake::v1::intake_service_client::IntakeServiceClient;
use contracts::intake::v1::{Channel, OpenCaseRequest, Player, Tier};
use distributed::{OPERATOR, Place, Plan, RELAY, System, migrate, nats_users, nats_users_file};
use event_bus::nats::{NatsOptions, Part, call_relays};
use scratch::Nats;
use scratch::shared::Database;
use service_kit::telemetry::{self, TelemetryConfig};
use tokio::sync::mpsc;

const PASSWORD: &str = "s3cret";
const PREFIX: &str = "case";

async fn server() -> Nats {
    let passwords: Vec<_> =
        nats_users().iter().map(|user| (user.password_variable(), PASSWORD.to_owned())).collect();
    Nats::start_configured(&nats_users_file(PREFIX, 1), &passwords).await.unwrap()
}

async fn system(nats: &Nats, database: &Database, data: &Path, nats_password: Option<&str>) -> System {
    migrate(&database.url, 1, &BTreeMap::new()).await.unwrap();
    let place = Place {
        database: database.url.clone(),
        nats: nats.url(),
        nats_password: nats_password.map(str::to_owned),
        prefix: PREFIX.to_owned(),
        master_key: "11".repeat(32),
    };
    let plan = Plan {
        place,
        data: data.to_owned(),
        overrides: String::new(),
        replicas: 1,
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
        telemetry: telemetry::start(&TelemetryConfig::default(), "nats-users").unwrap(),
    };
    Box::pin(distributed::start(plan)).await.unwrap()
}

/// Opens a case; what follows is other services' work.
async fn open_case(system: &System) {
    let mut intake = IntakeServiceClient::connect(format!("http://{}", system.grpc)).await.unwrap();
    let mut request = tonic::Request::new(OpenCaseRequest {
        request_id: uuid::Uuid::from_u128(7).to_string(),
        brand: "NB".to_owned(),
        channel: Channel::Chat.into(),
        player: Some(Player {
            player_id: "p-1".to_owned(),
            username: "spiller".to_owned(),
            email: "spiller@player.example".to_owned(),
            time_zone: "Europe/Copenhagen".to_owned(),
            tier: Tier::Standard.into(),
            marketing_consent: false,
        }),
        language_code: "da".to_owned(),
        text: "Hej, min udbetaling er ikke kommet.".to_owned(),
        ..OpenCaseRequest::default()
    });
    request.metadata_mut().insert("casetrail-actor", "service:crm".parse().unwrap());
    intake.open_case(request).await.unwrap();
}

/// A connection of a user, and what the server complains of.
struct Rogue {
    client: Client,
    complaints: mpsc::UnboundedReceiver<String>,
}

impl Rogue {
    async fn log_in(nats: &Nats, user: &str, inbox: &str) -> Self {
        let (tell, complaints) = mpsc::unbounded_channel();
        let options = ConnectOptions::with_user_and_password(user.to_owned(), PASSWORD.to_owned())
            .custom_inbox_prefix(inbox)
            .event_callback(move |event| {
                let tell = tell.clone();
                async move {
                    if let Event::ServerError(error) = event {
                        drop(tell.send(error.to_string().to_lowercase()));
                    }
                }
            });
        Self { client: options.connect(nats.url()).await.unwrap(), complaints }
    }

    /// The server's next complaint.
    async fn complaint(&mut self) -> String {
        let waited = tokio::time::timeout(Duration::from_secs(20), self.complaints.recv()).await;
        waited.expect("the server complains").unwrap()
    }

    async fn may_not_say(&mut self, subject: &str) {
        self.client.publish(subject.to_owned(), "x".into()).await.unwrap();
        let said = self.complaint().await;
        let subject = subject.to_lowercase();
        assert!(
            said.contains("permissions violation for publish") && said.contains(&subject),
            "{subject}: {said}"
        );
    }

    async fn may_not_hear(&mut self, subject: &str) {
        let _heard = self.client.subscribe(subject.to_owned()).await.unwrap();
        let said = self.complaint().await;
        let subject = subject.to_lowercase();
        assert!(
            said.contains("permissions violation for subscription") && said.contains(&subject),
            "{subject}: {said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_with_them_and_what_is_forbidden_is_refused() {
    let (nats, database) = (server().await, Database::create().await.unwrap());
    let data = tempfile::tempdir().unwrap();
    let system = system(&nats, &database, data.path(), Some(PASSWORD)).await;
    open_case(&system).await;
    system.settled().await.unwrap();

    // Each reaction that runs is in the file; one that is new must be written into its service's list.
    let mut running: Vec<String> = system
        .services
        .iter()
        .flat_map(|service| &service.subscriptions)
        .map(|subscription| subscription.name().to_owned())
        .filter(|name| name.contains(".on_"))
        .collect();
    running.sort();
    let mut known: Vec<String> = nats_users()
        .into_iter()
        .flat_map(|user| match user.part {
            Part::Consumers(names) => names,
            Part::Relay | Part::Onlooker => Vec::new(),
        })
        .collect();
    known.sort();
    assert_eq!(running, known);

    // JetStream itself brings the events to the reactions, and hears that they were answered: otherwise they would
    // be read from the log, and nobody would see the difference.
    let routing = Rogue::log_in(&nats, "casetrail_routing", "_INBOX_casetrail-routing").await;
    let context = jetstream::new(routing.client.clone());
    loop {
        let found =
            context.get_consumer_from_stream::<PullConfig, _, _>("routing-on_case_opened", "CASE_0").await;
        if found.is_ok_and(|consumer| consumer.cached_info().ack_floor.consumer_sequence >= 1) {
            break;
        }
    }
    let head = system.services[0].parts.heads().await.unwrap()[0];
    assert!(head > 3, "other services have answered: {head}");
    let url = nats.url().replace("nats://", &format!("nats://{OPERATOR}:{PASSWORD}@"));
    let options = NatsOptions {
        url,
        prefix: PREFIX.to_owned(),
        client_name: "casetrail relay status".to_owned(),
        ..NatsOptions::default()
    };
    while call_relays(&options).await.unwrap().stream_head != Some(head) {}
    assert_eq!(call_relays(&options).await.unwrap().relays.len(), 1);

    let users = nats_users();
    for user in &users {
        let inbox = format!("_INBOX_{}", user.client_name.replace(' ', "-"));
        let mut rogue = Rogue::log_in(&nats, &user.name, &inbox).await;
        for change in ["DELETE", "PURGE", "UPDATE", "MSG.DELETE", "SNAPSHOT"] {
            rogue.may_not_say(&format!("$JS.API.STREAM.{change}.CASE_0")).await;
        }
        rogue.may_not_say("$JS.API.STREAM.CREATE.OTHER").await;
        rogue.may_not_say("$SYS.REQ.SERVER.PING").await;
        rogue.may_not_say("other.0.intake.case_opened.x").await;
        if user.name != RELAY {
            rogue.may_not_say("case.0.intake.case_opened.x").await;
            rogue.may_not_say("$JS.API.STREAM.CREATE.CASE_0").await;
        }
        for foreign in users.iter().filter(|other| *other != user) {
            let inbox = format!("_INBOX_{}.>", foreign.client_name.replace(' ', "-"));
            rogue.may_not_hear(&inbox).await;
            let Part::Consumers(names) = &foreign.part else { continue };
            let durable = names[0].replace('.', "-");
            rogue.may_not_say(&format!("$JS.API.CONSUMER.MSG.NEXT.CASE_0.{durable}")).await;
            rogue.may_not_say(&format!("$JS.API.CONSUMER.CREATE.CASE_0.{durable}")).await;
            rogue.may_not_say(&format!("$JS.API.CONSUMER.DELETE.CASE_0.{durable}")).await;
            rogue.may_not_say(&format!("$JS.ACK.CASE_0.{durable}.1.1.1.1.0")).await;
        }
        for all in [">", "_INBOX.>", "case.>", "$JS.>"] {
            rogue.may_not_hear(all).await;
        }
    }
    assert_eq!(call_relays(&options).await.unwrap().stream_head, Some(head), "nothing came of it");
    assert!(ConnectOptions::new().connect(nats.url()).await.is_err(), "nobody without a password");
    system.stop().await;
    database.drop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_refuses_to_be_emptied_even_where_users_are_not_told_apart() {
    let nats = Nats::start().await.unwrap();
    let database = Database::create().await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let context = jetstream::new(async_nats::connect(nats.url()).await.unwrap());
    let system = system(&nats, &database, data.path(), None).await;
    open_case(&system).await;
    system.settled().await.unwrap();
    let stream = context.get_stream("CASE_0").await.unwrap();
    assert!(stream.purge().await.is_err());
    assert!(stream.delete_message(1).await.is_err());
    let open = Config { deny_purge: false, deny_delete: false, ..stream.cached_info().config.clone() };
    assert!(context.update_stream(open).await.is_err(), "the denial itself cannot be taken back");
    system.stop().await;
    database.drop().await.unwrap();
}

#[test]
fn the_file_for_deployments_is_the_one_that_is_made() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/nats/users.conf");
    let made = nats_users_file(PREFIX, 1);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == made,
        "deploy/nats/users.conf is not what is made now: run this test with UPDATE_DOCS=1"
    );
}

#[test]
fn the_values_for_helm_give_each_user_of_that_file_a_password() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/nats");
    let values = std::fs::read_to_string(folder.join("values.yaml")).unwrap();
    let users = std::fs::read_to_string(folder.join("users.conf")).unwrap();
    assert!(values.contains("$include: ../nats-users/users.conf"), "the users are not read");
    let variables: Vec<&str> =
        users.lines().filter_map(|line| line.trim().strip_prefix("password: $")).collect();
    assert_eq!(variables.len(), nats_users().len());
    for (user, variable) in nats_users().iter().zip(variables) {
        let (_, given) = values.split_once(&format!("    {variable}:\n")).expect(variable);
        let key = given.lines().take(4).last().unwrap().trim();
        assert_eq!(key, format!("key: {}", user.name), "{variable}");
    }
    assert_eq!(values.matches("_NATS_PASSWORD:").count(), nats_users().len(), "one for nobody");
}
