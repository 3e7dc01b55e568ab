//! What callers do: cases from the first word to the end, and some that are left waiting in a queue.

use std::time::{Duration, Instant};

use contracts::history::v1::Entry;
use contracts::intake::v1 as intake;
use contracts::payments_escalation::v1::ApproveResolutionRequest;
use contracts::routing::v1::{
    AcceptOfferRequest, Presence, RegisterAgentRequest, SetPresenceRequest, Skill, Team,
};
use serde_json::Value;
use stories::{Person, Stage};

use crate::caller::{Became, Caller, Phase, Stuck, by};
use crate::people::{ask, henrik, peter};
use crate::requests;

/// Those who take the cases.
const AGENTS: [&str; 4] = ["Anna", "Bo", "Carl", "Dorte"];
const TEAMS: &str = "payments,general";
/// After so long without an offer all agents say that they are there: they were set away for offers that ran
/// out while nobody could answer.
const NO_OFFER: Duration = Duration::from_secs(8);
const LARGE: i64 = 1_250_000;

/// Puts the agents at their desks.
pub(crate) async fn staff(stage: &Stage) {
    for name in AGENTS {
        let agent = Person::agent(name, TEAMS);
        let register = RegisterAgentRequest {
            request_id: stage.new_id(),
            brand: Stage::BRAND.to_owned(),
            agent_id: agent.id().to_owned(),
            display_name: name.to_owned(),
            teams: vec![Team::Payments.into(), Team::General.into()],
            language_codes: vec!["da".to_owned(), "en".to_owned()],
            skills: vec![Skill::Payments.into(), Skill::Bonuses.into()],
            capacity: 100,
            ..RegisterAgentRequest::default()
        };
        stage.routing().register_agent(ask(&Person::system("workforce"), register)).await.unwrap();
    }
    all_are_there(stage).await;
}

/// All agents say that they are there; whoever is not heard says so again later.
async fn all_are_there(stage: &Stage) {
    for name in AGENTS {
        let agent = Person::agent(name, TEAMS);
        let presence = SetPresenceRequest {
            request_id: stage.new_id(),
            etag: String::new(),
            brand: Stage::BRAND.to_owned(),
            agent_id: agent.id().to_owned(),
            presence: Presence::Available.into(),
        };
        let request = by(&Person::system("workforce"), presence, Duration::from_secs(5));
        let _ = stage.routing().set_presence(request).await;
    }
}

/// A case, and whose it is.
struct Opened {
    number: String,
    player: Person,
}

impl Caller {
    /// One case after the other until the faults are over; then to the end of the one at hand.
    pub(crate) async fn live(mut self) {
        for index in 0.. {
            if *self.phase.borrow() != Phase::Running {
                return;
            }
            let player = format!("p-{}-{index}", self.name);
            let lived = match self.chance.below(10) {
                0..=5 => self.withdrawal(&player).await,
                6..=8 => self.question(&player).await,
                _ => self.left_waiting(&player).await,
            };
            match lived {
                Ok(()) => self.record.count("cases brought to their end"),
                Err(Stuck(why)) if self.is_late() => {
                    return self.record.violation("I10", format!("60 s after the last fault: {why}"));
                }
                Err(Stuck(_)) => self.record.count("cases given up"),
            }
        }
    }

    /// A withdrawal that did not arrive, up to the money.
    async fn withdrawal(&mut self, player: &str) -> Result<(), Stuck> {
        let marker = if self.chance.percent(25) { "-TWICE" } else { "" };
        let transaction = format!("TX-{player}{marker}");
        let amount = if self.chance.percent(25) { LARGE } else { 250_000 };
        let opened = self.open(player, intake::Channel::Chat, intake::Topic::Unspecified).await?;
        let agent = self.take(&opened.number).await?;
        self.reply(&opened.number, &agent).await?;

        let mut request = requests::escalate_payment(self.stage.new_id(), &opened.number, &transaction);
        request.amount = requests::danish(amount);
        let (stage, id) = (self.stage.clone(), request.request_id.clone());
        self.must("EscalatePayment", &id, async |deadline| {
            stage.payments().escalate_payment(by(&agent, request.clone(), deadline)).await
        })
        .await?;
        self.until_recorded(&opened.number, "payments_escalation.gateway_replied").await?;
        self.propose_and_approve(&opened.number, &agent, &transaction, amount).await?;
        self.until_recorded(&opened.number, "payments_escalation.payment_executed").await?;
        self.resolve(&opened.number, &agent).await
    }

