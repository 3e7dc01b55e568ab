//! Norwegian rule words. Diacritics and capitals do not matter; `*` stands for any letters.

use super::Words;
use crate::vocabulary::Topic;

pub(super) const WORDS: Words = Words {
    wishes: "utesteng meg, utestenge meg, utestenges fra, bli utestengt, utestengt fra alt spill, \
     *selvutesteng*, *selvekskluder*, *selvutelukk*, ekskluder meg, ekskludere meg, utelukk meg, \
     utelukke meg, steng meg ute, stenge meg ute, sperr meg, sperre meg, sperres fra, blokker meg, \
     blokkere meg, spillepause*, utestengelse fra spill, utestenging, stopp meg fra å spille",
    signals: "spilleavhengig*, spillavhengig*, spilleproblem*, kan ikke slutte å spille, klarer ikke å slutte \
     å spille, klarer ikke slutte å spille, mistet kontrollen, ta mitt eget liv, selvmord*",
    topics: &[
        (
            Topic::Limits,
            "innskuddsgrense*, tapsgrense*, spillegrense*, innsatsgrense*, sette en grense, ansvarlig \
             spill, spillegrensene",
        ),
        (Topic::Withdrawal, "uttak, uttaket, uttak*, utbetal*, ta ut penger, ta ut pengene, ta ut gevinst*"),
        (
            Topic::Deposit,
            "innskudd, innskuddet, innskuddene, innbetal*, satt inn, sette inn, setter inn, satte inn",
        ),
        (
            Topic::Verification,
            "verifiser*, verifikasjon*, legitimasjon*, førerkort*, adressebevis*, adressebekreft*, \
             mitt pass, passet mitt, passbilde*, kyc, identitet*, id dokument*",
        ),
        (
            Topic::Account,
            "logge inn, logger inn, logget inn, innlogg*, passord*, brukernavn*, konto er låst, \
             kontoen er låst, kontoen er sperret, kontoen min er sperret, låst konto, min profil, \
             profilen min, kontoopplysning*, bytte e post",
        ),
        (Topic::Complaint, "klage, klager på, klagen, klagesak*, lotteritilsyn*, forbrukertilsyn*, advokat*"),
        (
            Topic::Bonus,
            "*bonus*, freespin*, free spins, gratisspinn*, gratis spinn, gratisspin*, \
             omsetningskrav*, gjennomspill*",
        ),
        (
            Topic::Technical,
            "feil i spillet, feilmelding*, feilkode*, virker ikke, fungerer ikke, funker ikke, \
             fryser, frøs, fryste, frosset, krasj*, henger seg, laster ikke, svart skjerm, hvit \
             skjerm, driftsforstyrrelse*, teknisk*, appen, bug",
        ),
        (
            Topic::Registration,
            "registrer*, opprette en konto, opprette konto, åpne en konto, lage konto, melde meg på",
        ),
        (Topic::Tournament, "turnering*, rangering*, ledertavle*, leaderboard"),
        (
            Topic::GameRules,
            "spilleregl*, reglene for, regler for, hvordan spiller man, hvordan fungerer spillet, \
             gevinstlinje*, rtp, tilbakebetalingsprosent*",
        ),
        (Topic::Campaign, "kampanje*, tilbud, tilbudet, konkurranse*, trekning*, reklame*"),
        (
            Topic::AccountClosing,
            "stenge kontoen, steng kontoen, stenge min konto, lukke kontoen, avslutte kontoen, slette \
             kontoen, slett kontoen, slette min konto",
        ),
        (
            Topic::Privacy,
            "gdpr, personopplysning*, innsyn i mine opplysninger, innsynsbegjæring*, slett opplysningene \
             mine, slette opplysningene mine, slett mine data, slette mine data, bli glemt, personvern*",
        ),
    ],
};
