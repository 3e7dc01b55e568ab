//! The deadline of a call: what the caller brought (`grpc-timeout`), never longer than ours.

use std::time::Duration;

/// Answered a little before the caller's own deadline, so that the answer says so in our words and still
/// arrives.
const MARGIN: Duration = Duration::from_millis(5);

/// Reads `grpc-timeout` (digits and a unit: H, M, S, m, u, n) and gives the time a call may take.
pub(crate) fn budget(header: Option<&http::HeaderValue>, longest: Duration) -> Duration {
    let Some(asked) = header.and_then(|value| value.to_str().ok()).and_then(parse) else { return longest };
    asked.saturating_sub(MARGIN.min(asked / 10)).min(longest)
}

fn parse(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let digits = &text[..text.len() - unit.len_utf8()];
    // The protocol allows at most eight digits.
    let amount: u64 = if digits.len() <= 8 { digits.parse().ok()? } else { return None };
    Some(match unit {
        'H' => Duration::from_secs(amount * 3_600),
        'M' => Duration::from_secs(amount * 60),
        'S' => Duration::from_secs(amount),
        'm' => Duration::from_millis(amount),
        'u' => Duration::from_micros(amount),
        'n' => Duration::from_nanos(amount),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_deadline_counts_up_to_ours() {
        let longest = Duration::from_secs(10);
        let header = |text: &str| http::HeaderValue::from_str(text).unwrap();
        assert_eq!(budget(None, longest), longest);
        assert_eq!(budget(Some(&header("1S")), longest), Duration::from_millis(995));
        assert_eq!(budget(Some(&header("20m")), longest), Duration::from_millis(18));
        assert_eq!(budget(Some(&header("1H")), longest), longest);
        assert_eq!(budget(Some(&header("rubbish")), longest), longest);
    }
}