    async fn propose_and_approve(
        &mut self,
        number: &str,
        agent: &Person,
        transaction: &str,
        amount: i64,
    ) -> Result<(), Stuck> {
        let stage = self.stage.clone();
        let mut request = requests::propose_resolution(stage.new_id(), number, transaction);
        request.amount = requests::danish(amount);
        let id = request.request_id.clone();
        let proposed = self
            .must("ProposeResolution", &id, async |deadline| {
                stage.payments().propose_resolution(by(agent, request.clone(), deadline)).await
            })
            .await?;
        let approvers = [peter(), henrik()];
        for approver in approvers.iter().take(usize::try_from(proposed.required_approvals).unwrap()) {
            let request = ApproveResolutionRequest {
                request_id: stage.new_id(),
                etag: String::new(),
                case: number.to_owned(),
                proposal_id: proposed.proposal_id.clone(),
                amount: requests::danish(amount),
            };
            let id = request.request_id.clone();
            self.must("ApproveResolution", &id, async |deadline| {
                let mut request = approver.ask_with_second_factor(request.clone(), stage.clock()).unwrap();
                request.set_timeout(deadline);
                stage.payments().approve_resolution(request).await
            })
            .await?;
        }
        Ok(())
    }

    /// A question, answered; sometimes taken up again, and rated.
    async fn question(&mut self, player: &str) -> Result<(), Stuck> {
        let opened = self.open(player, intake::Channel::Email, intake::Topic::Bonus).await?;
        self.message(&opened).await?;
        let agent = self.take(&opened.number).await?;
        let request = requests::add_note(self.stage.new_id(), &opened.number);
        let (stage, id) = (self.stage.clone(), request.request_id.clone());
        self.must("AddNote", &id, async |deadline| {
            stage.intake().add_note(by(&agent, request.clone(), deadline)).await
        })
        .await?;
        self.reply(&opened.number, &agent).await?;
        self.resolve(&opened.number, &agent).await?;
        if self.chance.percent(40) {
            let request = intake::ReopenCaseRequest {
                request_id: stage.new_id(),
                etag: String::new(),
                case: opened.number.clone(),
                reason: "Bonussen mangler stadig.".to_owned(),
            };
            let id = request.request_id.clone();
            self.must("ReopenCase", &id, async |deadline| {
                stage.intake().reopen_case(by(&opened.player, request.clone(), deadline)).await
            })
            .await?;
            let agent = self.take(&opened.number).await?;
            self.reply(&opened.number, &agent).await?;
            self.resolve(&opened.number, &agent).await?;
        }
        let request = intake::GiveFeedbackRequest {
            request_id: stage.new_id(),
            etag: String::new(),
            case: opened.number.clone(),
            score: 4,
            comment: "Tak!".to_owned(),
        };
        let id = request.request_id.clone();
        self.must("GiveFeedback", &id, async |deadline| {
            stage.intake().give_feedback(by(&opened.player, request.clone(), deadline)).await
        })
        .await?;
        Ok(())
    }

    /// A case of a team that nobody works in: it stays in the queue.
    async fn left_waiting(&mut self, player: &str) -> Result<(), Stuck> {
        let opened = self.open(player, intake::Channel::Email, intake::Topic::Verification).await?;
        self.message(&opened).await
    }

    async fn open(
        &mut self,
        player: &str,
        channel: intake::Channel,
        topic: intake::Topic,
    ) -> Result<Opened, Stuck> {
        let mut request = requests::open_case(self.stage.new_id());
        request.channel = channel.into();
        request.topic = topic.into();
        if let Some(named) = &mut request.player {
            player.clone_into(&mut named.player_id);
        }
        let player = Person::player("Rasmus", player);
        let (stage, id) = (self.stage.clone(), request.request_id.clone());
        let answer = self
            .must("OpenCase", &id, async |deadline| {
                stage.intake().open_case(by(&player, request.clone(), deadline)).await
            })
            .await?;
        Ok(Opened { number: answer.case.unwrap().number, player })
    }

