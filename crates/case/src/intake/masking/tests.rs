use proptest::prelude::*;

use super::digits::{digit, luhn};
use super::{MaskedKind, mask};

const CARD: MaskedKind = MaskedKind::CardNumber;
const CODE: MaskedKind = MaskedKind::SecurityCode;

fn check(table: &[(&str, &str, &[MaskedKind])]) {
    for (text, expected, kinds) in table {
        let masked = mask(text);
        assert_eq!((masked.text.as_str(), masked.kinds.as_slice()), (*expected, *kinds), "given: {text}");
        let again = mask(&masked.text);
        assert_eq!((again.text, again.kinds), (masked.text, Vec::new()), "masked twice: {text}");
    }
}

#[test]
fn card_numbers_are_masked_however_they_are_written() {
    check(&[
        ("4111111111111111", "411111******1111", &[CARD]),
        ("kort 4111 1111 1111 1111, tak", "kort 411111******1111, tak", &[CARD]),
        ("5555-5555-5555-4444", "555555******4444", &[CARD]),
        ("3782 822463 10005", "378282*****0005", &[CARD]),
        ("3056 930902 5904", "305693****5904", &[CARD]),
        ("4222222222222", "422222***2222", &[CARD]),
        ("6304 1234 5678 9012 347", "630412*********2347", &[CARD]),
        ("4111.1111.1111.1111", "411111******1111", &[CARD]),
        ("4111/1111/1111/1111", "411111******1111", &[CARD]),
        ("4111 - 1111 - 1111 - 1111", "411111******1111", &[CARD]),
        ("4111\u{a0}1111\u{202f}1111\u{2009}1111", "411111******1111", &[CARD]),
        ("4111 1111\r\n1111 1111", "411111******1111", &[CARD]),
        ("> 4111 1111\n> 1111 1111", "> 411111******1111", &[CARD]),
        ("4\u{200b}111\u{200d}1111\u{feff}1111\u{ad}1111", "411111******1111", &[CARD]),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "411111******1111", &[CARD]),
        ("41111 11111 111111", "411111******1111", &[CARD]),
        ("４１１１ １１１１ １１１１ １１１１", "411111******1111", &[CARD]),
        ("٤١١١١١١١١١١١١١١١", "411111******1111", &[CARD]),
        ("४१११ ११११ ११११ ११११", "411111******1111", &[CARD]),
        ("𝟒𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏", "411111******1111", &[CARD]),
        (
            "4️⃣1️⃣1️⃣1️⃣ 1111 1111 1111",
            "411111******1111\u{fe0f}\u{20e3} ".trim_end_matches("\u{fe0f}\u{20e3} "),
            &[CARD],
        ),
        ("Visa4111111111111111", "Visa411111******1111", &[CARD]),
        ("nr.4111111111111111og", "nr.411111******1111og", &[CARD]),
        ("4111111111111111,5555555555554444", "411111******1111,555555******4444", &[CARD, CARD]),
        ("tlf 20304050 4111 1111 1111 1111", "tlf 20304050 411111******1111", &[CARD]),
        ("betalte ordren med kort 4111111111111111", "betalte ordren med kort 411111******1111", &[CARD]),
        ("transaktion fra 4111 1111 1111 1111", "transaktion fra 411111******1111", &[CARD]),
    ]);
}

#[test]
fn what_is_no_card_number_stays_readable() {
    let same: &[&str] = &[
        "",
        "4111 1111 1111 1112",
        "ordrenummer 4111111111111111",
        "Order number: 4111111111111111",
        "transaktions-id er 4111111111111111",
        "numer transakcji: 4111111111111111",
        "TX-4111111111111111",
        "TX-2026-4111111111111111",
        "tx4111111111111111",
        "ref_4111111111111111",
        "udbetaling TX-88213 på 12.500,00 kr. den 12.03.2026",
        "DK50 0040 0440 1162 43",
        "PL61 1090 1014 0000 0712 1981 2874",
        "SE4550000000058398257466",
        "NO9386011117947",
        "GB29 NWBK 6016 1331 9268 19",
        "+45 20 30 40 50",
        "+37282246310005",
        "0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b00",
        "12345678-1234-4234-8234-123456789015",
        "sag NB-2026-000412-K",
        "2026-03-12 14.30 og 2026-03-13 15.45",
        "5 spins 12.03.2026 1200 11.03.2026 1",
        "0000 0000 0000 0000",
        "411111******1111",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4",
    ];
    for text in same {
        assert_eq!(mask(text).text, *text);
    }
}

