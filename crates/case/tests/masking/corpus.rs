//! How much of what must be hidden is hidden, and how much is hidden that need not be: on `corpus.tsv`, a
//! line a text, its language first, secrets as `{card:...}` and `{code:...}`. `docs/masking.md` holds the
//! figures, and this test is what they come from.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use case::intake::{MaskedKind, mask};

const CORPUS: &str = include_str!("corpus.tsv");
/// Texts that were written after the rules: what they showed first is in the document. Afterwards they too served
/// to improve the rules.
const HELD_OUT: &str = include_str!("held_out.tsv");
/// Between these two lines of the document stand the figures.
const BEGIN: &str = "<!-- figures -->\n";
const END: &str = "<!-- end of figures -->\n";

/// At least so much of the secrets is hidden, in parts of a hundred.
const RECALL_FLOOR: f64 = 98.0;
/// At least so much of what is hidden is a secret, in parts of a hundred.
const PRECISION_FLOOR: f64 = 98.0;
/// The same for what was held out.
const HELD_OUT_FLOOR: f64 = 90.0;

struct Secret {
    kind: MaskedKind,
    text: String,
}

struct Line {
    language: &'static str,
    text: String,
    secrets: Vec<Secret>,
}

fn lines(corpus: &'static str) -> impl Iterator<Item = Line> {
    corpus.lines().map(|line| {
        let (language, marked) = line.split_once('\t').expect("language, tab, text");
        let marked = marked.replace("\\r", "\r").replace("\\n", "\n");
        let mut rest = marked.as_str();
        let (mut text, mut secrets) = (String::new(), Vec::new());
        while let Some((before, kind, after)) = next_secret(rest) {
            text.push_str(before);
            let (secret, behind) = after.split_once('}').expect("a secret ends");
            text.push_str(secret);
            secrets.push(Secret { kind, text: secret.to_owned() });
            rest = behind;
        }
        text.push_str(rest);
        Line { language, text, secrets }
    })
}

fn next_secret(text: &str) -> Option<(&str, MaskedKind, &str)> {
    [("{card:", MaskedKind::CardNumber), ("{code:", MaskedKind::SecurityCode)]
        .into_iter()
        .filter_map(|(mark, kind)| text.split_once(mark).map(|(before, after)| (before, kind, after)))
        .min_by_key(|(before, ..)| before.len())
}

#[derive(Default, Clone, Copy)]
struct Figures {
    texts: u32,
    hidden: u32,
    missed: u32,
    needless: u32,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.texts += other.texts;
        self.hidden += other.hidden;
        self.missed += other.missed;
        self.needless += other.needless;
    }

    fn recall(self) -> f64 {
        percent(self.hidden, self.missed)
    }

    fn precision(self) -> f64 {
        percent(self.hidden, self.needless)
    }
}

fn percent(right: u32, wrong: u32) -> f64 {
    if right + wrong == 0 { 100.0 } else { 100.0 * f64::from(right) / f64::from(right + wrong) }
}

/// Whether the secret stands in the text, and not only its digits within another number.
fn is_shown(text: &str, secret: &str) -> bool {
    text.match_indices(secret).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let behind = text[start + secret.len()..].chars().next();
        ![before, behind].into_iter().flatten().any(char::is_numeric)
    })
}

/// What masking does to a line, by kind of secret; what went wrong is told.
fn measured(line: &Line, wrong: &mut Vec<String>) -> [(MaskedKind, Figures); 2] {
    let masked = mask(&line.text);
    [MaskedKind::CardNumber, MaskedKind::SecurityCode].map(|kind| {
        let found = masked.kinds.iter().filter(|found| **found == kind).count();
        let secrets = line.secrets.iter().filter(|secret| secret.kind == kind);
        let missed = secrets.clone().filter(|secret| is_shown(&masked.text, &secret.text)).count();
        let hidden = secrets.count() - missed;
        let needless = found.saturating_sub(hidden);
        if missed + needless > 0 {
            wrong.push(format!("{}: {:?} became {:?}", line.language, line.text, masked.text));
        }
        let count = |number: usize| u32::try_from(number).expect("a corpus is small");
        let figures = Figures {
            texts: u32::from(kind == MaskedKind::CardNumber),
            hidden: count(hidden),
            missed: count(missed),
            needless: count(needless),
        };
        (kind, figures)
    })
}

