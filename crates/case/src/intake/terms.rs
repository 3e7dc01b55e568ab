//! Text as it is compared: small letters without diacritics, cut into words. Players write `utbetaling`,
//! `Utbetaling` and `wyplata` for `wypłata`; a rule word must find them all.
//!
//! Used by masking and classification. Must never be here: what a word means.

use std::collections::{BTreeMap, BTreeSet};

/// Appends a character as it is compared; nothing for combining marks and invisible characters.
pub(super) fn fold_into(folded: &mut String, character: char) {
    for small in character.to_lowercase() {
        match small {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ą' => folded.push('a'),
            'æ' => folded.push_str("ae"),
            'ç' | 'ć' | 'č' => folded.push('c'),
            'ď' | 'đ' | 'ð' => folded.push('d'),
            'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => folded.push('e'),
            'ì' | 'í' | 'î' | 'ï' | 'ī' => folded.push('i'),
            'ł' => folded.push('l'),
            'ñ' | 'ń' | 'ň' => folded.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => folded.push('o'),
            'œ' => folded.push_str("oe"),
            'ś' | 'š' => folded.push('s'),
            'ß' => folded.push_str("ss"),
            'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ű' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'ź' | 'ż' | 'ž' => folded.push('z'),
            'ａ'..='ｚ' => {
                folded.extend(char::from_u32(u32::from(small) - u32::from('ａ') + u32::from('a')));
            }
            small if is_mark(small) || is_invisible(small) => {}
            small => folded.push(small),
        }
    }
}

/// A combining mark: belongs to the letter before it.
pub(super) fn is_mark(character: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&character)
}

/// A character that prints nothing: soft hyphen, zero-width spaces and joiners, variation selectors,
/// direction marks.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{20e3}'
            | '\u{feff}'
    )
}

/// The words of a text, as they are compared.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for character in text.chars() {
        if character.is_alphanumeric() || is_mark(character) || is_invisible(character) {
            fold_into(&mut word, character);
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Reads a list of rule words and phrases with commas between them.
pub(super) fn terms(list: &'static str) -> Vec<Term> {
    list.split(',').map(str::trim).filter(|spelling| !spelling.is_empty()).map(Term::new).collect()
}

/// A rule word or phrase. `*` at a word's end or start stands for any letters there: `udbetal*` finds
/// `udbetalingen`, `*bonus*` finds `velkomstbonussen`.
#[derive(Debug)]
pub(super) struct Term {
    /// As the rules spell it.
    pub(super) spelling: &'static str,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    letters: String,
    open_start: bool,
    open_end: bool,
}

impl Term {
    /// Reads a rule word or phrase.
    pub(super) fn new(spelling: &'static str) -> Self {
        let parts = spelling
            .split(' ')
            .map(|part| {
                let mut letters = String::new();
                part.trim_matches('*').chars().for_each(|character| fold_into(&mut letters, character));
                Part { letters, open_start: part.starts_with('*'), open_end: part.ends_with('*') }
            })
            .collect();
        Self { spelling, parts }
    }

    /// How many words it has.
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// What every word begins with that it can begin with, if that is one thing.
    fn first_byte(&self) -> Option<u8> {
        let first = self.parts.first().filter(|part| !part.open_start)?;
        first.letters.as_bytes().first().copied()
    }

    /// Whether `words` begins with it.
    pub(super) fn begins(&self, words: &[impl AsRef<str>]) -> bool {
        words.len() >= self.parts.len()
            && self.parts.iter().zip(words).all(|(part, word)| part.matches(word.as_ref()))
    }

    /// Whether it occurs anywhere in `words`.
    pub(super) fn occurs(&self, words: &[impl AsRef<str>]) -> bool {
        (0..words.len()).any(|start| self.begins(&words[start..]))
    }
}

/// Rule words that are looked for in a text all at once. Most can only begin where a word begins with their letter,
/// and are not looked at elsewhere: lists grow with every language, and a player may write ten thousand letters.
#[derive(Debug)]
pub(super) struct Terms {
    all: Vec<Term>,
    /// By the first byte of their first word, which are those that may begin there.
    by_first: BTreeMap<u8, Vec<usize>>,
    /// Those that may begin within any word.
    anywhere: Vec<usize>,
}

impl Terms {
    pub(super) fn new(all: Vec<Term>) -> Self {
        let (mut by_first, mut anywhere) = (BTreeMap::<u8, Vec<usize>>::new(), Vec::new());
        for (index, term) in all.iter().enumerate() {
            match term.first_byte() {
                Some(first) => by_first.entry(first).or_default().push(index),
                None => anywhere.push(index),
            }
        }
        Self { all, by_first, anywhere }
    }

    /// Those that occur in `words`, in the rules' order.
    pub(super) fn found_in(&self, words: &[String]) -> Vec<&Term> {
        let mut found = BTreeSet::new();
        for (start, word) in words.iter().enumerate() {
            let here = word.as_bytes().first().and_then(|first| self.by_first.get(first));
            let candidates = here.into_iter().flatten().chain(&self.anywhere).copied();
            found.extend(candidates.filter(|index| self.all[*index].begins(&words[start..])));
        }
        found.into_iter().map(|index: usize| &self.all[index]).collect()
    }
}

impl Part {
    fn matches(&self, word: &str) -> bool {
        let letters = self.letters.as_str();
        match (self.open_start, self.open_end) {
            (false, false) => word == letters,
            (false, true) => word.starts_with(letters),
            (true, false) => word.ends_with(letters),
            (true, true) => word.contains(letters),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_however_they_are_written() {
        for text in [
            "Stäng av mig!",
            "STANG AV MIG",
            "sta\u{308}ng av mig",
            "stäng\u{200b} av\nmig",
            "(stäng, av: mig)",
        ] {
            assert!(Term::new("stäng av mig").occurs(&words(text)), "{text}");
        }
        assert!(!Term::new("stäng av mig").occurs(&words("stäng av min notis till mig")));
    }

    #[test]
    fn all_at_once_are_found_where_each_of_them_is() {
        let lists = "*bonus*, udbetal*, stäng av mig, løsning, *mig, av, bonus av*, ø*, *";
        let all = Terms::new(terms(lists));
        for text in [
            "Stäng av mig, tak",
            "velkomstbonussen mangler",
            "udbetaling av bonus",
            "bonus avslag",
            "LØSNING",
            "",
            "intet av det",
            "ønske",
        ] {
            let words = words(text);
            let one_by_one: Vec<&str> =
                terms(lists).iter().filter(|term| term.occurs(&words)).map(|term| term.spelling).collect();
            let at_once: Vec<&str> = all.found_in(&words).iter().map(|term| term.spelling).collect();
            assert_eq!(at_once, one_by_one, "{text}");
        }
    }

    #[test]
    fn a_star_stands_for_any_letters() {
        let found = |term, text| Term::new(term).occurs(&words(text));
        assert!(found("udbetal*", "Udbetalingen mangler") && !found("udbetal*", "en genudbetaling"));
        assert!(found("*bonus*", "velkomstbonussen") && found("*bonus", "en velkomstbonus"));
        assert!(found("wypłat*", "gdzie WYPLATA") && found("løsning", "ＬＯＳＮＩＮＧ"));
    }
}
