//! Opens a case: its id comes from the request, its number from the brand's running numbers.

use case::intake::{AnswerSuggested, Event, LanguageSource, NewPlayer, OpenCase, limits};
use case::{Brand, Case, CaseEvent, CaseId, Channel, Language, Tier, Topic};
use contracts::intake::v1 as pb;
use jiff::tz::TimeZone;
use service_kit::Failure;
use service_kit::execute::Outcome;
use service_kit::request::{Checks, actor, fingerprint};
use tonic::Request;

use super::mutation::Mutation;
use super::view::{article, case_ref};
use super::words::{optional_word, word};
use super::{Api, other_case};
use crate::language;

/// The longest name of a time zone, in characters.
const MAX_TIME_ZONE: usize = 64;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::OpenCaseRequest>,
) -> Result<pb::OpenCaseResponse, Failure> {
    let (actor, body) = (actor(&request)?, fingerprint(request.get_ref()));
    let asked = request.into_inner();
    let mut checks = Checks::new();
    let mutation = checks.request_id(&asked.request_id).map(|id| Mutation::new(actor, body, id));
    let opening = opening(&mut checks, &asked);
    let (mutation, opening) = checks.finish_with(mutation.zip(opening))?;

    let previous_case = match asked.previous_case.as_str() {
        "" => None,
        named => Some(other_case::load(api, "previous_case", named).await?),
    };
    let case_id = CaseId::of_request(&opening.brand, mutation.request_id, api.shards);
    let number = api.numbers.allocate(&opening.brand, case_id).await?;
    let (language, language_source) = language_of(api, &opening);
    let command = OpenCase {
        number,
        language,
        language_source,
        message_id: mutation.made("message"),
        previous_case,
        articles: api.texts.candidates(),
        brand: opening.brand,
        channel: opening.channel,
        player: opening.player,
        text: opening.text,
        topic: opening.topic,
        product: opening.product,
    };
    let outcome = mutation.execute_on(api, case_id.0, command).await?;
    Ok(pb::OpenCaseResponse {
        case: Some(case_ref(&outcome.state)),
        suggested_answer: suggested_answer(api, &outcome),
    })
}

/// What the caller says of the new case.
struct Opening {
    brand: Brand,
    channel: Channel,
    player: NewPlayer,
    language: Option<Language>,
    text: String,
    topic: Option<Topic>,
    product: Option<String>,
}

fn opening(checks: &mut Checks, asked: &pb::OpenCaseRequest) -> Option<Opening> {
    let brand = checks.brand("brand", &asked.brand);
    let channel = word(checks, "channel", asked.channel);
    let player = player(checks, asked.player.as_ref());
    let language = checks.parse_optional("language_code", &asked.language_code);
    let text = checks.text("text", &asked.text, limits::MESSAGE_CHARACTERS);
    let topic = optional_word(checks, "topic", asked.topic);
    let product = checks.optional_text("product", &asked.product, limits::NAME_CHARACTERS);
    if let (Some(brand), Some(player)) = (&brand, &player) {
        checks.player_of(brand, player.player_id.as_str());
    }
    Some(Opening { brand: brand?, channel: channel?, player: player?, language, text: text?, topic, product })
}

fn player(checks: &mut Checks, given: Option<&pb::Player>) -> Option<NewPlayer> {
    let Some(given) = given else {
        checks.fail("player", "is required");
        return None;
    };
    let player_id = checks.parse("player.player_id", &given.player_id);
    let username = checks.text("player.username", &given.username, limits::NAME_CHARACTERS);
    let email = checks.optional_text("player.email", &given.email, limits::NAME_CHARACTERS);
    let time_zone = checks.optional_text("player.time_zone", &given.time_zone, MAX_TIME_ZONE);
    if time_zone.as_deref().is_some_and(|zone| TimeZone::get(zone).is_err()) {
        checks.fail("player.time_zone", "is not in the IANA database; use one such as Europe/Copenhagen");
    }
    let tier = optional_word(checks, "player.tier", given.tier);
    Some(NewPlayer {
        player_id: player_id?,
        username: username?,
        email,
        time_zone,
        tier: tier.unwrap_or(Tier::Standard),
        marketing_consent: given.marketing_consent,
    })
}

/// What the channel says, what the text tells, or what is assumed.
fn language_of(api: &Api, opening: &Opening) -> (Language, LanguageSource) {
    if let Some(stated) = opening.language {
        return (stated, LanguageSource::Stated);
    }
    match language::detect(&opening.text) {
        Some(found) => (found, LanguageSource::Detected { version: language::VERSION }),
        None => (api.assumed_language, LanguageSource::Assumed),
    }
}

/// The article that was offered with the opening.
fn suggested_answer(api: &Api, outcome: &Outcome<Case>) -> Option<pb::Article> {
    let suggested = |event: &CaseEvent| match event {
        CaseEvent::Intake(Event::AnswerSuggested(suggested)) => Some(suggested.clone()),
        _ => None,
    };
    let AnswerSuggested { article_id, language } = outcome.events.iter().find_map(suggested)?;
    api.texts.article(&article_id, language).map(article)
}