/// What was measured on a corpus.
struct Measured {
    by_language: BTreeMap<&'static str, Figures>,
    by_kind: [Figures; 2],
    wrong: Vec<String>,
}

impl Measured {
    fn on(corpus: &'static str) -> Self {
        let mut all = Self { by_language: BTreeMap::new(), by_kind: <_>::default(), wrong: Vec::new() };
        for line in lines(corpus) {
            for (place, (_, figures)) in measured(&line, &mut all.wrong).into_iter().enumerate() {
                all.by_kind[place].add(figures);
                all.by_language.entry(line.language).or_default().add(figures);
            }
        }
        assert_eq!(all.by_language.len(), case::Language::ALL.len(), "a language is missing");
        all
    }

    fn assert_above(&self, recall: f64, precision: f64) {
        for (figures, what) in self.by_kind.iter().zip(["card numbers", "security codes"]) {
            let wrong = self.wrong.join("\n");
            assert!(figures.hidden > 20, "the corpus has too few {what}");
            assert!(figures.recall() >= recall, "{what}: recall {:.1} %\n{wrong}", figures.recall());
            assert!(
                figures.precision() >= precision,
                "{what}: precision {:.1} %\n{wrong}",
                figures.precision()
            );
        }
    }
}

#[test]
fn secrets_are_hidden_and_little_else_is() {
    let corpus = Measured::on(CORPUS);
    let held_out = Measured::on(HELD_OUT);
    keep(&format!(
        "On `corpus.tsv`:\n\n{}\nOn `held_out.tsv`:\n\n{}",
        table(&corpus.by_language, corpus.by_kind, &corpus.wrong),
        table(&held_out.by_language, held_out.by_kind, &held_out.wrong)
    ));
    corpus.assert_above(RECALL_FLOOR, PRECISION_FLOOR);
    held_out.assert_above(HELD_OUT_FLOOR, HELD_OUT_FLOOR);
}

fn table(by_language: &BTreeMap<&str, Figures>, by_kind: [Figures; 2], wrong: &[String]) -> String {
    let mut table = "| | texts | secrets | missed | hidden needlessly | recall | precision |\n|---|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    let mut row = |what: &str, texts: &str, figures: Figures| {
        writeln!(
            table,
            "| {what} | {texts} | {} | {} | {} | {:.1} % | {:.1} % |",
            figures.hidden + figures.missed,
            figures.missed,
            figures.needless,
            figures.recall(),
            figures.precision()
        )
        .expect("memory can be written to");
    };
    row("card numbers", "", by_kind[0]);
    row("security codes", "", by_kind[1]);
    for (language, figures) in by_language {
        row(language, &figures.texts.to_string(), *figures);
    }
    table.push_str("\nWhat went wrong, all of it:\n\n");
    for one in wrong {
        writeln!(table, "- `{one}`").expect("memory can be written to");
    }
    table
}

/// The document says what was measured; `UPDATE_DOCS=1` writes it anew.
fn keep(figures: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/masking.md");
    let document = fs::read_to_string(&path).expect("docs/masking.md");
    let (before, rest) = document.split_once(BEGIN).expect("the mark before the figures");
    let (_, after) = rest.split_once(END).expect("the mark behind the figures");
    let right = format!("{before}{BEGIN}{figures}{END}{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, right).expect("docs/masking.md can be written");
    } else {
        assert_eq!(
            document, right,
            "the figures changed; run `UPDATE_DOCS=1 cargo test -p case --test masking` and look at them"
        );
    }
}
