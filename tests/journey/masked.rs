//! An engineer looks for a fault: masked, and at one case as it is for a purpose, which is written down.

use std::time::Duration;

use access::Role;
use access::mint::{self, Mint, Wish};
use ambient::{Clock, ManualClock, SystemIds};
use contracts::history::v1::history_service_client::HistoryServiceClient;
use contracts::history::v1::{
    Entry, GetCaseRequest, ListHistoryRequest, ListReadsRequest, PersonalRead, WatchCaseRequest,
};
use contracts::intake::v1::intake_service_client::IntakeServiceClient;
use jiff::SignedDuration;
use stories::Stage;
use tempfile::TempDir;
use tonic::transport::Channel;
use tonic::{Code, Request};
use world::{START, World};

use crate::refusal::Refusal;
use crate::requests;

/// What the case holds of its player.
const SECRETS: [&str; 4] = ["p-1001", "rasmus", "rasmus@player.example", "ikke kommet frem"];

/// A system that believes nobody without a token, and a case in it.
struct Desk {
    world: World,
    channel: Channel,
    mint: Mint,
    case: String,
    _folder: TempDir,
}

impl Desk {
    async fn open() -> Self {
        Self::open_with("").await
    }

    async fn open_with(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mint = Mint::open_or_create(folder.path(), &SystemIds).unwrap();
        let clock = ManualClock::new(START.parse().unwrap());
        let (jwks, issuer) = (mint.jwks().display(), mint::ISSUER);
        let settings = format!("\n{settings}\n[grpc.tokens]\njwks = '{jwks}'\nissuer = '{issuer}'\n");
        let world = World::start_in(&folder.path().join("data"), clock, &settings).await.unwrap();
        let channel = world.channel().await.unwrap();
        let mut desk = Self { world, channel, mint, case: String::new(), _folder: folder };
        desk.opened("0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b00").await;
        desk
    }

    /// Has another case.
    async fn opened(&mut self, request_id: &str) {
        let request = self.ask(Role::Player, "p-1001", None, requests::open_case(request_id.to_owned()));
        let opened = IntakeServiceClient::new(self.channel.clone()).open_case(request).await.unwrap();
        self.case = opened.into_inner().case.unwrap().case_id;
        self.world.system.settled().await.unwrap();
    }

    fn ask<T>(&self, role: Role, subject: &str, acr: Option<&str>, message: T) -> Request<T> {
        let wish = Wish {
            subject: subject.to_owned(),
            roles: vec![role],
            teams: Vec::new(),
            brands: vec![Stage::BRAND.to_owned()],
            acr: acr.map(str::to_owned),
            lifetime: SignedDuration::from_hours(1),
        };
        let token = self.mint.token(&wish, self.world.clock.now());
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        request
    }

    /// A call by an engineer, who asks to see it as it is.
    fn unmask<T>(&self, acr: Option<&str>, purpose: &str, message: T) -> Request<T> {
        let mut request = self.ask(Role::Engineer, "eva", acr, message);
        request.metadata_mut().insert("casetrail-unmask", "true".parse().unwrap());
        request.metadata_mut().insert("casetrail-purpose", purpose.parse().unwrap());
        request
    }

    fn history(&self) -> HistoryServiceClient<Channel> {
        HistoryServiceClient::new(self.channel.clone())
    }

    fn whole(&self) -> ListHistoryRequest {
        ListHistoryRequest { case: self.case.clone(), ..ListHistoryRequest::default() }
    }

    /// The engineer's reads.
    async fn reads(&self) -> Vec<PersonalRead> {
        let asked = ListReadsRequest {
            brand: Stage::BRAND.to_owned(),
            reader: "agent:eva".to_owned(),
            ..ListReadsRequest::default()
        };
        let asked = self.ask(Role::PrivacyOfficer, "petra", None, asked);
        self.history().list_reads(asked).await.unwrap().into_inner().reads
    }
}

/// The secrets that are in it.
fn secrets(told: &str) -> Vec<&'static str> {
    SECRETS.into_iter().filter(|secret| told.contains(secret)).collect()
}

/// Everything that a fact says. Its `Debug` leaves texts out.
fn said(entries: &[Entry]) -> String {
    let said = entries.iter().map(|entry| {
        let actor = entry.actor.clone().unwrap_or_default().id;
        format!("{actor} {} {} ", entry.summary, entry.details_json)
    });
    said.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_reads_a_case_masked_and_unmasks_it_for_a_purpose_that_is_written_down() {
    let desk = Desk::open().await;
    let ask = |message| desk.ask(Role::Engineer, "eva", None, message);
    let masked = desk.history().list_history(ask(desk.whole())).await.unwrap().into_inner().entries;
    assert!(masked.len() > 2 && masked[0].r#type == "intake.case_opened", "{masked:?}");
    assert_eq!(secrets(&said(&masked)), [""; 0]);

    let watch = WatchCaseRequest { case: desk.case.clone(), after_version: 0 };
    let watch = desk.ask(Role::Engineer, "eva", None, watch);
    let mut watch = desk.history().watch_case(watch).await.unwrap().into_inner();
    for expected in &masked {
        let told = tokio::time::timeout(Duration::from_secs(20), watch.message()).await;
        assert_eq!(told.expect("it tells").unwrap().unwrap().entry.as_ref(), Some(expected));
    }

    let unproven = desk.history().list_history(desk.unmask(None, "incident 4711", desk.whole())).await;
    Refusal::of(unproven).is(Code::PermissionDenied, "SECOND_FACTOR_REQUIRED");
    let proven = Some(mint::SECOND_FACTOR);
    let aimless = desk.history().list_history(desk.unmask(proven, "", desk.whole())).await;
    Refusal::of(aimless).about(&["casetrail-purpose"]);
    desk.world.clock.advance(Duration::from_secs(1));
    let clear = desk.history().list_history(desk.unmask(proven, "incident 4711", desk.whole())).await;
    let clear = said(&clear.unwrap().into_inner().entries);
    assert_eq!(secrets(&clear), SECRETS);

    let reads = desk.reads().await;
    let told: Vec<(&str, &str)> =
        reads.iter().map(|read| (read.fields.as_str(), read.purpose.as_str())).collect();
    assert_eq!(told[0], ("unmasked: player, texts", "incident 4711"));
    assert_eq!(told[1..], [("masked", ""), ("masked", "")]);
    assert!(reads.iter().all(|read| read.player_id == "p-1001" && read.case_id == desk.case), "{reads:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn masked_reads_count_for_nothing_and_unmasked_ones_do() {
    let mut desk = Desk::open_with("[intake]\ncases_read_per_hour = 1").await;
    let mut cases = vec![desk.case.clone()];
    for request_id in ["0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b01", "0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b02"] {
        desk.opened(request_id).await;
        cases.push(desk.case.clone());
    }
    let get = |case: &String| GetCaseRequest { case: case.clone(), as_of: None };
    for case in &cases {
        desk.history().get_case(desk.ask(Role::Engineer, "eva", None, get(case))).await.unwrap();
    }
    // They are written, and learned of where they count.
    assert_eq!(desk.reads().await.len(), cases.len());
    let unmask = async |case: &String| {
        let asked = desk.unmask(Some(mint::SECOND_FACTOR), "incident 4711", get(case));
        desk.history().get_case(asked).await
    };
    unmask(&cases[2]).await.unwrap();
    Refusal::of(unmask(&cases[0]).await).is(Code::ResourceExhausted, "READ_LIMIT_REACHED");
    desk.history().get_case(desk.ask(Role::Engineer, "eva", None, get(&cases[0]))).await.unwrap();
}
