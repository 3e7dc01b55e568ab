//! Moments and amounts as people write them in each language.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment in the player's time zone, such as `22.11.2026 kl. 14.30` in Danish. It follows a word like
/// "by" or "senest" in the texts; in languages without texts of ours it is in English, like them.
pub fn format_moment(moment: Timestamp, zone: &TimeZone, language: &str) -> String {
    let format = match language {
        "da" | "nb" => "%-d.%-m.%Y kl. %H.%M",
        "sv" => "%Y-%m-%d kl. %H.%M",
        "pl" => "%-d.%m.%Y o godz. %H:%M",
        _ => "%-d %B %Y at %H:%M",
    };
    moment.to_zoned(zone.clone()).strftime(format).to_string()
}

/// An amount of money, such as `12.500,00 DKK` in Danish. `decimals` is how many digits of
/// `amount_minor` stand behind the decimal mark in this currency: 2 for DKK, 0 for JPY.
pub fn format_amount(amount_minor: i64, decimals: u8, currency: &str, language: &str) -> String {
    // A space between digits must not break at the end of a line.
    let (thousands, decimal) = match language {
        "da" => ('.', ','),
        "sv" | "nb" | "pl" => ('\u{a0}', ','),
        _ => (',', '.'),
    };
    let decimals = usize::from(decimals);
    let digits = format!("{:0width$}", amount_minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let mut text = String::new();
    if amount_minor < 0 {
        text.push('-');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(thousands);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(decimal);
        text.push_str(fraction);
    }
    text.push('\u{a0}');
    text.push_str(currency);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_the_players_zone_and_manner() {
        let moment: Timestamp = "2026-11-22T13:30:00Z".parse().unwrap();
        let copenhagen = TimeZone::get("Europe/Copenhagen").unwrap();
        for (language, told) in [
            ("da", "22.11.2026 kl. 14.30"),
            ("nb", "22.11.2026 kl. 14.30"),
            ("sv", "2026-11-22 kl. 14.30"),
            ("pl", "22.11.2026 o godz. 14:30"),
            ("en", "22 November 2026 at 14:30"),
            ("fi", "22 November 2026 at 14:30"),
        ] {
            assert_eq!(format_moment(moment, &copenhagen, language), told);
        }
        let summer: Timestamp = "2026-07-01T22:05:00Z".parse().unwrap();
        assert_eq!(format_moment(summer, &copenhagen, "da"), "2.7.2026 kl. 00.05");
    }

    #[test]
    fn an_amount_is_told_in_the_players_manner() {
        assert_eq!(format_amount(1_250_000, 2, "DKK", "da"), "12.500,00\u{a0}DKK");
        assert_eq!(format_amount(1_250_000, 2, "NOK", "nb"), "12\u{a0}500,00\u{a0}NOK");
        assert_eq!(format_amount(1_250_000, 2, "EUR", "en"), "12,500.00\u{a0}EUR");
        assert_eq!(format_amount(5, 2, "PLN", "pl"), "0,05\u{a0}PLN");
        assert_eq!(format_amount(-123_456_789, 0, "JPY", "en"), "-123,456,789\u{a0}JPY");
        assert_eq!(format_amount(999, 0, "JPY", "en"), "999\u{a0}JPY");
    }
}
