//! German rule words. Diacritics and capitals do not matter; `*` stands for any letters.

use super::Words;
use crate::vocabulary::Topic;

pub(super) const WORDS: Words = Words {
    wishes: "*selbstsperr*, selbst sperren, mich sperren, sperrt mich, sperren sie mich, mich selbst sperren, \
     gesperrt werden, oasis sperre, *selbstausschl*, mich ausschließen, schließen sie mich aus, \
     schließt mich aus, spielersperre*, schützt mich vor",
    signals: "spielsucht*, spielsüchtig*, kann nicht aufhören zu spielen, kontrolle verloren, mir das leben \
     nehmen, selbstmord*, suizid*",
    topics: &[
        (
            Topic::Limits,
            "einzahlungslimit*, verlustlimit*, spiellimit*, limit setzen, verantwortungsvolles \
             spielen",
        ),
        (Topic::Withdrawal, "auszahl*, ausgezahlt, abheb*, abhebung*"),
        (Topic::Deposit, "einzahl*, eingezahlt, guthaben aufladen"),
        (
            Topic::Verification,
            "verifizier*, reisepass*, personalausweis*, führerschein*, adressnachweis*, kyc, ausweis*",
        ),
        (
            Topic::Account,
            "einlogg*, anmelden, passwort*, benutzername*, konto gesperrt, konto ist gesperrt, mein \
             profil",
        ),
        (Topic::Complaint, "beschwerde*, beschweren, anwalt*, glücksspielbehörde*"),
        (Topic::Bonus, "*bonus*, freispiel*, umsatzbeding*"),
        (
            Topic::Technical,
            "fehler*, funktioniert nicht, geht nicht, friert, eingefroren, abgestürzt, stürzt ab, \
             lädt nicht, technisch*",
        ),
        (Topic::Registration, "registrier*, konto eröffnen, konto erstellen"),
        (Topic::Tournament, "turnier*, rangliste*"),
        (Topic::GameRules, "spielregel*, regeln, wie spielt man"),
        (Topic::Campaign, "kampagne*, aktion*, angebot*, gewinnspiel*"),
        (Topic::AccountClosing, "konto schließen, konto löschen, kontoschließung*"),
        (
            Topic::Privacy,
            "dsgvo, gdpr, personenbezogene*, meine daten löschen, löschung meiner daten, datenauskunft*, \
             auskunft über meine daten, kopie meiner daten, recht auf vergessenwerden, datenschutz*",
        ),
    ],
};
