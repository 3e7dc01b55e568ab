//! Finds the language a player writes in, from the text alone.
//!
//! Only languages that support answers in come into question: a text in any other, or one too short to
//! tell, gives none.

use case::Language;
use whatlang::{Detector, Lang};

/// Version of the detector and its limits; recorded with every language found by it.
pub(crate) const VERSION: u16 = 1;

/// Below this a text tells nothing: an id, an amount, "hi".
const FEWEST_LETTERS: usize = 12;

/// The least confidence, 0 to 1, with which a language is believed. Danish, Norwegian and Swedish are so
/// near to each other that the detector is rarely sure of them; taking the wrong neighbour is better than
/// answering in English.
const LEAST_CONFIDENCE: f64 = 0.05;

const fn detectable(language: Language) -> Lang {
    match language {
        Language::Da => Lang::Dan,
        Language::Sv => Lang::Swe,
        Language::Nb => Lang::Nob,
        Language::Pl => Lang::Pol,
        Language::En => Lang::Eng,
        Language::De => Lang::Deu,
        Language::Es => Lang::Spa,
        Language::Fr => Lang::Fra,
        Language::It => Lang::Ita,
        Language::Pt => Lang::Por,
        Language::Fi => Lang::Fin,
    }
}

/// The language of a text, if it tells.
pub(crate) fn detect(text: &str) -> Option<Language> {
    if text.chars().filter(|character| character.is_alphabetic()).count() < FEWEST_LETTERS {
        return None;
    }
    let ours = Language::ALL.iter().copied().map(detectable).collect();
    let found = Detector::with_allowlist(ours).detect(text)?;
    if found.confidence() < LEAST_CONFIDENCE {
        return None;
    }
    Language::ALL.iter().copied().find(|language| detectable(*language) == found.lang())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_players_write_is_recognised() {
        for (language, text) in [
            (Language::Da, "Hej, min udbetaling er ikke kommet frem endnu. Hvornår får jeg pengene?"),
            (
                Language::Sv,
                "Hej! Jag vill verifiera mitt konto. Vilka dokument behöver ni för verifieringen?",
            ),
            (Language::Nb, "Hei, jeg får ikke logget inn på kontoen min, og passordet virker ikke lenger."),
            (Language::Pl, "Dzień dobry, nie dostałem bonusu powitalnego po pierwszej wpłacie."),
            (Language::En, "Hello, the game froze while I was playing and I think my stake is gone."),
            (Language::De, "Guten Tag, meine Auszahlung ist seit drei Tagen noch nicht angekommen."),
            (
                Language::Fi,
                "Hei, kotiutukseni ei ole vieläkään saapunut tililleni, vaikka siitä on jo viikko.",
            ),
        ] {
            assert_eq!(detect(text), Some(language), "{text}");
        }
    }

    #[test]
    fn a_text_that_does_not_tell_gives_none() {
        for text in
            ["", "hi", "TX-70001", "12 500,00", "Здравствуйте, где мои деньги?", "出金がまだ届いていません。"]
        {
            assert_eq!(detect(text), None, "{text}");
        }
    }
}
