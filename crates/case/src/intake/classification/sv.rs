//! Swedish rule words. Diacritics and capitals do not matter; `*` stands for any letters.

use super::Words;
use crate::vocabulary::Topic;

pub(super) const WORDS: Words = Words {
    wishes: "stäng av mig, stänga av mig, stänga mig av, stängas av från, bli avstängd, vill bli avstängd, \
     *självavstäng*, *självuteslut*, spelpaus*, spärra mig, spärras från, blockera mig, stäng mig \
     ute, stäng ute mig, utesluta mig, uteslut mig, porta mig, avstängning från spel, stoppa mig från \
     att spela",
    signals: "spelberoende*, spelmissbruk*, kan inte sluta spela, har tappat kontrollen, tappat kontrollen \
     över, stödlinjen, ta mitt liv, självmord*",
    topics: &[
        (
            Topic::Limits,
            "insättningsgräns*, förlustgräns*, spelgräns*, insatsgräns*, sätta en gräns, ansvarsfullt \
             spelande, ansvarsfullt spel, inloggningsgräns*",
        ),
        (
            Topic::Withdrawal,
            "uttag, uttaget, uttagen, uttags*, utbetal*, ta ut pengar, ta ut mina pengar, ta ut min \
             vinst, ta ut",
        ),
        (Topic::Deposit, "insättning*, insatt, sätta in, satt in, satte in, sätter in"),
        (
            Topic::Verification,
            "verifier*, verifikation*, legitimation*, körkort*, id handling*, idhandling*, \
             adressbevis*, adressintyg*, folkbokför*, mitt pass, passfoto*, pass och, foto på passet, \
             foto av mitt pass, kyc, identitet*, dokument, styrka",
        ),
        (
            Topic::Account,
            "logga in, loggar in, inlogg*, lösenord*, användarnamn*, konto är låst, kontot är låst, \
             kontot är spärrat, konto är spärrat, låst konto, min profil, kontouppgift*, byta e post, \
             ny e post",
        ),
        (
            Topic::Complaint,
            "klagomål*, klaga, klagar, reklamation*, spelinspektion*, konsumentverk*, arn, advokat*",
        ),
        (
            Topic::Bonus,
            "*bonus*, freespin*, free spins, gratissnurr*, gratis snurr, gratisspin*, \
             omsättningskrav*",
        ),
        (
            Topic::Technical,
            "fel i spelet, felmeddelande*, felkod*, fungerar inte, funkar inte, fryser, frös, fryst, \
             krasch*, hänger sig, hängde sig, laddar inte, svart skärm, vit skärm, driftstörning*, \
             teknisk*, appen, bugg*, buggar",
        ),
        (
            Topic::Registration,
            "registrer*, skapa ett konto, skapa konto, öppna ett konto, öppna konto, anmäla mig",
        ),
        (Topic::Tournament, "turnering*, topplista*, leaderboard"),
        (
            Topic::GameRules,
            "spelregl*, regler för, reglerna för, hur spelar man, hur fungerar spelet, vinstlinj*, \
             rtp, återbetalningsprocent*",
        ),
        (Topic::Campaign, "kampanj*, erbjudande*, tävling*, utlottning*, reklam"),
        (
            Topic::AccountClosing,
            "stänga mitt konto, stäng mitt konto, avsluta mitt konto, avsluta kontot, stänga kontot, \
             radera mitt konto, ta bort mitt konto",
        ),
        (
            Topic::Privacy,
            "gdpr, personuppgift*, registerutdrag*, radera mina uppgifter, radera mina data, kopia på \
             mina uppgifter, bli bortglömd, dataskydd*",
        ),
    ],
};
