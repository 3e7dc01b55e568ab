//! The real masking against the slow one.

use case::intake::mask;
use proptest::prelude::*;

use crate::reference::{could_come_from, plain_cards};

/// Texts of what masking has rules about, in any order.
const PIECES: &str = "(([0-9]{1,19}|4111111111111111|5555 5555 5555 4444|4111-1111-1111-1111|378282246310005|\
                      ４１１１ １１１１ １１１１ １１１１|[٠-٩]{3,4}|cvv|CVC|kod|pin|sikkerhedskode|kort|order|TX-|\
                      12/27|kr|DK50|[a-z]{1,5})[ .,:/\\n()-]{0,2}){0,9}";

proptest! {
    #[test]
    fn nothing_but_card_numbers_and_codes_changes(text in PIECES) {
        let masked = mask(&text);
        prop_assert!(could_come_from(&text, &masked.text), "{:?} became {:?}", text, masked.text);
    }

    #[test]
    fn no_plain_card_number_stays(text in PIECES) {
        let before = plain_cards(&text);
        let after = plain_cards(&mask(&text).text);
        prop_assert!(after.is_empty(), "{:?} left {:?} of {:?}", text, after, before);
    }
}

#[test]
fn the_slow_one_knows_a_card_and_what_may_become_of_it() {
    assert_eq!(plain_cards("hej\n 4111 1111 1111 1111\n4111 1111 1111 1112").len(), 1);
    assert!(could_come_from("a 4111 1111 1111 1111 b 123", "a 411111******1111 b ***"));
    assert!(!could_come_from("a 4111 1111 1111 1112 b", "a 411111******1112 b"));
    assert!(!could_come_from("a 12 b", "a *** b"));
    assert!(!could_come_from("order 4711", "order"));
}
