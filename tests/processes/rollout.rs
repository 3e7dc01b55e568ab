//! A rollout under load: two replicas of each service behind client-side balancers, replaced one by one as a
//! Deployment with `maxUnavailable: 0` does it. No command fails, and nothing that was acknowledged is missing.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use ambient::{Clock, Ids, SystemClock, SystemIds};
use contracts::intake::v1::ReceiveMessageRequest;
use contracts::intake::v1::intake_service_client::IntakeServiceClient;
use contracts::notifications::v1::notifications_service_client::NotificationsServiceClient;
use contracts::notifications::v1::{DeliveryChannel, Preferences, SetPreferencesRequest};
use contracts::payments_escalation::v1::payments_escalation_service_client::PaymentsEscalationServiceClient;
use contracts::routing::v1::routing_service_client::RoutingServiceClient;
use contracts::routing::v1::{Presence, RegisterAgentRequest, SetPresenceRequest, Skill, Team};
use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};
use stories::{Person, Stage};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic::{Response, Status};

use crate::balanced::Balanced;
use crate::fleet::{Fleet, Replica, STAGES};
use crate::people::{ask, mette};
use crate::requests;
use crate::service_config::RetryPolicy;
use crate::up::eventually;

/// Callers that send one command after the other.
const CALLERS: usize = 6;
/// A replica that takes longer to stop shows what it wrote.
const SLOW: Duration = Duration::from_secs(5);
/// How long a replica goes on after it said that it leaves, and how long calls in hand may take.
const SETTINGS: &str = "[grpc]\nleave_seconds = 1\ndrain_seconds = 10";

#[tokio::test(flavor = "multi_thread")]
async fn every_replica_is_replaced_under_load_and_no_command_fails() {
    let fleet = Fleet::lay(SETTINGS).await;
    let mut relays = vec![fleet.start_previous("relay").await, fleet.start_previous("relay").await];
    let mut services: Vec<(Balanced, Vec<Replica>)> = Vec::new();
    for stage in STAGES {
        let (mut balanced, mut replicas) = (Balanced::new(), Vec::new());
        for _ in 0..2 {
            let replica = fleet.start_previous(stage).await;
            balanced.add(&replica).await;
            replicas.push(replica);
        }
        services.push((balanced, replicas));
    }
    let channels: Vec<Channel> = services.iter().map(|(balanced, _)| balanced.channel.clone()).collect();
    let clients = Clients::of(&channels);
    let (tally, stop) = (Tally::default(), CancellationToken::new());
    let callers = join_all((0..CALLERS).map(|number| call(number, clients.clone(), &tally, &stop)));
    let rolling = async {
        eventually("every caller has begun", async || (tally.rounds() >= CALLERS).then_some(())).await;
        let (began, mut stopped) = (Instant::now(), Vec::new());
        for _ in 0..2 {
            relays.push(fleet.start("relay").await);
            stopped.push(stop_first(&fleet, &mut relays).await);
        }
        for (stage, (balanced, replicas)) in STAGES.iter().zip(&mut services) {
            for _ in 0..2 {
                let replica = fleet.start(stage).await;
                balanced.add(&replica).await;
                replicas.push(replica);
                stopped.push(stop_first(&fleet, replicas).await);
            }
        }
        let (rolled, rounds) = (began.elapsed(), tally.rounds());
        let went_on = async || (tally.rounds() >= rounds + CALLERS).then_some(());
        eventually("the new replicas serve all callers", went_on).await;
        stop.cancel();
        (rolled, stopped)
    };
    let ((rolled, stopped), _) = tokio::join!(rolling, callers);

    println!("rollout of 10 processes in {rolled:.1?}: {}; stopped in: {}", tally.say(), stopped.join(", "));
    assert_eq!(tally.failed(), Vec::<String>::new(), "{}", tally.say());
    nothing_acknowledged_is_missing(&fleet, &tally).await;
    for replica in relays.into_iter().chain(services.into_iter().flat_map(|(_, replicas)| replicas)) {
        replica.terminate();
        assert!(replica.ended(Instant::now()).await.0.success());
    }
    fleet.remove().await;
}

/// Tells the oldest replica to stop, and waits until it has ended.
async fn stop_first(fleet: &Fleet, replicas: &mut Vec<Replica>) -> String {
    let oldest = replicas.remove(0);
    let (name, asked) = (oldest.name.clone(), Instant::now());
    oldest.terminate();
    let (status, took) = oldest.ended(asked).await;
    assert!(status.success(), "{name}: {status}");
    if took > SLOW {
        println!("{name} took long to stop:\n{}", fleet.said(&name));
    }
    format!("{name} {took:.1?}")
}

/// In the log once each; and reactions went on.
async fn nothing_acknowledged_is_missing(fleet: &Fleet, tally: &Tally) {
    let mut database = PgConnection::connect(&fleet.database.url).await.unwrap();
    for (command, event) in [
        ("OpenCase", "intake.case_opened"),
        ("SetPreferences", "notifications.preferences_changed"),
        ("EscalatePayment", "payments_escalation.payment_escalated"),
    ] {
        let recorded: i64 = sqlx::query_scalar("SELECT count(*) FROM log.event WHERE event_type = $1")
            .bind(event)
            .fetch_one(&mut database)
            .await
            .unwrap();
        assert_eq!(recorded, tally.answered(command), "{event}");
    }
    let database = tokio::sync::Mutex::new(database);
    eventually("the gateway was asked about every payment", async || {
        let left: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM log.event e WHERE event_type = 'payments_escalation.payment_escalated'
                AND NOT EXISTS (SELECT 1 FROM log.event r WHERE r.stream_id = e.stream_id
                                   AND r.event_type = 'payments_escalation.gateway_replied')",
        )
        .fetch_one(&mut *database.lock().await)
        .await
        .unwrap();
        (left == 0).then_some(())
    })
    .await;
}

