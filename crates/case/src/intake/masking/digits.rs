//! Digits of every script, and the check that card numbers pass.

/// The zero of each script's ten decimal digits (Unicode general category Nd).
const ZEROS: &[u32] = &[
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50,
    0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
    0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x10D40,
    0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA,
    0x11730, 0x118E0, 0x11950, 0x11BF0, 0x11C50, 0x11D50, 0x11DA0, 0x11DE0, 0x11F50, 0x16A60, 0x16AC0,
    0x16B50, 0x16D70, 0x1CCF0, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0,
    0x1E5F1, 0x1E950, 0x1FBF0,
];

/// Digits in disguise: the first and the last of a row, and the value of the first. Superscript, subscript, in
/// circles and brackets, with a point or comma.
const DISGUISED: &[(u32, u32, u8)] = &[
    (0xB2, 0xB3, 2),
    (0xB9, 0xB9, 1),
    (0x2070, 0x2070, 0),
    (0x2074, 0x2079, 4),
    (0x2080, 0x2089, 0),
    (0x2460, 0x2468, 1),
    (0x2474, 0x247C, 1),
    (0x2488, 0x2490, 1),
    (0x24EA, 0x24EA, 0),
    (0x24F5, 0x24FD, 1),
    (0x24FF, 0x24FF, 0),
    (0x2776, 0x277E, 1),
    (0x2780, 0x2788, 1),
    (0x278A, 0x2792, 1),
    (0x1F100, 0x1F100, 0),
    (0x1F101, 0x1F10A, 0),
    (0x1F10B, 0x1F10B, 0),
    (0x1F10C, 0x1F10C, 0),
];

/// The value of a digit: of any script, or in disguise.
pub(super) fn digit(character: char) -> Option<u8> {
    if character.is_ascii() {
        return character.to_digit(10).and_then(|value| u8::try_from(value).ok());
    }
    let code = u32::from(character);
    let block = ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?;
    u8::try_from(code - ZEROS[block]).ok().filter(|value| *value < 10).or_else(|| disguised(code))
}

fn disguised(code: u32) -> Option<u8> {
    let (first, _, value) = DISGUISED.iter().find(|(first, last, _)| (*first..=*last).contains(&code))?;
    u8::try_from(code - first).ok().map(|further| value + further)
}

/// The Luhn check: the last digit is a checksum over the rest.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, &digit)| match (index % 2, u32::from(digit) * 2) {
            (0, _) => u32::from(digit),
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_that_unicode_knows_counts() {
        // Where ten numeric characters stand in a row from a known zero on, they are its digits.
        for zero in ZEROS {
            for value in 0..10 {
                let character = char::from_u32(zero + value).unwrap();
                assert_eq!(digit(character).map(u32::from), Some(value), "U+{:X}", zero + value);
            }
        }
        assert!(ZEROS.is_sorted() && DISGUISED.is_sorted());
    }

    #[test]
    fn digits_in_disguise_count_and_other_numbers_do_not() {
        let values = |text: &str| text.chars().map(digit).collect::<Vec<_>>();
        assert_eq!(values("²³¹⁰⁴⁹₀₉"), [2, 3, 1, 0, 4, 9, 0, 9].map(Some));
        assert_eq!(values("①⑨⓪⑴⒈❶➀➊🄁🄀"), [1, 9, 0, 1, 1, 1, 1, 1, 0, 0].map(Some));
        assert_eq!(values("½⑩Ⅳ⑽❿ⁱ⁺a"), [None; 8]);
    }
}
