//! What is handed out, as files: JSON for programs, and one page for people.

use std::fmt::Write;

use case::{Brand, PlayerId};
use history::{Dossier, ToldFact};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A file, or the next part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) media_type: &'static str,
    pub(super) content: String,
}

impl File {
    pub(super) fn json(name: String, value: &Value) -> Self {
        Self { name, media_type: "application/json", content: format!("{value:#}\n") }
    }

    pub(super) fn page(content: String) -> Self {
        Self { name: "index.html".to_owned(), media_type: "text/html; charset=utf-8", content }
    }
}

fn name_of(dossier: &Dossier) -> String {
    dossier.case.number().map_or_else(|| dossier.case.id.to_string(), ToString::to_string)
}

/// A case with every fact in it.
pub(super) fn case_json(dossier: &Dossier) -> File {
    let case = &dossier.case;
    let fact = |fact: &ToldFact| {
        json!({
            "version": fact.version,
            "recorded_at": fact.recorded_at,
            "type": fact.event_type,
            "by": fact.actor,
            "summary": fact.summary,
            "details": fact.details,
        })
    };
    let value = json!({
        "case_id": case.id,
        "number": case.number(),
        "brand": case.brand(),
        "state": case.state.as_str(),
        "opened_at": case.opened_at,
        "updated_at": case.updated_at,
        "history": dossier.facts.iter().map(fact).collect::<Vec<_>>(),
    });
    File::json(format!("cases/{}.json", name_of(dossier)), &value)
}

/// The page, written as it grows.
pub(super) struct Page {
    text: String,
}

impl Page {
    pub(super) fn of(brand: &Brand, player_id: &PlayerId, now: Timestamp) -> Self {
        let (brand, player) = (escaped(brand.as_str()), escaped(player_id.as_str()));
        let text = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <title>What {brand} holds on {player}</title>\n\
             <style>body{{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto}}dt{{font-weight:bold}}\
             dd{{white-space:pre-wrap}}</style>\n\
             <h1>What {brand} holds on {player}</h1>\n<p>As of {now}. The same is in the files beside this page, \
             for programs.</p>\n"
        );
        Self { text }
    }

    /// What was written since the last time.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// Tells a case.
    pub(super) fn tell(&mut self, dossier: &Dossier) {
        let (name, state) = (escaped(&name_of(dossier)), dossier.case.state.as_str().replace('_', " "));
        self.write(format_args!("<h2>Case {name}: {state}</h2>\n"));
        for fact in &dossier.facts {
            let (at, summary) = (fact.recorded_at, escaped(&fact.summary));
            self.write(format_args!("<h3>{at}: {summary}</h3>\n<dl>\n"));
            self.leaves("", &fact.details);
            self.write(format_args!("</dl>\n"));
        }
    }

    /// Everything in a fact that says something, by its path.
    fn leaves(&mut self, path: &str, value: &Value) {
        let said = match value {
            Value::Null => return,
            Value::Object(fields) => {
                for (field, value) in fields {
                    let path = if path.is_empty() { field.clone() } else { format!("{path}, {field}") };
                    self.leaves(&path, value);
                }
                return;
            }
            Value::Array(values) => {
                for value in values {
                    self.leaves(path, value);
                }
                return;
            }
            Value::String(text) => escaped(text),
            other => other.to_string(),
        };
        let path = escaped(&path.replace('_', " "));
        self.write(format_args!("<dt>{path}</dt><dd>{said}</dd>\n"));
    }

    pub(super) fn end(&mut self) {
        self.write(format_args!("</html>\n"));
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        // A string takes everything.
        let _ = self.text.write_fmt(text);
    }
}

/// What a player wrote is text and never markup.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_player_wrote_is_never_markup_on_the_page() {
        let now = Timestamp::UNIX_EPOCH;
        let mut page = Page::of(&"NB".parse().unwrap(), &"p-1".parse().unwrap(), now);
        page.leaves("", &json!({"player": {"username": "<script>alert('x')</script> & co", "email": null}}));
        let text = page.take();
        assert!(text.contains("<dt>player, username</dt>"), "{text}");
        assert!(text.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; co"), "{text}");
        assert!(!text.contains("<script>") && !text.contains("email"), "{text}");
        assert_eq!(page.take(), "", "only what is new");
    }
}
