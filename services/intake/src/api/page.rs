//! Tokens of pages: where a page ended, and of which list it was.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use service_kit::request::{Body, Checks, fingerprint};

/// Which list a request asks for: the digest of its filters, given as the request without its page.
pub(super) fn list_of(filters: &impl Body) -> String {
    hex::encode(&fingerprint(filters)[..8])
}

/// The token of the page behind `position`.
pub(super) fn write_token(list: &str, position: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{list}/{position}"))
}

/// The position in a token, `None` without one; notes when it is not of this list.
pub(super) fn read_token<T>(
    checks: &mut Checks,
    token: &str,
    list: &str,
    position: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    if token.is_empty() {
        return None;
    }
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        position(text.strip_prefix(list)?.strip_prefix('/')?)
    };
    let read = read();
    if read.is_none() {
        checks.fail("page_token", "does not belong to this list; start again without one");
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_token_reads_back_for_the_same_list_only() {
        let position = |text: &str| text.parse::<i64>().ok();
        let token = write_token("list", "-42");
        let mut checks = Checks::new();
        assert_eq!(read_token(&mut checks, &token, "list", position), Some(-42));
        assert_eq!(read_token(&mut checks, "", "list", position), None);
        checks.finish().unwrap();
        for (token, list) in [
            (token.as_str(), "other"),
            ("rubbish", "list"),
            ("ø", "list"),
            (&write_token("list", "x"), "list"),
        ] {
            let mut checks = Checks::new();
            assert_eq!(read_token(&mut checks, token, list, position), None);
            assert!(checks.finish().is_err(), "{token}");
        }
    }
}