/// One client of each service.
#[derive(Clone)]
struct Clients {
    intake: IntakeServiceClient<Channel>,
    routing: RoutingServiceClient<Channel>,
    payments: PaymentsEscalationServiceClient<Channel>,
    notifications: NotificationsServiceClient<Channel>,
}

impl Clients {
    /// Over a channel to each, in the order of the journey.
    fn of(channels: &[Channel]) -> Self {
        Self {
            intake: IntakeServiceClient::new(channels[0].clone()),
            routing: RoutingServiceClient::new(channels[1].clone()),
            payments: PaymentsEscalationServiceClient::new(channels[2].clone()),
            notifications: NotificationsServiceClient::new(channels[3].clone()),
        }
    }
}

/// What became of the commands.
#[derive(Default)]
struct Tally {
    counts: Mutex<BTreeMap<&'static str, i64>>,
    retried: Mutex<Vec<String>>,
    failed: Mutex<Vec<String>>,
    rounds: Mutex<usize>,
}

impl Tally {
    /// Sends a command as the service config says.
    async fn command<T>(
        &self,
        name: &'static str,
        call: impl AsyncFn() -> Result<Response<T>, Status>,
    ) -> Option<T> {
        let tried = RetryPolicy::published().call(call).await;
        let told = |status: &Status| format!("{name}: {:?} {}", status.code(), status.message());
        self.retried.lock().unwrap().extend(tried.retried.iter().map(told));
        match tried.answer {
            Ok(answer) => {
                *self.counts.lock().unwrap().entry(name).or_default() += 1;
                Some(answer)
            }
            Err(status) => {
                self.failed.lock().unwrap().push(told(&status));
                None
            }
        }
    }

    fn answered(&self, command: &str) -> i64 {
        self.counts.lock().unwrap().get(command).copied().unwrap_or(0)
    }

    fn rounds(&self) -> usize {
        *self.rounds.lock().unwrap()
    }

    fn failed(&self) -> Vec<String> {
        self.failed.lock().unwrap().clone()
    }

    fn say(&self) -> String {
        let all: i64 = self.counts.lock().unwrap().values().sum();
        let retried = self.retried.lock().unwrap();
        format!(
            "{all} commands answered, {} failed, {} sent again {retried:?}",
            self.failed().len(),
            retried.len()
        )
    }
}

fn new_id() -> String {
    SystemIds.new_id(SystemClock.now()).to_string()
}

/// One round after the other, a command to each service in it, until told to stop.
async fn call(number: usize, mut clients: Clients, tally: &Tally, stop: &CancellationToken) {
    let (player, agent) = (Person::player("Rasmus", &format!("p-{number}")), format!("agent-{number}"));
    let workforce = Person::system("workforce");
    let register = RegisterAgentRequest {
        request_id: new_id(),
        brand: Stage::BRAND.to_owned(),
        agent_id: agent.clone(),
        display_name: agent.clone(),
        teams: vec![Team::Payments.into()],
        language_codes: vec!["da".to_owned()],
        skills: vec![Skill::Payments.into()],
        capacity: 1,
        ..RegisterAgentRequest::default()
    };
    let routing = &clients.routing;
    tally
        .command("RegisterAgent", async || {
            routing.clone().register_agent(ask(&workforce, register.clone())).await
        })
        .await;
    for round in 0_u32.. {
        if stop.is_cancelled() {
            return;
        }
        round_of(&mut clients, tally, &player, &agent, round).await;
        *tally.rounds.lock().unwrap() += 1;
    }
}

async fn round_of(clients: &mut Clients, tally: &Tally, player: &Person, agent: &str, round: u32) {
    let mut open = requests::open_case(new_id());
    open.player.as_mut().unwrap().player_id = player.id().to_owned();
    let Clients { intake, routing, payments, notifications } = clients;
    let opened =
        tally.command("OpenCase", async || intake.clone().open_case(ask(player, open.clone())).await).await;
    // Told as failed already.
    let Some(case) = opened.and_then(|opened| opened.case) else { return };
    let message = ReceiveMessageRequest {
        request_id: new_id(),
        case: case.number.clone(),
        text: "Er der nyt?".to_owned(),
        channel: contracts::intake::v1::Channel::Chat.into(),
        ..ReceiveMessageRequest::default()
    };
    tally
        .command("ReceiveMessage", async || {
            intake.clone().receive_message(ask(player, message.clone())).await
        })
        .await;
    let preferences = SetPreferencesRequest {
        request_id: new_id(),
        case: case.number.clone(),
        preferences: Some(Preferences {
            channel: DeliveryChannel::Email.into(),
            marketing_consent: true,
            quiet_hours: None,
        }),
        ..SetPreferencesRequest::default()
    };
    tally
        .command("SetPreferences", async || {
            notifications.clone().set_preferences(ask(player, preferences.clone())).await
        })
        .await;
    let transaction = format!("TX-{}-{round}", player.id());
    let escalate = requests::escalate_payment(new_id(), &case.number, &transaction);
    tally
        .command("EscalatePayment", async || {
            payments.clone().escalate_payment(ask(&mette(), escalate.clone())).await
        })
        .await;
    let presence = SetPresenceRequest {
        request_id: new_id(),
        brand: Stage::BRAND.to_owned(),
        agent_id: agent.to_owned(),
        presence: if round.is_multiple_of(2) { Presence::Available } else { Presence::Away }.into(),
        ..SetPresenceRequest::default()
    };
    tally
        .command("SetPresence", async || {
            routing.clone().set_presence(ask(&Person::system("workforce"), presence.clone())).await
        })
        .await;
}
