//! Italian rule words. Diacritics and capitals do not matter; `*` stands for any letters.

use super::Words;
use crate::vocabulary::Topic;

pub(super) const WORDS: Words = Words {
    wishes: "*autoesclu*, auto esclu*, escludetemi, escludermi, voglio essere escluso, voglio essere esclusa, \
     bloccatemi, impeditemi di giocare",
    signals: "ludopat*, dipendenza dal gioco, dipendente dal gioco, non riesco a smettere di giocare, suicid*, \
     togliermi la vita",
    topics: &[
        (Topic::Limits, "limite di deposito, limiti di deposito, limite di perdita, gioco responsabile"),
        (Topic::Withdrawal, "preliev*, prelevare, incassare"),
        (Topic::Deposit, "deposit*, versament*, ricaric*"),
        (
            Topic::Verification,
            "verific*, passaporto*, carta d identità, patente, prova di residenza, kyc, documento",
        ),
        (
            Topic::Account,
            "accedere, accesso, password, nome utente, conto bloccato, account bloccato, mio profilo",
        ),
        (Topic::Complaint, "reclam*, lament*, avvocato*"),
        (Topic::Bonus, "*bonus*, giri gratis, giri gratuiti"),
        (
            Topic::Technical,
            "errore*, errori, non funziona, non si carica, bloccato il gioco, schermo nero, tecnic*",
        ),
        (Topic::Registration, "registra*, creare un conto, aprire un conto"),
        (Topic::Tournament, "torneo*, tornei, classifica"),
        (Topic::GameRules, "regole, come si gioca"),
        (Topic::Campaign, "campagna*, promozion*, offert*, concors*"),
        (
            Topic::AccountClosing,
            "chiudere il conto, chiudere il mio conto, chiudere l account, cancellare il conto",
        ),
        (
            Topic::Privacy,
            "gdpr, dati personali, cancellare i miei dati, eliminare i miei dati, copia dei miei dati, \
             diritto all oblio, protezione dei dati",
        ),
    ],
};
