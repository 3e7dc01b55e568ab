//! Lists a brand's escalations from the read model, the longest escalated first.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use case::payments_escalation::Progress;
use contracts::payments_escalation::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::view::summary;
use super::words::optional_word;
use crate::read_model::{After, list};

/// The most escalations on a page.
const MAX_PAGE: u32 = 200;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ListEscalationsRequest>,
) -> Result<pb::ListEscalationsResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let brand = checks.brand("brand", &asked.brand);
    let progress: Option<Progress> = optional_word(&mut checks, "progress", asked.progress);
    let size = checks.page_size(asked.page_size).min(MAX_PAGE);
    let filter = format!("{}/{}", asked.brand, asked.progress);
    let after = match asked.page_token.as_str() {
        "" => None,
        token => {
            let after = read_token(token, &filter);
            if after.is_none() {
                checks.fail("page_token", "does not belong to this list; start again without one");
            }
            after
        }
    };
    let brand = checks.finish_with(brand)?;
    let (lines, more) = list(&api.store, brand.as_str(), progress, after.as_ref(), size).await?;
    let next_page_token = match lines.last() {
        Some(last) if more => write_token(
            &After { escalated_at_us: last.escalated_at_us, case_id: last.case_id.clone() },
            &filter,
        ),
        _ => String::new(),
    };
    let mut escalations = Vec::with_capacity(lines.len());
    for line in &lines {
        // A page may be shorter than asked for: what the caller does not reach is left out of it.
        let case_id =
            line.case_id.parse().map_err(|_| Failure::Internal("a case's id in the list".to_owned()))?;
        if api.executor.reaches(case_id).await? {
            escalations.push(summary(line));
        }
    }
    Ok(pb::ListEscalationsResponse { escalations, next_page_token })
}

/// A token holds where the page ended and which list it was of.
fn write_token(after: &After, filter: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{filter}/{}/{}", after.escalated_at_us, after.case_id))
}

fn read_token(token: &str, filter: &str) -> Option<After> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (escalated_at_us, case_id) = text.strip_prefix(filter)?.strip_prefix('/')?.split_once('/')?;
    Some(After { escalated_at_us: escalated_at_us.parse().ok()?, case_id: case_id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_token_reads_back_for_the_same_list_only() {
        let after = After { escalated_at_us: 1_700_000_000_000_000, case_id: "0199".to_owned() };
        let token = write_token(&after, "NB/2");
        assert_eq!(read_token(&token, "NB/2"), Some(after));
        assert_eq!(read_token(&token, "NB/0"), None);
        assert_eq!(read_token("rubbish", "NB/2"), None);
    }
}
