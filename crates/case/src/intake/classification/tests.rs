use super::*;
use crate::vocabulary::{Language as L, Topic as T};

#[test]
fn topics_are_found_in_the_words_players_use() {
    let table: &[(L, &str, T)] = &[
        (
            L::Da,
            "Hej, min udbetaling på 12.500 kr. er ikke kommet frem. Transaktion TX-88213.",
            T::Withdrawal,
        ),
        (L::Da, "Jeg har indbetalt 500 kr, men pengene er ikke på min konto", T::Deposit),
        (L::Da, "Jeg kan ikke logge ind, min adgangskode virker ikke", T::Account),
        (L::Da, "Spillet fryser når jeg åbner det, sort skærm", T::Technical),
        (L::Da, "Hvor er min velkomstbonus?", T::Bonus),
        (L::Da, "Jeg vil gerne lukke min konto", T::AccountClosing),
        (L::Da, "Hvordan sætter jeg en indbetalingsgrænse?", T::Limits),
        (L::Sv, "Jag skickar en bild på mitt pass och adressbevis för verifiering", T::Verification),
        (L::Sv, "Mitt uttag har inte kommit", T::Withdrawal),
        (L::Sv, "Jag satte in 500 kr igår", T::Deposit),
        (L::Sv, "Spelet kraschar hela tiden", T::Technical),
        (L::Sv, "Jag vill göra ett klagomål", T::Complaint),
        (L::Nb, "Hei, jeg har ikke fått VIP-bonusen min denne uken", T::Bonus),
        (L::Nb, "Uttaket mitt er avvist", T::Withdrawal),
        (L::Nb, "Spillet henger seg og laster ikke", T::Technical),
        (L::Nb, "Hvilke regler for turneringen gjelder? Hvor er ledertavlen for turneringen?", T::Tournament),
        (L::Pl, "Dzień dobry, jak obrócić bonus powitalny? Jakie są warunki obrotu?", T::Bonus),
        (L::Pl, "gdzie jest moja wyplata", T::Withdrawal),
        (L::Pl, "Gra się zawiesza, błąd i czarny ekran", T::Technical),
        (L::Pl, "Chcę założyć konto, jak wygląda rejestracja?", T::Registration),
        (
            L::Da,
            "Hej, min udbetaling på 12.500,00 kr. er ikke kommet frem. Transaktions-ID: TX-88231",
            T::Withdrawal,
        ),
        (L::Da, "Spillet Viking Gold fryser og viser en fejl, når jeg spinner.", T::Technical),
        (
            L::Sv,
            "Hej! Jag vill verifiera mitt konto. Vilka dokument behöver ni för verifieringen?",
            T::Verification,
        ),
        (L::Nb, "Hei, når får jeg månedens bonus?", T::Bonus),
        (L::Pl, "Dzień dobry, nie dostałem bonusu powitalnego po pierwszej wpłacie.", T::Bonus),
        (L::Da, "Slet alle mine personoplysninger efter GDPR", T::Privacy),
        (L::Sv, "Jag begär ett registerutdrag över mina personuppgifter", T::Privacy),
        (L::Nb, "Jeg ber om innsyn i mine personopplysninger", T::Privacy),
        (L::Pl, "Proszę usunąć moje dane osobowe zgodnie z RODO", T::Privacy),
        (L::En, "Please send me a copy of my data and then erase my data", T::Privacy),
        (L::De, "Ich verlange die Löschung meiner Daten nach der DSGVO", T::Privacy),
        (L::Es, "Quiero eliminar mis datos personales", T::Privacy),
        (L::Fr, "Merci de supprimer mes données personnelles", T::Privacy),
        (L::It, "Vorrei cancellare i miei dati personali", T::Privacy),
        (L::Pt, "Quero apagar os meus dados pessoais", T::Privacy),
        (L::Fi, "Pyydän: poistakaa tietoni ja henkilötietoni", T::Privacy),
        (L::En, "My withdrawal has not arrived", T::Withdrawal),
        (L::En, "The game froze and shows an error", T::Technical),
        (L::En, "I forgot my password and cannot log in", T::Account),
        (L::De, "Meine Auszahlung ist nicht angekommen", T::Withdrawal),
        (L::Es, "Mi retiro no ha llegado", T::Withdrawal),
        (L::Fr, "Mon retrait n'est pas arrivé", T::Withdrawal),
        (L::It, "Il mio prelievo non è arrivato", T::Withdrawal),
        (L::Pt, "O meu levantamento não chegou", T::Withdrawal),
        (L::Fi, "Kotiutukseni ei ole saapunut", T::Withdrawal),
        (L::Da, "Hej", T::Other),
        (L::Pl, "", T::Other),
    ];
    for (language, text, topic) in table {
        let found = classify(text, *language);
        assert_eq!(found.topic, *topic, "{text}: {:?}", found.matched);
        assert!(!found.wishes_exclusion, "{text}: {:?}", found.matched);
    }
}

