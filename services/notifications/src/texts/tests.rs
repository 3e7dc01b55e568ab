//! Every text exists in every language, says everything it should, and is in that language.

use std::collections::{BTreeMap, BTreeSet};

use whatlang::{Detector, Lang};

use super::*;

const NUMBER: &str = "NB-2026-000412-K";
const EVIDENCE: &[&str] = &["identity", "address", "payment_method", "payment_proof", "screenshot"];
const REJECTIONS: &[&str] = &[
    "missing_information",
    "blurred",
    "address_mismatch",
    "name_mismatch",
    "wrong_format",
    "document_not_accepted",
    "outdated",
];
const EXTENSIONS: &[&str] = &["gateway", "peak_traffic", "holiday", "legal_question"];

/// The entries of a language's files: id (a term's with its hyphen) and source text.
fn entries(language: &str) -> BTreeMap<String, String> {
    let (_, sources) = SOURCES.iter().find(|(known, _)| *known == language).unwrap();
    let mut entries: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in sources.iter().flat_map(|source| source.lines()).filter(|line| !line.starts_with('#')) {
        match line.split_once(" =") {
            Some((id, text)) if !line.starts_with(' ') => {
                id.clone_into(&mut current);
                let earlier = entries.insert(current.clone(), text.to_owned());
                assert_eq!(earlier, None, "{language} says {id} twice");
            }
            _ => {
                let entry = entries.get_mut(&current);
                if let Some(entry) = entry {
                    entry.push('\n');
                    entry.push_str(line);
                }
            }
        }
    }
    entries
}

fn variables_in(text: &str) -> BTreeSet<String> {
    let parts = text.split('$').skip(1);
    parts
        .map(|part| part.split(|c: char| c != '_' && !c.is_alphanumeric()).next().unwrap().to_owned())
        .collect()
}

/// The variables of a message and of the messages that it refers to.
fn variables(entries: &BTreeMap<String, String>, id: &str) -> BTreeSet<String> {
    let text = &entries[id];
    let mut found = variables_in(text);
    for reference in text.split("{ ").skip(1).map(|part| part.split(' ').next().unwrap()) {
        if entries.contains_key(reference) {
            found.extend(variables(entries, reference));
        }
    }
    found
}

fn args(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Arguments for any kind; some words of which are varied.
fn all_args(evidence: &str, reason: &str, article: &str) -> BTreeMap<String, String> {
    args(&[
        ("number", NUMBER),
        ("horizon", "22.11.2026 kl. 14.30"),
        ("callback_at", "22.11.2026 kl. 14.30"),
        ("due", "22 November 2026 at 14:30"),
        ("agent", "Astrid"),
        ("machine_translated", "false"),
        ("team", "payments"),
        ("clock", "first response"),
        ("amount", "12.500,00 DKK"),
        ("text", "12 { 34 }"),
        ("title", "50"),
        ("article", article),
        ("evidence", evidence),
        ("missing", "identity, payment_proof"),
        ("reason", reason),
    ])
}

fn to_people() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(|kind| !kind.for_team)
}

#[test]
fn every_id_exists_in_every_language_with_the_same_variables() {
    let english = entries("en");
    let team =
        |id: &str| KINDS.iter().any(|kind| kind.for_team && id.starts_with(&format!("{}-", kind.name)));
    for (language, _) in SOURCES {
        let entries = entries(language);
        let ids: Vec<_> = entries.keys().filter(|id| !team(id)).collect();
        assert_eq!(ids, english.keys().filter(|id| !team(id)).collect::<Vec<_>>(), "{language}");
        for id in ids {
            assert_eq!(variables(&entries, id), variables(&english, id), "{language} {id}");
            assert!(!entries[id].trim().is_empty(), "{language} {id}");
        }
    }
}

#[test]
fn every_text_uses_exactly_what_its_kind_declares() {
    let english = entries("en");
    for kind in KINDS {
        let mut used = variables(&english, &format!("{}-subject", kind.name));
        used.extend(variables(&english, &format!("{}-body", kind.name)));
        if used.remove("missing_list") {
            used.insert("missing".to_owned());
        }
        if used.remove("article_title") && used.remove("article_body") {
            used.insert("article".to_owned());
        }
        let declared: BTreeSet<_> = kind.variables.iter().map(|&variable| variable.to_owned()).collect();
        assert_eq!(used, declared, "{}", kind.name);
    }
}

#[test]
fn every_text_that_is_kept_is_used() {
    let known = |id: &str| {
        ["-subject", "-body", "-title"].iter().any(|end| {
            id.strip_suffix(end).is_some_and(|name| {
                KINDS.iter().any(|kind| kind.name == name)
                    || name.strip_prefix("article-").is_some_and(|article| ARTICLES.contains(&article))
            })
        })
    };
    let english = entries("en");
    for id in english.keys().filter(|id| !known(id)) {
        assert!(english.values().any(|text| text.contains(&format!("{{ {id} }}"))), "{id} is never used");
    }
}

