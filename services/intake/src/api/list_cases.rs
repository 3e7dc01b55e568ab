//! Lists a brand's cases from the read model, the last opened first.

use case::intake::limits;
use contracts::intake::v1 as pb;
use service_kit::request::Checks;
use service_kit::{Failure, Scope, Sight};
use tonic::Request;

use super::Api;
use super::page::{list_of, read_token, write_token};
use super::view::summary;
use super::words::optional_word;
use crate::contacts::Contact;
use crate::read_model::{After, Wanted, list};

/// The longest beginning of a number that is looked for, in characters.
const MAX_NUMBER: usize = 24;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ListCasesRequest>,
) -> Result<pb::ListCasesResponse, Failure> {
    let sight = Sight::of(&request);
    let asked = request.into_inner();
    let mut checks = Checks::new();
    let brand = checks.brand("brand", &asked.brand);
    if !sight.is_clear() {
        names_nobody(&mut checks, &asked);
    }
    let mut wanted = Wanted {
        player_id: checks.parse_optional("player_id", &asked.player_id),
        state: optional_word(&mut checks, "state", asked.state),
        team: optional_word(&mut checks, "team", asked.team),
        topic: optional_word(&mut checks, "topic", asked.topic),
        number: checks
            .optional_text("number", &asked.number, MAX_NUMBER)
            .map(|number| number.to_ascii_uppercase())
            .unwrap_or_default(),
        contact: String::new(),
        hidden: Scope::current().hidden_teams().to_vec(),
    };
    let size = checks.page_size(asked.page_size);
    let filters = pb::ListCasesRequest { page_size: 0, page_token: String::new(), ..asked.clone() };
    let of = list_of(&filters);
    let after = read_token(&mut checks, &asked.page_token, &of, position);
    let contact = contact(&mut checks, &asked.contact);
    let brand = checks.finish_with(brand)?;
    if let Some(contact) = contact {
        wanted.contact = contact.digest(&api.sealer, brand.as_str()).await?;
    }
    let (lines, more) = list(&api.store, &brand, &wanted, after.as_ref(), size).await?;
    let next_page_token = match lines.last() {
        Some(last) if more => write_token(&of, &format!("{}/{}", last.opened_at_us, last.case_id)),
        _ => String::new(),
    };
    Ok(pb::ListCasesResponse { cases: lines.iter().map(summary).collect(), next_page_token })
}

/// Whoever reads masked would learn from what is found who a case's player is.
fn names_nobody(checks: &mut Checks, asked: &pb::ListCasesRequest) {
    for (field, given) in [("player_id", &asked.player_id), ("contact", &asked.contact)] {
        if !given.is_empty() {
            checks.fail(field, "cannot be looked for by somebody who reads masked; use the case's number");
        }
    }
}

/// What the player is reached by; `None` for any.
fn contact(checks: &mut Checks, given: &str) -> Option<Contact> {
    let text = checks.optional_text("contact", given, limits::NAME_CHARACTERS)?;
    let contact = Contact::read(&text);
    if contact.is_none() {
        checks.fail("contact", "is neither an e-mail address nor a telephone number of five digits or more");
    }
    contact
}

fn position(text: &str) -> Option<After> {
    let (opened_at_us, case_id) = text.split_once('/')?;
    Some(After { opened_at_us: opened_at_us.parse().ok()?, case_id: case_id.to_owned() })
}
