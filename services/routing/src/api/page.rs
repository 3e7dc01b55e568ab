//! Page tokens: where a page ended and which list it was of, so that a token of another list is noticed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use service_kit::request::Checks;

/// The token behind which a page goes on; empty when nothing follows.
pub(super) fn next(list: &str, end: Option<String>) -> String {
    end.map(|end| URL_SAFE_NO_PAD.encode(format!("{list}\n{end}"))).unwrap_or_default()
}

/// Where the page that `token` asks for begins; `None` for the first page and for a token that is wrong.
pub(super) fn begin<T>(
    checks: &mut Checks,
    list: &str,
    token: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    if token.is_empty() {
        return None;
    }
    let end = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| read(text.strip_prefix(list)?.strip_prefix('\n')?));
    if end.is_none() {
        checks.fail("page_token", "does not belong to this list; start again without one");
    }
    end
}

/// Cuts what was read to a page, one entry more than it holds having been asked for; whether more follow.
pub(super) fn cut<T>(mut entries: Vec<T>, size: u32) -> (Vec<T>, bool) {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = entries.len() > size;
    entries.truncate(size);
    (entries, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_for_its_own_list_only() {
        let token = next("queue/NB/1", Some("50".to_owned()));
        let read = |list: &str, token: &str| {
            let mut checks = Checks::new();
            let begin = begin(&mut checks, list, token, |end| end.parse::<u32>().ok());
            (begin, checks.finish().is_ok())
        };
        assert_eq!(read("queue/NB/1", &token), (Some(50), true));
        assert_eq!(read("queue/NB/2", &token), (None, false));
        assert_eq!(read("queue/NB/1", "rubbish"), (None, false));
        assert_eq!(read("queue/NB/1", ""), (None, true));
        assert_eq!(next("queue/NB/1", None), "");
    }
}
