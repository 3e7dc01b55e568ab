//! French rule words. Diacritics and capitals do not matter; `*` stands for any letters.

use super::Words;
use crate::vocabulary::Topic;

pub(super) const WORDS: Words = Words {
    wishes: "*autoexclu*, auto exclu*, excluez moi, m exclure, me faire exclure, être exclu, interdiction \
     volontaire, interdit de jeu, interdire de jeu, bloquez moi",
    signals: "accro au jeu, addict au jeu, addiction au jeu, dépendance au jeu, dépendant au jeu, joueur compulsif, peux plus m arrêter, peux pas \
     arrêter de jouer, suicid*",
    topics: &[
        (Topic::Limits, "limite de dépôt*, limites de dépôt*, limite de perte*, jeu responsable"),
        (Topic::Withdrawal, "retrait*, retirer, encaisser, virement*"),
        (Topic::Deposit, "dépôt*, déposer, déposé, versement*"),
        (
            Topic::Verification,
            "vérifi*, passeport*, pièce d identité, permis de conduire, justificatif de domicile, kyc",
        ),
        (
            Topic::Account,
            "me connecter, connexion, mot de passe, nom d utilisateur, compte bloqué, compte est \
             bloqué, mon profil",
        ),
        (Topic::Complaint, "plainte*, réclamation*, avocat*, médiateur*"),
        (Topic::Bonus, "*bonus*, tours gratuits, free spins"),
        (
            Topic::Technical,
            "erreur*, ne fonctionne pas, marche pas, ne charge pas, plante*, écran noir, techni*, \
             bug*",
        ),
        (Topic::Registration, "inscri*, créer un compte, ouvrir un compte"),
        (Topic::Tournament, "tournoi*, classement"),
        (Topic::GameRules, "règles, comment jouer"),
        (Topic::Campaign, "campagne*, promotion*, offre*, concours"),
        (Topic::AccountClosing, "fermer mon compte, clôturer mon compte, supprimer mon compte"),
        (
            Topic::Privacy,
            "rgpd, gdpr, données personnelles, supprimer mes données, effacer mes données, copie de mes \
             données, droit à l oubli, protection des données",
        ),
    ],
};
