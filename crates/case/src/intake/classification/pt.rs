//! Portuguese rule words. Diacritics and capitals do not matter; `*` stands for any letters.

use super::Words;
use crate::vocabulary::Topic;

pub(super) const WORDS: Words = Words {
    wishes: "*autoexclu*, auto exclu*, excluam me, excluir me, quero ser excluído, quero ser excluída, \
     bloqueiem me, impeçam me de jogar",
    signals: "viciado em jogo, viciada em jogo, vício do jogo, vício em jogo, não consigo parar de jogar, \
     suicíd*, suicid*",
    topics: &[
        (Topic::Limits, "limite de depósito, limites de depósito, limite de perda*, jogo responsável"),
        (Topic::Withdrawal, "levantament*, levantar, saque*, sacar"),
        (Topic::Deposit, "depósito*, depositar, depositei, carregament*"),
        (
            Topic::Verification,
            "verific*, passaporte*, cartão de cidadão, carta de condução, comprovativo de morada, \
             kyc, identidade",
        ),
        (
            Topic::Account,
            "iniciar sessão, entrar na conta, palavra passe, senha*, nome de utilizador, conta \
             bloqueada, meu perfil",
        ),
        (Topic::Complaint, "queixa*, reclama*, advogado*"),
        (Topic::Bonus, "*bónus*, *bônus*, *bonus*, rodadas grátis, giros grátis"),
        (
            Topic::Technical,
            "erro, erros, não funciona, não carrega, congel*, ecrã preto, tela preta, técnic*, falha*",
        ),
        (Topic::Registration, "regist*, criar uma conta, abrir uma conta"),
        (Topic::Tournament, "torneio*, classificação"),
        (Topic::GameRules, "regras, como se joga"),
        (Topic::Campaign, "campanha*, promoç*, oferta*, sorteio*"),
        (
            Topic::AccountClosing,
            "fechar a minha conta, fechar a conta, encerrar a conta, eliminar a minha conta",
        ),
        (
            Topic::Privacy,
            "rgpd, gdpr, dados pessoais, apagar os meus dados, eliminar os meus dados, cópia dos meus \
             dados, direito ao esquecimento, proteção de dados",
        ),
    ],
};
