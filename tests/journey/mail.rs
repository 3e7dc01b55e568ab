//! E-mail through a real SMTP server: what a player really gets, and what happens when the server is down,
//! loses a receipt, or refuses.

#[path = "../support/mail_line.rs"]
mod mail_line;
#[path = "../support/smtp.rs"]
mod smtp;

use std::time::Duration;

use ambient::ManualClock;
use contracts::notifications::v1::list_deliveries_request::Scope;
use contracts::notifications::v1::{
    Delivery, DeliveryStanding, ListDeliveriesRequest, NotificationKind, RedriveNotificationRequest,
};
use serde_json::Value;
use stories::{Person, Stage};
use tempfile::TempDir;
use world::{START, World};

use crate::case_watch::CaseWatch;
use crate::people::{ask, auditor};
use crate::scene::Scene;
use mail_line::{MailLine, State};
use smtp::{ReceivedMail, SmtpServer};

/// Longer than a mail takes; reached only when something is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A system that sends through a real server, over a line that can be cut.
struct Post {
    scene: Scene,
    line: MailLine,
    server: SmtpServer,
    received: TempDir,
    _data: TempDir,
}

impl Post {
    async fn begin(state: State) -> Self {
        let (data, received) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let server = tokio::task::block_in_place(|| SmtpServer::start(received.path()));
        let line = MailLine::to(server.port(), state).await;
        let overrides = format!(
            "[notifications.smtp]\nhost = '127.0.0.1'\nport = {}\ntls = 'none'\ntimeout_ms = 5000\n\
             [notifications.brands.NB]\nfrom = 'NB Support <support@nb.example>'",
            line.port
        );
        let clock = ManualClock::new(START.parse().unwrap());
        let world = World::start_in(data.path(), clock, &overrides).await.unwrap();
        Self { scene: Scene::of(world).await, line, server, received, _data: data }
    }

    /// The next mail at the server.
    fn next_mail(&self) -> ReceivedMail {
        tokio::task::block_in_place(|| self.server.next_mail(PATIENCE))
    }

    /// How many mails the server has taken.
    fn mails(&self) -> usize {
        let files = std::fs::read_dir(self.received.path()).unwrap();
        files.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "eml")).count()
    }

    async fn deliveries(&self, standing: DeliveryStanding) -> Vec<Delivery> {
        self.scene.head().await;
        let request = ListDeliveriesRequest {
            scope: Some(Scope::Brand(Stage::BRAND.to_owned())),
            standing: standing.into(),
            ..ListDeliveriesRequest::default()
        };
        let answer = self.scene.stage.notifications().list_deliveries(ask(&auditor(), request)).await;
        answer.unwrap().into_inner().deliveries
    }
}

