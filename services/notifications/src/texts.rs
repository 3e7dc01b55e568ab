//! What players read: every text in Danish, Swedish, Norwegian, Polish and English, as Fluent files in
//! `texts/<language>`.
//!
//! A notification's kind names its texts: `<kind>-subject` and `<kind>-body`. The arguments are plain
//! strings; moments and amounts are formatted first, by [`format_moment`] and [`format_amount`], in the
//! player's zone and language. A text that lacks an argument is not sent half-finished: it is an error.
//!
//! To add a kind: a line in [`KINDS`] and two messages in every language. To add a language: a folder
//! with the same files, a line in `SOURCES`, and a format in `texts/formats.rs`. The tests say what is
//! missing. Never here: who gets which text, and when.

mod formats;
mod kinds;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

pub use formats::{format_amount, format_moment};
pub use kinds::{ARTICLES, KINDS, Kind};

/// The language of last resort, and that of the teams.
const FALLBACK: &str = "en";

macro_rules! source {
    ($($path:literal),+) => { &[$(include_str!(concat!("../texts/", $path, ".ftl"))),+] };
}

/// The Fluent files of every language.
const SOURCES: &[(&str, &[&str])] = &[
    ("da", source!["da/case", "da/evidence", "da/articles"]),
    ("sv", source!["sv/case", "sv/evidence", "sv/articles"]),
    ("nb", source!["nb/case", "nb/evidence", "nb/articles"]),
    ("pl", source!["pl/case", "pl/evidence", "pl/articles"]),
    ("en", source!["en/case", "en/evidence", "en/articles", "en/team"]),
];

/// Why there is no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A text file is malformed, or says something twice.
    #[error("the {language} texts cannot be loaded: {problem}")]
    Malformed {
        /// The language.
        language: String,
        /// What is wrong with them.
        problem: String,
    },
    /// There is no such kind of notification.
    #[error("there is no text for notifications of kind '{0}'")]
    UnknownKind(String),
    /// There is no such article in the help centre.
    #[error("there is no help-centre article '{0}'")]
    UnknownArticle(String),
    /// The text needs an argument that was not given.
    #[error("the text of '{kind}' needs '{variable}'")]
    MissingVariable {
        /// The kind of notification.
        kind: String,
        /// The argument.
        variable: String,
    },
    /// A message refers to something that does not exist.
    #[error("the {language} text '{id}' is broken: {problem}")]
    Broken {
        /// The language.
        language: String,
        /// The message.
        id: String,
        /// What Fluent says.
        problem: String,
    },
}

/// A finished text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line, with the case number in brackets at its start.
    pub subject: String,
    /// The text, with `\n` between lines.
    pub body: String,
    /// The language it is in, which is English when the player's is not among ours.
    pub language: &'static str,
}

/// An article of the help centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// The question it answers.
    pub title: String,
    /// The answer.
    pub body: String,
}

/// All texts, loaded once and shared.
pub struct Texts {
    bundles: BTreeMap<&'static str, FluentBundle<FluentResource>>,
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts").field("languages", &self.bundles.keys()).finish()
    }
}

impl Texts {
    /// Loads every language.
    ///
    /// # Errors
    /// [`Error::Malformed`] names the language and the line.
    pub fn load() -> Result<Self, Error> {
        let mut bundles = BTreeMap::new();
        for (language, sources) in SOURCES {
            bundles.insert(*language, bundle(language, sources)?);
        }
        Ok(Self { bundles })
    }

    /// The text of a notification, in the player's language or else in English.
    ///
    /// # Errors
    /// [`Error::UnknownKind`], [`Error::MissingVariable`], [`Error::UnknownArticle`].
    pub fn render(
        &self,
        kind: &str,
        language: &str,
        args: &BTreeMap<String, String>,
    ) -> Result<Rendered, Error> {
        let known = KINDS.iter().find(|known| known.name == kind);
        let known = known.ok_or_else(|| Error::UnknownKind(kind.to_owned()))?;
        let language = if known.for_team { FALLBACK } else { self.language(language) };
        let mut fluent = FluentArgs::new();
        for variable in known.variables {
            let value = args.get(*variable).ok_or_else(|| Error::MissingVariable {
                kind: kind.to_owned(),
                variable: (*variable).to_owned(),
            })?;
            self.derive(&mut fluent, variable, value, language)?;
            fluent.set(*variable, FluentValue::from(value.clone()));
        }
        let subject = self.message(language, &format!("{kind}-subject"), &fluent)?;
        let body = self.message(language, &format!("{kind}-body"), &fluent)?;
        Ok(Rendered { subject: subject.split_whitespace().collect::<Vec<_>>().join(" "), body, language })
    }

    /// An article of the help centre, in the player's language or else in English.
    ///
    /// # Errors
    /// [`Error::UnknownArticle`].
    pub fn article(&self, id: &str, language: &str) -> Result<Article, Error> {
        if !ARTICLES.contains(&id) {
            return Err(Error::UnknownArticle(id.to_owned()));
        }
        let (language, none) = (self.language(language), FluentArgs::new());
        Ok(Article {
            title: self.message(language, &format!("article-{id}-title"), &none)?,
            body: self.message(language, &format!("article-{id}-body"), &none)?,
        })
    }

    /// Some arguments name texts of ours: those are looked up, so that callers need not.
    fn derive(
        &self,
        fluent: &mut FluentArgs<'_>,
        variable: &str,
        value: &str,
        language: &str,
    ) -> Result<(), Error> {
        match variable {
            "article" => {
                let article = self.article(value, language)?;
                fluent.set("article_title", article.title);
                fluent.set("article_body", article.body);
            }
            "missing" => {
                let mut list = Vec::new();
                for evidence in value.split(',').map(str::trim).filter(|evidence| !evidence.is_empty()) {
                    let mut one = FluentArgs::new();
                    one.set("evidence", evidence.to_owned());
                    list.push(format!("- {}", self.message(language, "evidence-name", &one)?));
                }
                fluent.set("missing_list", list.join("\n"));
            }
            _ => {}
        }
        Ok(())
    }

    fn language(&self, wanted: &str) -> &'static str {
        self.bundles.get_key_value(wanted).map_or(FALLBACK, |(language, _)| *language)
    }

    fn message(&self, language: &str, id: &str, args: &FluentArgs<'_>) -> Result<String, Error> {
        let broken =
            |problem: String| Error::Broken { language: language.to_owned(), id: id.to_owned(), problem };
        let bundle = self.bundles.get(language).ok_or_else(|| broken("no such language".to_owned()))?;
        let message = bundle.get_message(id).ok_or_else(|| broken("no such message".to_owned()))?;
        let pattern = message.value().ok_or_else(|| broken("the message has no value".to_owned()))?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
        match errors.first() {
            None => Ok(text),
            Some(error) => Err(broken(error.to_string())),
        }
    }
}

fn bundle(language: &str, sources: &[&str]) -> Result<FluentBundle<FluentResource>, Error> {
    let malformed = |problem: &dyn std::fmt::Debug| Error::Malformed {
        language: language.to_owned(),
        problem: format!("{problem:?}"),
    };
    let identifier: LanguageIdentifier = language.parse().map_err(|error| malformed(&error))?;
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    // The marks around arguments help with right-to-left scripts only, and show up in mail programs.
    bundle.set_use_isolating(false);
    for source in sources {
        let resource =
            FluentResource::try_new((*source).to_owned()).map_err(|(_, errors)| malformed(&errors))?;
        bundle.add_resource(resource).map_err(|errors| malformed(&errors))?;
    }
    Ok(bundle)
}