#[test]
fn nothing_unresolved_is_left_in_any_text() {
    let texts = Texts::load().unwrap();
    let reasons = [REJECTIONS, EXTENSIONS].concat();
    for (language, _) in SOURCES {
        for kind in KINDS {
            for (index, reason) in reasons.iter().enumerate() {
                let mut args =
                    all_args(EVIDENCE[index % EVIDENCE.len()], reason, ARTICLES[index % ARTICLES.len()]);
                args.insert("text".to_owned(), "text".to_owned());
                let rendered = texts.render(kind.name, language, &args).unwrap();
                assert!(rendered.subject.starts_with("[NB-2026-000412-K] "), "{}", rendered.subject);
                assert!(!rendered.subject.contains('\n'));
                for text in [&rendered.subject, &rendered.body] {
                    let unresolved = text.contains(['{', '}', '$', '\u{2068}', '\u{2069}']);
                    assert!(!unresolved && !text.trim().is_empty(), "{language} {}: {text}", kind.name);
                }
                for variable in ["horizon", "agent", "text", "amount", "callback_at"] {
                    let told = !kind.variables.contains(&variable) || rendered.body.contains(&args[variable]);
                    assert!(told, "{language} {} does not tell {variable}", kind.name);
                }
            }
        }
    }
}

#[test]
fn every_word_has_a_text_of_its_own() {
    let texts = Texts::load().unwrap();
    for (language, _) in SOURCES {
        for (kind, variable, words) in [
            ("evidence_received", "evidence", EVIDENCE),
            ("evidence_rejected", "reason", REJECTIONS),
            ("horizon_extended", "reason", EXTENSIONS),
            ("answer_suggested", "article", ARTICLES),
        ] {
            let mut seen = BTreeSet::new();
            for word in words {
                let mut args = all_args("identity", "other", "limits");
                args.insert(variable.to_owned(), (*word).to_owned());
                seen.insert(texts.render(kind, language, &args).unwrap().body);
            }
            if variable != "article" {
                let mut args = all_args("identity", "other", "limits");
                args.insert(variable.to_owned(), "something new".to_owned());
                seen.insert(texts.render(kind, language, &args).unwrap().body);
            }
            let expected = words.len() + usize::from(variable != "article");
            assert_eq!(seen.len(), expected, "{language} {kind}");
        }
    }
}

#[test]
fn every_rejection_names_its_reason_and_its_remedy() {
    let texts = Texts::load().unwrap();
    for (language, _) in SOURCES {
        let entries = entries(language);
        for reason in REJECTIONS {
            let body = texts
                .render("evidence_rejected", language, &all_args("address", reason, "limits"))
                .unwrap()
                .body;
            for part in ["reason", "remedy"] {
                let text = entries[&format!("-{part}-{}", reason.replace('_', "-"))].trim();
                assert!(body.contains(text), "{language} {reason}: {body}");
            }
        }
    }
}

#[test]
fn the_texts_are_in_their_language() {
    let texts = Texts::load().unwrap();
    let languages =
        [("da", Lang::Dan), ("sv", Lang::Swe), ("nb", Lang::Nob), ("pl", Lang::Pol), ("en", Lang::Eng)];
    let detector = Detector::with_allowlist(languages.map(|(_, lang)| lang).to_vec());
    let english = entries("en");
    for (language, lang) in languages {
        let entries = entries(language);
        let whole: String = entries
            .iter()
            .filter(|(id, _)| !id.contains("rejection") && *id != "evidence-name")
            .map(|(_, text)| text.as_str())
            .collect::<Vec<_>>()
            .join("\n");
        assert_eq!(Detector::new().detect_lang(&whole), Some(lang), "{language} as a whole");
        for kind in to_people() {
            let body =
                texts.render(kind.name, language, &all_args("identity", "blurred", "limits")).unwrap().body;
            let detected = detector.detect_lang(&body).unwrap();
            assert_eq!(detected == Lang::Eng, lang == Lang::Eng, "{language} {}: {detected:?}", kind.name);
        }
        if lang != Lang::Eng {
            for id in
                to_people().flat_map(|kind| ["subject", "body"].map(|part| format!("{}-{part}", kind.name)))
            {
                let own_words =
                    english[&id].split(['{', '}']).step_by(2).any(|part| part.contains(char::is_alphabetic));
                assert!(!own_words || entries[&id] != english[&id], "{id} is English in {language}");
            }
        }
    }
}

