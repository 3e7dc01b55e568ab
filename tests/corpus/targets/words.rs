//! What callers write where an id belongs: it never panics, what reads is written as the same, and no refusal
//! repeats a card number.

use case::intake::mask;
use case::{Brand, CaseId, CaseNumber, InvalidId, Money, PlayerId, TransactionId};

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    check::<CaseNumber>(&text.to_ascii_uppercase());
    check::<PlayerId>(&text);
    check::<TransactionId>(&text);
    check::<Brand>(&text);
    if let Err(refused) = text.parse::<CaseId>() {
        harmless(&refused);
    }
    if let Some(found) = CaseNumber::find_in(&text) {
        assert!(text.to_ascii_uppercase().contains(&found.to_string()));
    }
    if let Ok(money) = serde_json::from_str::<Money>(&text) {
        let _ = money.to_string();
    }
}

fn check<T: std::str::FromStr<Err = InvalidId> + ToString>(text: &str) {
    match text.parse::<T>() {
        Ok(id) => assert_eq!(id.to_string(), text.trim(), "it reads as something else"),
        Err(refused) => harmless(&refused),
    }
}

fn harmless(refused: &InvalidId) {
    let told = refused.to_string();
    assert_eq!(mask(&told).text, told, "a refusal repeats card data");
}
