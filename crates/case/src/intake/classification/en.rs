//! English rule words. Diacritics and capitals do not matter; `*` stands for any letters.

use super::Words;
use crate::vocabulary::Topic;

pub(super) const WORDS: Words = Words {
    wishes: "*self exclu*, *selfexclu*, self exclude, exclude me, exclude myself, be excluded from, want to \
     be excluded, block me from, ban me from, ban myself, lock me out of gambling, lock me out of all games, gamstop, bar me from, stop me from \
     gambling, stop me from playing, exclude my account",
    signals: "gambling problem, gambling addict*, addicted to gambling, problem gambl*, compulsive gambl*, can \
     t stop gambling, cannot stop gambling, can not stop gambling, can t stop playing, lost control of my gambling, \
     kill myself, end my life, suicid*",
    topics: &[
        (
            Topic::Limits,
            "deposit limit*, loss limit*, spending limit*, session limit*, set a limit, responsible \
             gambling, cooling off, reality check",
        ),
        (
            Topic::Withdrawal,
            "withdraw, withdrawn, withdrawal*, withdrawing, payout*, pay out, cash out, cashout*",
        ),
        (Topic::Deposit, "deposit, deposits, deposited, top up, topped up, paid in, not credited"),
        (
            Topic::Verification,
            "verif*, passport*, driving licence, driving license, driver s license, proof of address, \
             proof of identity, kyc, identity document*, id document*",
        ),
        (
            Topic::Account,
            "log in, login, log on, sign in, password*, username, locked account, account is locked, \
             account is blocked, locked out of my account, my profile, account details, change my \
             email",
        ),
        (Topic::Complaint, "complain*, ombudsman, gambling commission, gaming authority, lawyer*"),
        (Topic::Bonus, "*bonus*, free spin*, freespin*, wager*, wagering requirement*, rollover"),
        (
            Topic::Technical,
            "error, errors, not working, doesn t work, does not work, won t load, doesn t load, \
             freez*, froze, frozen, crash*, black screen, white screen, outage*, technical*, bug, \
             lag, lagging",
        ),
        (
            Topic::Registration,
            "register, registering, registration, sign up, create an account, open an account",
        ),
        (Topic::Tournament, "tournament*, leaderboard*, ranking"),
        (
            Topic::GameRules,
            "game rule*, rules of, rules for, how do i play, how does the game, paylin*, rtp, return \
             to player",
        ),
        (Topic::Campaign, "campaign*, promotion*, promo, offer, offers, competition*, prize draw*"),
        (
            Topic::AccountClosing,
            "close my account, closing my account, delete my account, account closure, close the \
             account",
        ),
        (
            Topic::Privacy,
            "gdpr, data subject*, subject access request*, dsar, personal data, delete my data, delete \
             all my data, erase my data, copy of my data, right to be forgotten, data protection",
        ),
    ],
};
