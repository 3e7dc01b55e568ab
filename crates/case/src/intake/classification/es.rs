//! Spanish rule words. Diacritics and capitals do not matter; `*` stands for any letters.

use super::Words;
use crate::vocabulary::Topic;

pub(super) const WORDS: Words = Words {
    wishes: "*autoexclu*, auto exclu*, *autoprohib*, exclúyanme, excluidme, excluirme, quiero excluirme, \
     rgiaj, bloquéenme, prohíbanme jugar",
    signals: "ludopat*, adicto al juego, adicta al juego, adicción al juego, no puedo dejar de jugar, suicid*, \
     quitarme la vida",
    topics: &[
        (Topic::Limits, "límite de depósito*, límites de depósito*, límite de pérdida*, juego responsable"),
        (Topic::Withdrawal, "retir*, cobrar, reembols*"),
        (Topic::Deposit, "depósito*, depositar, depositado, ingreso*, ingresar, recarg*"),
        (
            Topic::Verification,
            "verific*, pasaporte*, dni, permiso de conducir, comprobante de domicilio, kyc, identidad",
        ),
        (Topic::Account, "iniciar sesión, contraseña*, nombre de usuario, cuenta bloqueada, mi perfil"),
        (Topic::Complaint, "queja*, reclamación*, reclamar, abogado*"),
        (Topic::Bonus, "*bono*, bonus, giros gratis, tiradas gratis"),
        (
            Topic::Technical,
            "error*, no funciona, no carga, congela*, bloquea el juego, pantalla negra, técnic*, \
             fallo*",
        ),
        (Topic::Registration, "registr*, crear una cuenta, abrir una cuenta"),
        (Topic::Tournament, "torneo*, clasificación"),
        (Topic::GameRules, "reglas, cómo se juega"),
        (Topic::Campaign, "campaña*, promoci*, oferta*, sorteo*"),
        (Topic::AccountClosing, "cerrar mi cuenta, cerrar la cuenta, eliminar mi cuenta, borrar mi cuenta"),
        (
            Topic::Privacy,
            "rgpd, gdpr, datos personales, borrar mis datos, eliminar mis datos, copia de mis datos, \
             derecho al olvido, protección de datos",
        ),
    ],
};