#[test]
fn among_topics_with_equally_many_words_the_higher_rank_wins() {
    assert_eq!(classify("udbetaling af bonus", L::Da).topic, T::Withdrawal);
    assert_eq!(classify("bonus for min indbetaling", L::Da).topic, T::Bonus);
    assert_eq!(classify("bonus og en fejlkode", L::Da).topic, T::Bonus);
}

#[test]
fn a_language_told_wrongly_is_no_obstacle() {
    assert_eq!(classify("gdzie jest moja wypłata", L::Da).topic, T::Withdrawal);
    assert_eq!(classify("My withdrawal has not arrived", L::Pl).topic, T::Withdrawal);
}

#[test]
fn the_words_that_decided_are_told_in_the_lists_spelling() {
    let found = classify("MIN UDBETALINGEN mangler, 4111", L::Da);
    assert_eq!(found.matched, ["udbetal*"]);
    assert_eq!(found.source(), Source::Rules { version: VERSION, matched: vec!["udbetal*".to_owned()] });
}

#[test]
fn a_wish_for_self_exclusion_is_heard_in_every_language_and_before_everything() {
    for text in [
        "Hvor er min bonus? Egentlig: udeluk mig, tak",
        "Jeg vil gerne udelukke mig selv",
        "tilmeld mig ROFUS",
        "Jeg ønsker selvudelukkelse",
        "Stäng av mig från allt spel",
        "Jag vill stänga av mig",
        "hur gör jag med Spelpaus?",
        "självavstängning",
        "sjalvavstangning tack",
        "Vennligst utesteng meg fra alt spill",
        "Jeg vil utestenge meg selv",
        "Jeg ønsker å bli utestengt",
        "selvutestenging",
        "Glem bonusen. Steng meg ute, jeg vil ikke spille mer",
        "Proszę, wykluczcie mnie z gry",
        "chcę się wykluczyć",
        "samowykluczenie",
        "I want to self-exclude",
        "please exclude me from the site",
        "GAMSTOP",
        "Bitte sperren Sie mich",
        "Selbstsperre",
        "quiero autoexcluirme",
        "je veux m'exclure",
        "voglio autoescludermi",
        "quero a autoexclusão",
        "Haluan pelieston",
    ] {
        for language in [L::Da, L::En] {
            let found = classify(text, language);
            assert!(found.wishes_exclusion && found.topic == T::Limits, "{text}: {found:?}");
        }
        assert!(classify_danger(text).is_some_and(|found| found.wishes_exclusion), "{text}");
    }
}

#[test]
fn signs_of_danger_go_to_responsible_gambling_without_locking_the_account() {
    for text in
        ["jeg er ludoman", "jag kan inte sluta spela", "jestem uzależniony", "I have a gambling problem"]
    {
        let found = classify_danger(text).unwrap();
        assert_eq!((found.topic, found.wishes_exclusion), (T::Limits, false), "{text}");
    }
}

#[test]
fn ordinary_messages_are_no_danger() {
    for text in [
        "Kan I udelukke fejlen?",
        "stäng av mina notiser, inte mig",
        "Min konto er spærret, hvorfor?",
        "spillet stopper ikke",
        "wykluczono błąd",
        "my account is blocked",
        "hæv min indbetalingsgrænse",
        "the promotion excludes slots",
        "why did you lock me out of my account?",
        "such an addictive game",
    ] {
        assert_eq!(classify_danger(text), None, "{text}");
    }
}