/// The value of a header, unfolded.
fn header(mail: &ReceivedMail, name: &str) -> String {
    let text = String::from_utf8_lossy(&mail.content).into_owned();
    let head = text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ").replace("\r\n\t", " ");
    let prefix = format!("{name}: ");
    let line = head.lines().find_map(|line| line.strip_prefix(&prefix));
    line.unwrap_or_else(|| panic!("no {name} in:\n{head}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_player_gets_a_danish_mail_with_the_case_number() {
    let post = Post::begin(State::Open).await;
    let number = post.scene.opened().await;
    let mail = post.next_mail();
    assert!(header(&mail, "Subject").contains(&number), "{}", header(&mail, "Subject"));
    assert!(mail.envelope.contains("rasmus@player.example"), "{}", mail.envelope);
    assert!(mail.envelope.contains("support@nb.example"), "{}", mail.envelope);
    assert_eq!(header(&mail, "Content-Language"), "da");
    assert_eq!(header(&mail, "X-Case-Number"), number);
    let text = String::from_utf8_lossy(&mail.content).into_owned();
    assert!(text.contains("sag"), "it should be Danish:\n{text}");
    assert!(!text.contains("{$") && !text.contains("case_received"), "a text was not found:\n{text}");

    let (_, sent) =
        CaseWatch::of(&post.scene.stage, &number).await.until("notifications.notification_sent").await;
    let id = sent["notification_id"].as_str().unwrap();
    assert_eq!(header(&mail, "Message-ID"), format!("<{id}@nb.example>"));
    let delivered = post.deliveries(DeliveryStanding::Sent).await;
    assert_eq!(delivered[0].kind(), NotificationKind::CaseReceived);
    assert_eq!((delivered.len(), post.mails()), (1, 1));
    post.scene.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_waits_for_a_server_that_is_down_and_arrives_once_it_is_back() {
    let post = Post::begin(State::Down).await;
    let number = post.scene.opened().await;
    let mut watch = CaseWatch::of(&post.scene.stage, &number).await;
    let (_, queued) = watch.until("notifications.notification_queued").await;
    let ours = |details: &Value| details["notification_id"] == queued["notification_id"];
    let (_, failed) = watch.until_matching("notifications.notification_failed", ours).await;
    assert_eq!(failed["attempt"], 1);
    // The second try finds it down too.
    post.scene.stage.pass(Duration::from_secs(40)).await;
    let (_, failed) = watch.until_matching("notifications.notification_failed", ours).await;
    assert_eq!(failed["attempt"], 2);
    assert_eq!(post.mails(), 0);
    let queued = post.deliveries(DeliveryStanding::Queued).await;
    assert!(queued.iter().any(|delivery| delivery.attempts == 2), "{queued:?}");

    post.line.becomes(State::Open);
    post.scene.stage.pass(Duration::from_secs(150)).await;
    let (_, sent) = watch.until_matching("notifications.notification_sent", ours).await;
    assert_eq!(sent["attempt"], 3);
    assert!(header(&post.next_mail(), "Subject").contains(&number));
    assert_eq!(post.mails(), 1);
    post.scene.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_receipt_was_lost_comes_again_under_the_same_message_id() {
    let post = Post::begin(State::LosesReceipts).await;
    let number = post.scene.opened().await;
    let first = post.next_mail();
    let mut watch = CaseWatch::of(&post.scene.stage, &number).await;
    watch.until("notifications.notification_failed").await;

    post.line.becomes(State::Open);
    post.scene.stage.pass(Duration::from_secs(40)).await;
    watch.until("notifications.notification_sent").await;
    let second = post.next_mail();
    // The receiver recognises the repeat (I4): all of it is the same but the trace it was sent in.
    for name in ["Message-ID", "Date", "Subject", "In-Reply-To"] {
        assert_eq!(header(&second, name), header(&first, name), "{name}");
    }
    assert_eq!(post.mails(), 2);
    post.scene.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_the_server_refuses_for_good_is_given_up_listed_and_redriven() {
    let post = Post::begin(State::Open).await;
    let refused = post.received.path().join("refused.txt");
    std::fs::write(&refused, "rasmus@player.example\n").unwrap();
    let number = post.scene.opened().await;
    let mut watch = CaseWatch::of(&post.scene.stage, &number).await;
    let (_, given_up) = watch.until("notifications.notification_dead_lettered").await;
    assert_eq!((given_up["code"].as_str(), given_up["attempts"].as_u64()), (Some("550"), Some(1)));

    let listed = post.deliveries(DeliveryStanding::DeadLettered).await;
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].last_error_code.as_str(), listed[0].attempts), ("550", 1));
    assert_eq!(listed[0].case.as_ref().unwrap().number, number);

    std::fs::remove_file(&refused).unwrap();
    let redrive = RedriveNotificationRequest {
        request_id: post.scene.stage.new_id(),
        etag: String::new(),
        case: number.clone(),
        notification_id: listed[0].notification_id.clone(),
    };
    let operator = Person::system("operations");
    post.scene.stage.notifications().redrive_notification(ask(&operator, redrive)).await.unwrap();
    watch.until("notifications.notification_redriven").await;
    watch.until("notifications.notification_sent").await;
    assert!(header(&post.next_mail(), "Subject").contains(&number));
    assert!(post.deliveries(DeliveryStanding::DeadLettered).await.is_empty());
    post.scene.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stays_down_is_given_up_after_five_tries() {
    let post = Post::begin(State::Down).await;
    let number = post.scene.opened().await;
    let mut watch = CaseWatch::of(&post.scene.stage, &number).await;
    let (_, queued) = watch.until("notifications.notification_queued").await;
    let ours = |details: &Value| details["notification_id"] == queued["notification_id"];
    for (attempt, wait) in [(1, 40), (2, 150), (3, 750), (4, 4_500)] {
        let (_, failed) = watch.until_matching("notifications.notification_failed", ours).await;
        assert_eq!(failed["attempt"], attempt);
        post.scene.stage.pass(Duration::from_secs(wait)).await;
    }
    let (_, given_up) = watch.until_matching("notifications.notification_dead_lettered", ours).await;
    assert_eq!(given_up["attempts"], 5);
    assert_eq!(post.mails(), 0);
}
