//! Finnish rule words. Diacritics and capitals do not matter; `*` stands for any letters.

use super::Words;
use crate::vocabulary::Topic;

pub(super) const WORDS: Words = Words {
    wishes: "*peliesto*, estäkää minut, estä minut, sulkekaa minut, sulje minut pois, *itseesto*, \
     *itsesulku*, haluan peliton, haluan eston, estäkää pelaamiseni",
    signals: "peliriippuv*, peliongelma*, en pysty lopettamaan pelaamista, en voi lopettaa pelaamista, \
     itsemurh*",
    topics: &[
        (Topic::Limits, "talletusraja*, tappioraja*, peliraja*, vastuullinen pelaaminen"),
        (Topic::Withdrawal, "kotiut*, nosto*, nostaa, nostoa"),
        (Topic::Deposit, "talletu*, tallettaa, talletin"),
        (
            Topic::Verification,
            "vahvist* henkilöllisyy*, henkilöllisyy*, passi, passin, passista, ajokort*, \
             osoitetodist*, kyc, henkilöllisyystodist*",
        ),
        (
            Topic::Account,
            "kirjautu*, salasana*, käyttäjätunnu*, tili on lukittu, tilini on lukittu, profiilini",
        ),
        (Topic::Complaint, "valitu*, valitta*, reklamaatio*, kuluttaja*"),
        (Topic::Bonus, "*bonus*, ilmaiskierro*, ilmaiskierrok*, kierrätysvaatimu*"),
        (Topic::Technical, "virhe*, ei toimi, jumitt*, jumissa, kaatu*, ei lataudu, musta ruutu, tekni*"),
        (Topic::Registration, "rekisterö*, avata tilin, luoda tilin"),
        (Topic::Tournament, "turnau*, tulostaulu*"),
        (Topic::GameRules, "säännöt, sääntöjä, miten pelataan"),
        (Topic::Campaign, "kampanja*, tarjou*, kilpailu*, arvonta*"),
        (
            Topic::AccountClosing,
            "sulkea tilini, sulkea tilin, sulkekaa tilini, poistaa tilini, tilin sulkeminen",
        ),
        (
            Topic::Privacy,
            "gdpr, henkilötieto*, poistakaa tietoni, poistaa tietoni, kopio tiedoistani, oikeus tulla \
             unohdetuksi, tietosuoja*",
        ),
    ],
};
