//! Danish rule words. Diacritics and capitals do not matter; `*` stands for any letters.

use super::Words;
use crate::vocabulary::Topic;

pub(super) const WORDS: Words = Words {
    wishes: "udeluk mig, udelukke mig, udelukke mig selv, blive udelukket, udelukkes fra, vil udelukkes, \
     *selvudeluk*, rofus, luk mig ude, lukke mig ude, lukkes ude, spær mig, spærre mig, spærres fra \
     at spille, bloker mig, blokere mig, spillepause*, udelukkelse fra spil, stop mig fra at spille, \
     forbyd mig at spille",
    signals: "ludoman*, spilafhængig*, spillelidelse*, kan ikke stoppe med at spille, kan ikke styre mit spil, \
     mistet kontrollen, stopspillet, tage mit eget liv, selvmord*",
    topics: &[
        (
            Topic::Limits,
            "indbetalingsgræns*, indskudsgræns*, tabsgræns*, spilgræns*, spillegræns*, indsatsgræns*, \
             sætte en grænse, ansvarligt spil, afkølingsperiode*, *begrænsning af spil",
        ),
        (
            Topic::Withdrawal,
            "udbetal*, hæve, hæver, hævet, hævning*, få mine penge, penge ud, gevinst* udbetalt",
        ),
        (
            Topic::Deposit,
            "indbetal*, indskud, indskuddet, indsat penge, indsætte, sat penge ind, sætte penge ind, \
             penge ind, overført penge",
        ),
        (
            Topic::Verification,
            "verific*, verifik*, legitimation*, kørekort*, adressebevis*, identitetsbevis*, id \
             dokument*, mit pas, pas og, pasfoto, kyc, billedlegitimation, dokumenter",
        ),
        (
            Topic::Account,
            "log ind, logge ind, logger ind, login, adgangskode*, kodeord*, password, brugernavn*, \
             konto er låst, kontoen er låst, konto er spærret, kontoen er spærret, låst konto, låst \
             ude af min konto, min profil, kontooplysninger*, skifte e mail, ny e mail",
        ),
        (
            Topic::Complaint,
            "klage, klager, klagen, klag, klagesag*, spillemyndighed*, forbrugerombud*, advokat*",
        ),
        (
            Topic::Bonus,
            "*bonus*, freespin*, free spins, gratisspin*, gratis spins, omsætningskrav*, \
             gennemspilskrav*, gennemspilning*",
        ),
        (
            Topic::Technical,
            "fejl, fejlen, fejler, fejlkode*, fejlbesked*, fejlmeddelelse*, fejl i spillet, virker \
             ikke, fungerer ikke, fryser, frøs, frosset, crash*, går ned, gik ned, hænger fast, \
             indlæser ikke, loader ikke, sort skærm, hvid skærm, nedbrud*, teknisk*, app en, appen, \
             bug",
        ),
        (
            Topic::Registration,
            "registrer*, oprette en konto, oprette konto, opret konto, oprette mig, oprettelse*, \
             tilmelde mig",
        ),
        (Topic::Tournament, "turnering*, rangliste*, leaderboard, pointtavle*"),
        (
            Topic::GameRules,
            "spilleregl*, spilregl*, reglerne for, regler for, hvordan spiller man, hvordan fungerer \
             spillet, gevinstlinje*, rtp, tilbagebetalingsprocent*",
        ),
        (Topic::Campaign, "kampagne*, tilbud, tilbuddet, konkurrence*, lodtrækning*, reklame*"),
        (
            Topic::AccountClosing,
            "lukke min konto, luk min konto, lukke kontoen, slette min konto, slet min konto, slette \
             min profil, kontolukning*, lukning af konto*, lukning af min konto",
        ),
        (
            Topic::Privacy,
            "gdpr, persondata*, indsigt i mine oplysninger, indsigtsanmodning*, slet mine oplysninger, \
             slette mine oplysninger, slet mine data, slette mine data, kopi af mine data, blive glemt, \
             databeskyttelse*",
        ),
    ],
};
