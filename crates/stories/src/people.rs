//! Who plays: players, and the agents of the brand NB, with what they say about themselves in metadata.

use ambient::Clock;
use anyhow::Context;
use contracts::routing::v1::{Presence, RegisterAgentRequest, SetPresenceRequest, Skill, Team};
use tonic::Request;
use tonic::metadata::MetadataValue;

use crate::stage::Stage;

/// Somebody who calls the API.
#[derive(Debug, Clone)]
pub struct Person {
    /// What people call them.
    pub name: String,
    /// As the metadata says it: `agent:mette`.
    pub actor: String,
    /// An agent's teams, separated by commas.
    pub teams: String,
    /// A bearer token, where nobody is believed: it says who calls, instead of the metadata.
    pub token: Option<String>,
}

impl Person {
    /// A player, by account id.
    pub fn player(name: &str, player_id: &str) -> Self {
        Self::of(name, format!("player:{player_id}"), "")
    }

    /// An agent of these teams.
    pub fn agent(name: &str, teams: &str) -> Self {
        Self::of(name, format!("agent:{}", name.to_lowercase()), teams)
    }

    /// The system that stands for everything automatic outside: the site, the CRM.
    pub fn system(name: &str) -> Self {
        Self::of(name, format!("service:{name}"), "")
    }

    fn of(name: &str, actor: String, teams: &str) -> Self {
        Self { name: name.to_owned(), actor, teams: teams.to_owned(), token: None }
    }

    /// The same, who proves it with a token.
    #[must_use]
    pub fn with_token(self, token: Option<String>) -> Self {
        Self { token, ..self }
    }

    /// The id within their kind: an agent's, a player's.
    pub fn id(&self) -> &str {
        self.actor.split_once(':').map_or(self.actor.as_str(), |(_, id)| id)
    }

    /// A request made by this person.
    pub fn ask<T>(&self, message: T) -> anyhow::Result<Request<T>> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        if let Some(token) = &self.token {
            metadata.insert("authorization", MetadataValue::try_from(format!("Bearer {token}"))?);
            return Ok(request);
        }
        metadata.insert("casetrail-actor", MetadataValue::try_from(self.actor.as_str())?);
        if !self.teams.is_empty() {
            metadata.insert("casetrail-teams", MetadataValue::try_from(self.teams.as_str())?);
        }
        Ok(request)
    }

    /// A request made right after proving a second factor.
    pub fn ask_with_second_factor<T>(&self, message: T, clock: &dyn Clock) -> anyhow::Result<Request<T>> {
        let mut request = self.ask(message)?;
        let now = MetadataValue::try_from(clock.now().to_string())?;
        request.metadata_mut().insert("casetrail-second-factor-time", now);
        Ok(request)
    }
}

struct Desk {
    name: &'static str,
    teams: &'static [Team],
    languages: &'static [&'static str],
    skills: &'static [Skill],
    personal_contact_for: &'static [&'static str],
    presence: Presence,
}

/// The brand's agents. Approvers stay away from the queue: they approve.
const DESKS: &[Desk] = &[
    Desk {
        name: "Mette",
        teams: &[Team::Payments],
        languages: &["da", "en"],
        skills: &[Skill::Payments],
        personal_contact_for: &[],
        presence: Presence::Available,
    },
    Desk {
        name: "Peter",
        teams: &[Team::Payments],
        languages: &["da", "en"],
        skills: &[Skill::Payments],
        personal_contact_for: &[],
        presence: Presence::Away,
    },
    Desk {
        name: "Henrik",
        teams: &[Team::Payments],
        languages: &["da", "en"],
        skills: &[Skill::Payments],
        personal_contact_for: &[],
        presence: Presence::Away,
    },
    Desk {
        name: "Astrid",
        teams: &[Team::Verification],
        languages: &["sv", "en"],
        skills: &[Skill::Verification],
        personal_contact_for: &[],
        presence: Presence::Available,
    },
    Desk {
        name: "Kasia",
        teams: &[Team::General],
        languages: &["pl", "en"],
        skills: &[Skill::Bonuses, Skill::Games],
        personal_contact_for: &[],
        presence: Presence::Available,
    },
    Desk {
        name: "Marek",
        teams: &[Team::General],
        languages: &["pl", "en"],
        skills: &[Skill::Bonuses, Skill::Games],
        personal_contact_for: &[],
        presence: Presence::Away,
    },
    Desk {
        name: "Ingrid",
        teams: &[Team::Vip],
        languages: &["nb", "da", "en"],
        skills: &[Skill::Vip, Skill::Bonuses],
        personal_contact_for: &["p-4001"],
        presence: Presence::Available,
    },
    Desk {
        name: "Solveig",
        teams: &[Team::ResponsibleGambling],
        languages: &["nb", "da", "sv", "en"],
        skills: &[Skill::ResponsibleGambling],
        personal_contact_for: &[],
        presence: Presence::Available,
    },
];

/// Puts the brand's agents at their desks. Doing it again changes nothing.
pub(crate) async fn staff(stage: &Stage) -> anyhow::Result<()> {
    for desk in DESKS {
        let agent_id = desk.name.to_lowercase();
        let lead = Person::system("workforce");
        let register = RegisterAgentRequest {
            request_id: stage.new_id(),
            etag: String::new(),
            brand: Stage::BRAND.to_owned(),
            agent_id: agent_id.clone(),
            display_name: desk.name.to_owned(),
            teams: desk.teams.iter().map(|team| i32::from(*team)).collect(),
            language_codes: desk.languages.iter().map(|code| (*code).to_owned()).collect(),
            skills: desk.skills.iter().map(|skill| i32::from(*skill)).collect(),
            capacity: 6,
            personal_contact_for: desk.personal_contact_for.iter().map(|id| stage.player_id(id)).collect(),
        };
        stage.routing().register_agent(lead.ask(register)?).await.context("registering an agent")?;
        let presence = SetPresenceRequest {
            request_id: stage.new_id(),
            etag: String::new(),
            brand: Stage::BRAND.to_owned(),
            agent_id: agent_id.clone(),
            presence: desk.presence.into(),
        };
        stage.routing().set_presence(lead.ask(presence)?).await.context("setting an agent's presence")?;
    }
    Ok(())
}
