//! How much of what must be hidden is hidden, and how much is hidden that need not be: on `corpus.tsv`, a
//! line a text, its language first, secrets as `{card:...}` and `{code:...}`. `docs/masking.md` holds the
//! figures, and this test is what they come from.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use case::intake::{MaskedKind, mask};

const CORPUS: &str = include_str!("corpus.tsv");
/// Between these two lines of the document stand the figures.
const BEGIN: &str = "<!-- figures -->\n";
const END: &str = "<!-- end of figures -->\n";

/// At least so much of the secrets is hidden, in parts of a hundred.
const RECALL_FLOOR: f64 = 98.0;
/// At least so much of what is hidden is a secret, in parts of a hundred.
const PRECISION_FLOOR: f64 = 98.0;

struct Secret {
    kind: MaskedKind,
    text: String,
}

struct Line {
    language: &'static str,
    text: String,
    secrets: Vec<Secret>,
}

fn lines() -> impl Iterator<Item = Line> {
    CORPUS.lines().map(|line| {
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

/// What masking does to a line, by kind of secret; what went wrong is told.
fn measured(line: &Line, wrong: &mut Vec<String>) -> [(MaskedKind, Figures); 2] {
    let masked = mask(&line.text);
    [MaskedKind::CardNumber, MaskedKind::SecurityCode].map(|kind| {
        let found = masked.kinds.iter().filter(|found| **found == kind).count();
        let secrets = line.secrets.iter().filter(|secret| secret.kind == kind);
        let missed = secrets.clone().filter(|secret| masked.text.contains(&secret.text)).count();
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

#[test]
fn secrets_are_hidden_and_little_else_is() {
    let mut by_language: BTreeMap<&str, Figures> = BTreeMap::new();
    let mut by_kind = [Figures::default(); 2];
    let mut wrong = Vec::new();
    for line in lines() {
        for (place, (_, figures)) in measured(&line, &mut wrong).into_iter().enumerate() {
            by_kind[place].add(figures);
            by_language.entry(line.language).or_default().add(figures);
        }
    }
    let figures = table(&by_language, by_kind, &wrong);
    keep(&figures);
    for (figures, what) in by_kind.iter().zip(["card numbers", "security codes"]) {
        assert!(figures.hidden > 100, "the corpus has too few {what}");
        assert!(figures.recall() >= RECALL_FLOOR, "{what}: {:.1} %\n{}", figures.recall(), wrong.join("\n"));
        assert!(
            figures.precision() >= PRECISION_FLOOR,
            "{what}: {:.1} %\n{}",
            figures.precision(),
            wrong.join("\n")
        );
    }
    assert_eq!(by_language.len(), case::Language::ALL.len(), "a language is missing");
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
