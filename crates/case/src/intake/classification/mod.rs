//! Finds what a text is about, and whether it asks for self-exclusion, by lists of words.
//!
//! Rules instead of a model: the same text gives the same answer on every machine and after every
//! restart, and the words that decided are recorded with the fact, so a decision can be explained and
//! replayed. One file of words a language; change a word and raise [`VERSION`].
//!
//! Must never be here: what follows from a topic (routing), detecting the language (the service).
//!
//! To add a language: its word in `vocabulary::Language`, a file of lists here, a line in [`words_of`].

mod da;
mod de;
mod en;
mod es;
mod fi;
mod fr;
mod it;
mod nb;
mod pl;
mod pt;
mod sv;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use super::event::Source;
use super::terms::{Term, Terms, terms, words};
use crate::vocabulary::{Language, Topic};

/// Version of the word lists; recorded with every topic found by them.
pub const VERSION: u16 = 2;

/// At most this many of the words that decided are recorded.
const RECORDED_WORDS: usize = 8;

/// One language's rule words, as lists with commas between them.
struct Words {
    /// The player wants to be locked out.
    wishes: &'static str,
    /// Signs of gambling that hurts, or of danger.
    signals: &'static str,
    /// What other topics are recognised by.
    topics: &'static [(Topic, &'static str)],
}

/// One language's topics.
struct Lexicon {
    language: Language,
    topics: Vec<(Topic, Terms)>,
}

static LEXICONS: LazyLock<Vec<Lexicon>> = LazyLock::new(|| {
    let topics = |language| words_of(language).topics.iter();
    let lexicon = |language| Lexicon {
        language,
        topics: topics(language).map(|(topic, list)| (*topic, Terms::new(terms(list)))).collect(),
    };
    Language::ALL.iter().copied().map(lexicon).collect()
});

/// What must never be overheard, in all languages.
static WISHES: LazyLock<Terms> = LazyLock::new(|| of_all_languages(|words| words.wishes));
static SIGNALS: LazyLock<Terms> = LazyLock::new(|| of_all_languages(|words| words.signals));

fn of_all_languages(list: fn(&Words) -> &'static str) -> Terms {
    Terms::new(Language::ALL.iter().flat_map(|language| terms(list(words_of(*language)))).collect())
}

fn words_of(language: Language) -> &'static Words {
    match language {
        Language::Da => &da::WORDS,
        Language::Sv => &sv::WORDS,
        Language::Nb => &nb::WORDS,
        Language::Pl => &pl::WORDS,
        Language::En => &en::WORDS,
        Language::De => &de::WORDS,
        Language::Es => &es::WORDS,
        Language::Fr => &fr::WORDS,
        Language::It => &it::WORDS,
        Language::Pt => &pt::WORDS,
        Language::Fi => &fi::WORDS,
    }
}

/// What a text was found to be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classification {
    /// The topic; [`Topic::Other`] when no word told.
    pub topic: Topic,
    /// The player asks to be locked out.
    pub wishes_exclusion: bool,
    /// The rule words that decided, in the lists' spelling.
    pub matched: Vec<String>,
}

impl Classification {
    /// How the topic was found, as it is recorded.
    pub fn source(&self) -> Source {
        Source::Rules { version: VERSION, matched: self.matched.clone() }
    }
}

/// Finds what a text in this language is about.
///
/// A wish for self-exclusion, in whatever language, goes before everything; then signs of danger. Among
/// the topics the one that the most words of the text tell of wins; among equals the more pressing one (the
/// order of [`Topic`]; only that a bonus goes before the deposit it came with). The lists of the text's language and English are
/// tried first, then those of all languages.
pub fn classify(text: &str, language: Language) -> Classification {
    let words = words(text);
    if let Some(limits) = find_danger(&words) {
        return limits;
    }
    let near = |lexicon: &&Lexicon| lexicon.language == language || lexicon.language == Language::En;
    best_topic(&words, LEXICONS.iter().filter(near))
        .or_else(|| best_topic(&words, LEXICONS.iter()))
        .unwrap_or(Classification { topic: Topic::Other, wishes_exclusion: false, matched: Vec::new() })
}

/// Finds only what must never be overheard: a wish for self-exclusion, or signs of danger. For a player's
/// later messages.
pub(super) fn classify_danger(text: &str) -> Option<Classification> {
    find_danger(&words(text))
}

fn find_danger(words: &[String]) -> Option<Classification> {
    let wishes = WISHES.found_in(words);
    let wishes_exclusion = !wishes.is_empty();
    let matched = if wishes_exclusion { wishes } else { SIGNALS.found_in(words) };
    (!matched.is_empty()).then(|| Classification {
        topic: Topic::Limits,
        wishes_exclusion,
        matched: recorded(matched.into_iter()),
    })
}

fn best_topic<'a>(
    words: &[String],
    lexicons: impl Iterator<Item = &'a Lexicon> + Clone,
) -> Option<Classification> {
    let mut best: Option<(usize, Topic, Vec<&Term>)> = None;
    for topic in ranked() {
        let lists = lexicons.clone().flat_map(|lexicon| &lexicon.topics).filter(|(one, _)| *one == topic);
        let matched: Vec<&Term> = lists.flat_map(|(_, terms)| terms.found_in(words)).collect();
        let score = words_told(words, &matched);
        if score > best.as_ref().map_or(0, |(score, ..)| *score) {
            best = Some((score, topic, matched));
        }
    }
    best.map(|(_, topic, matched)| Classification {
        topic,
        wishes_exclusion: false,
        matched: recorded(matched.into_iter()),
    })
}

/// The topics, most pressing first; only that a bonus goes before the deposit it came with.
fn ranked() -> impl Iterator<Item = Topic> {
    let (deposit, bonus) = (Topic::Deposit, Topic::Bonus);
    Topic::ALL
        .iter()
        .copied()
        .filter(move |topic| *topic != deposit)
        .flat_map(move |topic| std::iter::once(topic).chain((topic == bonus).then_some(deposit)))
}

/// How many of the text's words these terms found.
fn words_told(words: &[String], matched: &[&Term]) -> usize {
    let mut told = vec![false; words.len()];
    for term in matched {
        for start in (0..words.len()).filter(|&start| term.begins(&words[start..])) {
            told[start..start + term.len()].fill(true);
        }
    }
    told.into_iter().filter(|told| *told).count()
}

fn recorded<'a>(terms: impl Iterator<Item = &'a Term>) -> Vec<String> {
    let mut matched: Vec<String> = Vec::new();
    for term in terms {
        if matched.len() < RECORDED_WORDS && !matched.iter().any(|word| word == term.spelling) {
            matched.push(term.spelling.to_owned());
        }
    }
    matched
}
