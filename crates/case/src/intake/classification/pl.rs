//! Polish rule words. Diacritics and capitals do not matter; `*` stands for any letters.

use super::Words;
use crate::vocabulary::Topic;

pub(super) const WORDS: Words = Words {
    wishes: "wykluczcie mnie, wyklucz mnie, wykluczyć mnie, wykluczenie mnie, się wykluczyć, wykluczyć się, \
     *samowyklucz*, *samo wyklucz*, proszę o wykluczenie, wykluczenie z gry, wykluczenia z gry, \
     rejestr wykluczonych, zablokujcie mnie, zablokuj mnie, zablokować mnie, zablokujcie mi grę, \
     zablokujcie mi dostęp do gier, zakaz gry, zakazać mi gry",
    signals: "uzależnion*, uzależnien*, hazardzist*, nie mogę przestać grać, nie potrafię przestać grać, \
     straciłem kontrolę, straciłam kontrolę, odebrać sobie życie, samobój*",
    topics: &[
        (
            Topic::Limits,
            "limit wpłat*, limity wpłat*, limit depozyt*, limit strat*, limit gry, ustawić limit, \
             odpowiedzialna gra, odpowiedzialnej gry",
        ),
        (Topic::Withdrawal, "wypłat*, wypłac*, wypłaci*, przelew wygranej, podjąć pieniądze"),
        (Topic::Deposit, "wpłat*, wpłac*, wpłaci*, depozyt*, doładowa*, zasilenie konta, zasilić konto"),
        (
            Topic::Verification,
            "weryfikac*, zweryfikow*, dowód osobisty, dowodu osobistego, paszport*, prawo jazdy, \
             prawa jazdy, potwierdzenie adresu, kyc, dokument*, tożsamoś*",
        ),
        (
            Topic::Account,
            "zalogow*, logowan*, logować, hasło, hasła, nazwa użytkownika, zablokowane konto, konto \
             jest zablokowane, konto zostało zablokowane, mój profil, dane konta, zmienić e mail, \
             zmiana adresu e mail",
        ),
        (Topic::Complaint, "skarg*, reklamac*, rzecznik*, izba administracji skarbowej, adwokat*, prawnik*"),
        (
            Topic::Bonus,
            "*bonus*, darmowe spiny, darmowych spinów, darmowe obroty, darmowych obrotów, free spin*, \
             freespin*, obrót bonus*, warunki obrotu, wymagania obrotu",
        ),
        (
            Topic::Technical,
            "błąd, błędu, błędy, nie działa, nie ładuje, zawiesza się, zawiesiła się, zawiesił się, \
             zacina się, czarny ekran, biały ekran, awari*, techniczn*, aplikacj*, crash*, wywala",
        ),
        (Topic::Registration, "rejestrac*, zarejestrow*, założyć konto, założenie konta, utworzyć konto"),
        (Topic::Tournament, "turniej*, ranking*, tabela wyników"),
        (
            Topic::GameRules,
            "zasady gry, zasad gry, reguły gry, reguł gry, jak grać, jak działa gra, linie wygran*, \
             rtp",
        ),
        (Topic::Campaign, "promocj*, kampani*, ofert*, konkurs*, losowani*, reklam*"),
        (
            Topic::AccountClosing,
            "zamknąć konto, zamknięcie konta, zamknijcie konto, zamknijcie moje konto, usunąć konto, \
             usunięcie konta, usuńcie konto, skasować konto",
        ),
        (
            Topic::Privacy,
            "rodo, gdpr, dane osobowe, danych osobowych, usunąć moje dane, usuńcie moje dane, usunięcie \
             moich danych, kopia moich danych, kopii moich danych, bycia zapomnianym",
        ),
    ],
};
