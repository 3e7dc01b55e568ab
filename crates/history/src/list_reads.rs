//! `ListReads`: who read what of whom, the last read first.

use contracts::history::v1 as pb;
use jiff::Timestamp;
use service_kit::Failure;
use service_kit::request::{Checks, fingerprint, timestamp};

use crate::reads::{After, Read, Wanted};
use crate::service::Inner;

/// The longest reader, in characters: a kind and an id.
const READER_CHARACTERS: usize = 80;

pub(crate) async fn answer(
    history: &Inner,
    request: pb::ListReadsRequest,
) -> Result<pb::ListReadsResponse, Failure> {
    let bound = pb::ListReadsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let of = hex::encode(&fingerprint(&bound)[..8]);
    let mut checks = Checks::new();
    let brand = checks.brand("brand", &request.brand);
    let reader = checks.optional_text("reader", &request.reader, READER_CHARACTERS).unwrap_or_default();
    let size = checks.page_size(request.page_size);
    let after = after(&mut checks, &request.page_token, &of);
    let brand = checks.finish_with(brand)?.to_string();
    let case_id = match request.case.as_str() {
        "" => String::new(),
        named => history.directory.resolve("case", named).await?.to_string(),
    };
    let rows = history.directory.audit().rows().await?;
    let (reads, more) = rows.list(&Wanted { brand, case_id, reader }, after.as_ref(), size).await?;
    let next_page_token = match reads.last() {
        Some(last) if more => format!("{of}/{}/{}", last.at_us, last.id),
        _ => String::new(),
    };
    Ok(pb::ListReadsResponse { reads: reads.into_iter().map(shown).collect(), next_page_token })
}

fn after(checks: &mut Checks, token: &str, of: &str) -> Option<After> {
    if token.is_empty() {
        return None;
    }
    let read = || {
        let (at_us, read_id) = token.strip_prefix(of)?.strip_prefix('/')?.split_once('/')?;
        Some(After { at_us: at_us.parse().ok()?, read_id: read_id.to_owned() })
    };
    let read = read();
    if read.is_none() {
        checks.fail("page_token", "does not belong to this list; start again without one");
    }
    read
}

fn shown(read: Read) -> pb::PersonalRead {
    pb::PersonalRead {
        read_at: Timestamp::from_microsecond(read.at_us).ok().map(timestamp),
        reader: read.reader,
        case_id: read.case_id,
        player_id: read.player_id,
        method: read.method,
        fields: read.fields,
        purpose: read.purpose,
    }
}