    /// The player writes again; sometimes another text comes under the same id.
    async fn message(&mut self, opened: &Opened) -> Result<(), Stuck> {
        let request = intake::ReceiveMessageRequest {
            request_id: self.stage.new_id(),
            case: opened.number.clone(),
            subject: String::new(),
            channel: intake::Channel::Email.into(),
            text: "Er der nyt i sagen?".to_owned(),
        };
        let (stage, id) = (self.stage.clone(), request.request_id.clone());
        self.must("ReceiveMessage", &id, async |deadline| {
            stage.intake().receive_message(by(&opened.player, request.clone(), deadline)).await
        })
        .await?;
        if self.chance.percent(10) {
            let other = intake::ReceiveMessageRequest { text: "Noget andet.".to_owned(), ..request };
            self.must_not("ReceiveMessage", &id, "REQUEST_ID_REUSED", async |deadline| {
                stage.intake().receive_message(by(&opened.player, other.clone(), deadline)).await
            })
            .await;
        }
        Ok(())
    }

    /// Whoever is offered the case takes it.
    async fn take(&mut self, number: &str) -> Result<Person, Stuck> {
        let (stage, mut looked) = (self.stage.clone(), Instant::now());
        loop {
            let entries = self.history(number).await;
            if let Some(owner) = owner(&entries) {
                return Ok(agent(&owner));
            }
            if let Some((offer_id, agent_id)) = offer(&entries) {
                let offered = agent(&agent_id);
                let request = AcceptOfferRequest {
                    request_id: stage.new_id(),
                    etag: String::new(),
                    case: number.to_owned(),
                    offer_id,
                };
                let id = request.request_id.clone();
                let taken = self.insist("AcceptOffer", &id, async |deadline| {
                    stage.routing().accept_offer(by(&offered, request.clone(), deadline)).await
                });
                if let Became::Done(_) = taken.await? {
                    return Ok(offered);
                }
            }
            if looked.elapsed() > NO_OFFER {
                self.record.count("times without an offer");
                all_are_there(&stage).await;
                looked = Instant::now();
            }
            self.look_again(number, "an offer").await?;
        }
    }

    /// The agent replies; sometimes with an etag that is too old.
    async fn reply(&mut self, number: &str, agent: &Person) -> Result<(), Stuck> {
        let stage = self.stage.clone();
        if self.chance.percent(10) {
            let mut stale = requests::send_reply(stage.new_id(), number);
            "\"1\"".clone_into(&mut stale.etag);
            self.must_not("SendReply", &stale.request_id, "STALE_ETAG", async |deadline| {
                stage.intake().send_reply(by(agent, stale.clone(), deadline)).await
            })
            .await;
        }
        let request = requests::send_reply(stage.new_id(), number);
        let id = request.request_id.clone();
        self.must("SendReply", &id, async |deadline| {
            stage.intake().send_reply(by(agent, request.clone(), deadline)).await
        })
        .await?;
        Ok(())
    }

    async fn resolve(&mut self, number: &str, agent: &Person) -> Result<(), Stuck> {
        let request = requests::resolve_case(self.stage.new_id(), number);
        let (stage, id) = (self.stage.clone(), request.request_id.clone());
        self.must("ResolveCase", &id, async |deadline| {
            stage.intake().resolve_case(by(agent, request.clone(), deadline)).await
        })
        .await?;
        Ok(())
    }
}

fn agent(id: &str) -> Person {
    Person::agent(id, TEAMS)
}

fn details(entry: &Entry) -> Value {
    serde_json::from_str(&entry.details_json).unwrap()
}

fn word(entry: &Entry, name: &str) -> Option<String> {
    details(entry)[name].as_str().map(str::to_owned)
}

/// Who has the case since it was queued last, or taken up again.
fn owner(entries: &[Entry]) -> Option<String> {
    let begins = ["routing.case_queued", "intake.case_reopened"];
    let queued = entries.iter().rposition(|entry| begins.contains(&entry.r#type.as_str()))?;
    let assigned = entries[queued..].iter().find(|entry| entry.r#type == "routing.case_assigned")?;
    word(assigned, "agent_id")
}

/// The last offer, if it is still out: its id, and who has it.
fn offer(entries: &[Entry]) -> Option<(String, String)> {
    let at = entries.iter().rposition(|entry| entry.r#type == "routing.case_offered")?;
    let over = ["routing.offer_expired", "routing.offer_declined", "routing.case_assigned"];
    let is_over = entries[at..].iter().any(|entry| over.contains(&entry.r#type.as_str()));
    let of = |name: &str| word(&entries[at], name);
    if is_over { None } else { of("offer_id").zip(of("agent_id")) }
}
