//! The help centre's articles in Danish, Swedish, Norwegian, Polish and English, as Fluent files in
//! `texts/<language>.ftl`.
//!
//! An article's id names its texts: `article-<id>-title` and `article-<id>-body`. To add an article: a
//! line in [`ARTICLES`] and two messages in every language; the tests say what is missing. Never here:
//! which article is offered to whom (`case::intake` decides that).

use std::collections::BTreeMap;

use case::intake::Article as Candidate;
use case::{Language, Topic};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

/// The articles by id, in order, with what they are about.
const ARTICLES: &[(&str, Topic)] = &[
    ("bonus_wagering", Topic::Bonus),
    ("documents", Topic::Verification),
    ("limits", Topic::Limits),
    ("technical", Topic::Technical),
    ("withdrawal_times", Topic::Withdrawal),
];

/// The language of articles that a player's own language lacks.
const FALLBACK: Language = Language::En;

const SOURCES: &[(Language, &str)] = &[
    (Language::Da, include_str!("../texts/da.ftl")),
    (Language::Sv, include_str!("../texts/sv.ftl")),
    (Language::Nb, include_str!("../texts/nb.ftl")),
    (Language::Pl, include_str!("../texts/pl.ftl")),
    (Language::En, include_str!("../texts/en.ftl")),
];

/// A text file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the help centre's {language} texts cannot be used: {problem}")]
pub(crate) struct Error {
    language: Language,
    problem: String,
}

/// An article as players read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Article {
    pub(crate) id: &'static str,
    pub(crate) topic: Topic,
    pub(crate) language: Language,
    pub(crate) title: String,
    pub(crate) body: String,
}

/// Every article in every language, read once and shared.
#[derive(Debug)]
pub(crate) struct Texts {
    articles: BTreeMap<Language, Vec<Article>>,
}

impl Texts {
    /// Reads every language.
    ///
    /// # Errors
    /// Names the language whose file is malformed or lacks a text.
    pub(crate) fn load() -> Result<Self, Error> {
        let mut articles = BTreeMap::new();
        for (language, source) in SOURCES {
            articles.insert(*language, read(*language, source)?);
        }
        Ok(Self { articles })
    }

    /// What may be offered on a new case.
    pub(crate) fn candidates(&self) -> Vec<Candidate> {
        let candidate = |article: &Article| Candidate {
            article_id: article.id.to_owned(),
            topic: article.topic,
            language: article.language,
        };
        self.articles.values().flatten().map(candidate).collect()
    }

    /// The articles by id, in this language or else in English; only those about `topic`, if given.
    pub(crate) fn list(&self, language: Language, topic: Option<Topic>) -> Vec<&Article> {
        let articles = self.articles.get(&language).or_else(|| self.articles.get(&FALLBACK));
        articles
            .into_iter()
            .flatten()
            .filter(|article| topic.is_none_or(|topic| article.topic == topic))
            .collect()
    }

    /// One article, in this language or else in English; `None` if this build has none of that id.
    pub(crate) fn article(&self, article_id: &str, language: Language) -> Option<&Article> {
        self.list(language, None).into_iter().find(|article| article.id == article_id)
    }
}

fn read(language: Language, source: &str) -> Result<Vec<Article>, Error> {
    let error = |problem: String| Error { language, problem };
    let identifier: LanguageIdentifier =
        language.as_str().parse().map_err(|problem| error(format!("{problem:?}")))?;
    let resource =
        FluentResource::try_new(source.to_owned()).map_err(|(_, problems)| error(format!("{problems:?}")))?;
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    bundle.add_resource(resource).map_err(|problems| error(format!("{problems:?}")))?;
    let article = |&(article_id, topic): &(&'static str, Topic)| {
        let text = |part: &str| message(&bundle, &format!("article-{article_id}-{part}")).map_err(error);
        Ok(Article { id: article_id, topic, language, title: text("title")?, body: text("body")? })
    };
    ARTICLES.iter().map(article).collect()
}

fn message(bundle: &FluentBundle<FluentResource>, id: &str) -> Result<String, String> {
    let message = bundle.get_message(id).ok_or_else(|| format!("there is no {id}"))?;
    let pattern = message.value().ok_or_else(|| format!("{id} is empty"))?;
    let mut problems = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&FluentArgs::new()), &mut problems).into_owned();
    match problems.first() {
        None => Ok(text),
        Some(problem) => Err(format!("{id}: {problem}")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_article_is_there_in_all_five_languages_and_nowhere_the_same() {
        let texts = Texts::load().unwrap();
        assert_eq!(texts.candidates().len(), 5 * ARTICLES.len());
        for (article_id, topic) in ARTICLES {
            let mut titles = BTreeSet::new();
            for language in [Language::Da, Language::Sv, Language::Nb, Language::Pl, Language::En] {
                let article = texts.article(article_id, language).unwrap();
                assert_eq!((article.language, article.topic), (language, *topic));
                assert!(article.body.len() > 80 && !article.title.contains('\n'), "{article:?}");
                assert!(titles.insert(&article.title), "not translated: {article:?}");
            }
        }
    }

    #[test]
    fn no_file_has_a_text_that_nobody_reads() {
        for (language, source) in SOURCES {
            let messages = source.lines().filter(|line| line.starts_with("article-")).count();
            assert_eq!(messages, 2 * ARTICLES.len(), "{language}");
        }
    }

    #[test]
    fn a_language_without_articles_gets_the_english_ones() {
        let texts = Texts::load().unwrap();
        assert!(texts.list(Language::Fi, None).iter().all(|article| article.language == Language::En));
        let limits = texts.list(Language::Da, Some(Topic::Limits));
        assert_eq!(limits.iter().map(|article| article.id).collect::<Vec<_>>(), ["limits"]);
        assert!(texts.list(Language::Da, Some(Topic::Campaign)).is_empty());
    }

    #[test]
    fn articles_come_in_the_order_of_their_ids() {
        assert!(ARTICLES.is_sorted_by_key(|(article_id, _)| *article_id));
    }

    #[test]
    fn a_missing_or_malformed_text_is_named_with_its_language() {
        let problem = read(Language::Nb, "article-documents-title = Dokumenter").unwrap_err().to_string();
        assert!(problem.contains("nb") && problem.contains("article-bonus_wagering-title"), "{problem}");
        assert!(read(Language::Nb, "= ?").is_err());
    }
}