#[test]
fn security_codes_are_masked_in_every_language_of_support() {
    check(&[
        ("CVV: 123", "CVV: ***", &[CODE]),
        ("cvv=1234", "cvv=***", &[CODE]),
        ("CVV2 123", "CVV2 ***", &[CODE]),
        ("CVC123", "CVC***", &[CODE]),
        ("CVV\n123", "CVV\n***", &[CODE]),
        ("CVV: 1 2 3", "CVV: ***", &[CODE]),
        ("cvv ١٢٣", "cvv ***", &[CODE]),
        ("CID 1234", "CID ***", &[CODE]),
        ("123 er min CVV", "*** er min CVV", &[CODE]),
        ("kontrolcifrene er 123", "kontrolcifrene er ***", &[CODE]),
        ("min sikkerhedskode på kortet er 123", "min sikkerhedskode på kortet er ***", &[CODE]),
        ("säkerhetskoden är 123", "säkerhetskoden är ***", &[CODE]),
        ("sikkerhetskode 123", "sikkerhetskode ***", &[CODE]),
        ("kod zabezpieczający to 123", "kod zabezpieczający to ***", &[CODE]),
        ("the security code is 123", "the security code is ***", &[CODE]),
        ("Kartenprüfnummer 123", "Kartenprüfnummer ***", &[CODE]),
        ("Prüfziffer: 123", "Prüfziffer: ***", &[CODE]),
        ("código de seguridad 123", "código de seguridad ***", &[CODE]),
        ("codigo de seguridad 123", "codigo de seguridad ***", &[CODE]),
        ("le cryptogramme est 123", "le cryptogramme est ***", &[CODE]),
        ("code de sécurité : 123", "code de sécurité : ***", &[CODE]),
        ("codice di sicurezza 123", "codice di sicurezza ***", &[CODE]),
        ("código de segurança é 123", "código de segurança é ***", &[CODE]),
        ("turvakoodi on 123", "turvakoodi on ***", &[CODE]),
        ("varmenne 123", "varmenne ***", &[CODE]),
        ("CVC-kode: 123", "CVC-kode: ***", &[CODE]),
    ]);
}

#[test]
fn digits_right_behind_a_card_number_are_its_security_code() {
    check(&[
        // What is hidden excuses nothing behind it.
        ("41-CID2023-NB-CID2023-1", "41-CID***-NB-CID***-1", &[CODE, CODE]),
        // What stands before the number is no prefix of the code's.
        ("F411111-1061111-111-1111-111", "F411111******1111-1111-***", &[CARD, CODE]),
        ("4111 1111 1111 1111 123", "411111******1111 ***", &[CARD, CODE]),
        ("4111111111111111 12/27 123", "411111******1111 12/27 ***", &[CARD, CODE]),
        ("4111111111111111, 12/2027, 123", "411111******1111, 12/2027, ***", &[CARD, CODE]),
        ("4111111111111111 12 27 123", "411111******1111 12 27 ***", &[CARD, CODE]),
        ("4111111111111111 1227 123", "411111******1111 1227 ***", &[CARD, CODE]),
        ("4111111111111111\nudløb 12/27\n123", "411111******1111\nudløb 12/27\n***", &[CARD, CODE]),
        ("4111111111111111 exp 12/27 cvv 123", "411111******1111 exp 12/27 cvv ***", &[CARD, CODE]),
        ("cvv til 4111111111111111 er 123", "cvv til 411111******1111 er ***", &[CARD, CODE]),
        ("3782 822463 10005 1234", "378282*****0005 ***", &[CARD, CODE]),
        ("4111111111111111123", "411111******1111***", &[CARD, CODE]),
        ("41111111111111111227123", "411111******11111227***", &[CARD, CODE]),
        ("411111******1111 123", "411111******1111 ***", &[CODE]),
        ("XXXX XXXX XXXX 1111 123", "XXXX XXXX XXXX 1111 ***", &[CODE]),
    ]);
}

