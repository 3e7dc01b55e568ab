//! Page tokens: where the next page begins, bound to the request they were given for (AIP-158).

use service_kit::request::{Body, Checks, fingerprint};

/// What a page may weigh, in bytes, so that with its last entry it stays below the largest message.
pub(crate) const PAGE_BYTES: usize = service_kit::limits::SMALLEST_MESSAGE_BYTES / 2;

/// The token of the page that begins after `after`. `request` is the request without size and token.
pub(crate) fn token(after: u64, request: &impl Body) -> String {
    let mut bytes = after.to_be_bytes().to_vec();
    bytes.extend_from_slice(&fingerprint(request)[..8]);
    hex::encode(bytes)
}

/// Where the page begins; 0 for the first one.
pub(crate) fn read(checks: &mut Checks, token: &str, request: &impl Body) -> Option<u64> {
    if token.is_empty() {
        return Some(0);
    }
    let mut bytes = [0_u8; 16];
    if hex::decode_to_slice(token, &mut bytes).is_err() {
        checks.fail("page_token", "is not one of ours; send it back exactly as it came");
        return None;
    }
    let (after, digest) = bytes.split_at(8);
    if digest != &fingerprint(request)[..8] {
        checks.fail("page_token", "belongs to another request; change nothing but page_size between pages");
        return None;
    }
    after.try_into().ok().map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use contracts::history::v1::ListTracesRequest;

    use super::*;

    fn request(case: &str) -> ListTracesRequest {
        ListTracesRequest { case: case.to_owned(), ..ListTracesRequest::default() }
    }

    #[test]
    fn a_token_reads_back_for_its_own_request_only() {
        let given = token(50, &request("a"));
        assert_eq!(read(&mut Checks::new(), &given, &request("a")), Some(50));
        assert_eq!(read(&mut Checks::new(), "", &request("a")), Some(0));
        for (text, case) in [(given.as_str(), "b"), ("rubbish", "a"), ("00", "a")] {
            let mut checks = Checks::new();
            assert_eq!(read(&mut checks, text, &request(case)), None);
            assert!(checks.finish().is_err(), "{text}");
        }
    }
}