#[test]
fn no_sentence_is_left_in_another_language() {
    // Words that give away a sentence copied from English or from the wrong neighbour.
    let english = ["the", "and", "you", "your", "we", "with", "this", "is", "of"];
    let foreign: [(&str, &[&str]); 4] = [
        ("da", &["av", "och", "inte", "noen", "deg", "är", "hei", "sak"]),
        ("nb", &["af", "och", "inte", "nogen", "dig", "är", "hej", "sag"]),
        ("sv", &["af", "og", "ikke", "er", "hvis", "sag", "sak", "fra"]),
        ("pl", &["og", "och", "ikke", "inte"]),
    ];
    for (language, words) in foreign {
        for (id, text) in entries(language) {
            let plain = text.to_lowercase();
            let spoken: Vec<&str> = plain.split(|c: char| !c.is_alphanumeric()).collect();
            for word in words.iter().chain(&english) {
                assert!(!spoken.contains(word), "{language} {id} says '{word}'");
            }
        }
    }
}

#[test]
fn the_player_is_reminded_of_the_spam_folder_and_of_hiding_the_cvv() {
    let texts = Texts::load().unwrap();
    for (language, folder) in [
        ("da", "spammappe"),
        ("sv", "skräpposten"),
        ("nb", "søppelposten"),
        ("pl", "spamem"),
        ("en", "spam folder"),
    ] {
        let args = all_args("identity", "blurred", "limits");
        assert!(texts.render("case_received", language, &args).unwrap().body.contains(folder), "{language}");
        assert!(
            texts.render("evidence_requested", language, &args).unwrap().body.contains("CVV"),
            "{language}"
        );
    }
}

#[test]
fn what_is_missing_is_listed_line_by_line() {
    let texts = Texts::load().unwrap();
    let args = args(&[("number", NUMBER), ("missing", "address,identity")]);
    let body = texts.render("evidence_requested", "sv", &args).unwrap().body;
    assert!(
        body.contains("\n- Adressbevis (en aktuell räkning med ditt namn och din adress)\n- Legitimation"),
        "{body}"
    );
}

#[test]
fn what_people_write_is_not_interpreted() {
    let texts = Texts::load().unwrap();
    let mut args = all_args("identity", "blurred", "limits");
    args.insert("text".to_owned(), "{ $number } { -evidence-other }\nline two".to_owned());
    let body = texts.render("reply", "da", &args).unwrap().body;
    assert!(body.contains("{ $number } { -evidence-other }\nline two"), "{body}");
    assert!(body.starts_with("Astrid har svaret dig:\n\n"), "{body}");
}

#[test]
fn other_languages_read_english_and_so_do_teams() {
    let texts = Texts::load().unwrap();
    let args = all_args("identity", "blurred", "limits");
    let rendered = texts.render("resolved", "fi", &args).unwrap();
    assert_eq!(
        (rendered.subject.as_str(), rendered.language),
        ("[NB-2026-000412-K] Your case is resolved", "en")
    );
    assert_eq!(texts.render("sla_breach", "da", &args).unwrap().language, "en");
    assert_eq!(texts.render("resolved", "da", &args).unwrap().language, "da");
}

#[test]
fn a_text_that_lacks_something_is_not_sent() {
    let texts = Texts::load().unwrap();
    let missing = texts.render("case_received", "da", &args(&[("number", NUMBER)])).unwrap_err();
    assert_eq!(missing.to_string(), "the text of 'case_received' needs 'horizon'");
    let unknown = texts.render("case_recieved", "da", &BTreeMap::new()).unwrap_err();
    assert!(matches!(unknown, Error::UnknownKind(_)));
    let article =
        texts.render("answer_suggested", "da", &all_args("identity", "blurred", "poker")).unwrap_err();
    assert_eq!(article, Error::UnknownArticle("poker".to_owned()));
}

#[test]
fn every_word_of_the_domain_has_a_text() {
    use case::notifications::NotificationKind;
    use case::{EvidenceKind, RejectionReason};
    for kind in NotificationKind::ALL {
        assert!(KINDS.iter().any(|known| known.name == kind.as_str()), "{kind:?}");
    }
    assert_eq!(EvidenceKind::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>(), EVIDENCE);
    assert_eq!(RejectionReason::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>(), REJECTIONS);
}

#[test]
fn an_offer_is_told_under_its_own_title() {
    let texts = Texts::load().unwrap();
    let args = args(&[("number", NUMBER), ("title", "Gratis spins"), ("text", "Kun i dag.")]);
    let rendered = texts.render("offer", "da", &args).unwrap();
    assert_eq!(rendered.subject, "[NB-2026-000412-K] Gratis spins");
    assert!(rendered.body.contains("Kun i dag.") && rendered.body.contains("»stop«"), "{}", rendered.body);
}