#[test]
fn other_short_numbers_stay_readable() {
    let same: &[&str] = &[
        "jeg har tabt 500 kr i dag",
        "sikkerhedskode virker ikke, mistede 500 kr",
        "the security code was asked for. 300 spins are gone",
        "CVV er skjult",
        "cvv 12.50",
        "kontrolcifre siden 2026",
        "411111******1111 500 kr",
        "411111******1111 12/27",
        "411111******1111 1227",
        "411111******1111 blev trukket 500 gange",
        "I pinned 300 things",
        "turvakoodi 123456",
        "CVV skrevet i TX-4123",
    ];
    for text in same {
        assert_eq!(mask(text).text, *text);
    }
}

#[test]
fn nothing_else_in_the_text_changes() {
    let text = "Hej! Jeg har betalt med 4571 7360 0000 0004 (CVV 123) den 1/3.\n\nVenlig hilsen\nÅse 🙂";
    let masked = mask(&text.replace("4571 7360 0000 0004", "4111 1111 1111 1111"));
    assert_eq!(
        masked.text,
        "Hej! Jeg har betalt med 411111******1111 (CVV ***) den 1/3.\n\nVenlig hilsen\nÅse 🙂"
    );
    assert_eq!(masked.kinds, [CARD, CODE]);
}

/// A card number of this many digits: the last digit makes the Luhn check pass.
fn card_number(mut digits: Vec<u8>) -> Vec<u8> {
    digits[0] = 3 + digits[0] % 4;
    digits.push((0..10).find(|last| luhn(&[digits.as_slice(), &[*last]].concat())).unwrap());
    digits
}

proptest! {
    #[test]
    fn no_card_number_survives_in_one_piece(
        digits in prop::collection::vec(0_u8..10, 12..19).prop_map(card_number),
        separator in prop::sample::select(vec!["", " ", "-", ".", "\u{a0}", "\u{200b}", "\r\n", " - "]),
        size in prop::sample::select(vec![1_usize, 2, 4, 5, 20]),
        zero in prop::sample::select(vec!['0', '٠', '०', '０']),
    ) {
        let character = |digit: &u8| char::from_u32(u32::from(zero) + u32::from(*digit)).unwrap();
        let groups: Vec<String> = digits.chunks(size).map(|group| group.iter().map(character).collect()).collect();
        let text = format!("mit kort: {} virker ikke", groups.join(separator));
        let masked = mask(&text);
        let shown: Vec<u8> = masked.text.chars().filter_map(digit).collect();
        prop_assert!(masked.kinds.contains(&MaskedKind::CardNumber), "{} -> {}", text, masked.text);
        prop_assert!(shown.len() <= 10, "{} -> {}", text, masked.text);
        prop_assert_eq!(&shown[..6], &digits[..6]);
        // Three digits behind a number that is complete without them may be its security code.
        if masked.kinds == [CARD] && !(size > 1 && digits.len() % size == 3) {
            prop_assert_eq!(&shown[6..], &digits[digits.len() - 4..]);
        }
    }

    #[test]
    fn masking_twice_is_masking_once(text in "(([0-9]{1,17}|cvv|CVV2|kort|TX-123|ordre|kr|er|12/27|4111111111111111|4111 1111 1111 1111|[a-zæøåł]{1,6})[ .,/\\n-] ?){0,14}") {
        let once = mask(&text);
        let twice = mask(&once.text);
        prop_assert_eq!(&twice.text, &once.text, "given: {}", text);
    }

    #[test]
    fn any_text_can_be_masked(text in any::<String>()) {
        let _ = mask(&text);
    }
}
