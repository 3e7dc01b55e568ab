//! The words of the domain that more than one stage uses. Each has one stored spelling.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text that is none of the words it should be one of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not a {what}; use one of: {allowed}")]
pub struct InvalidWord {
    /// What was expected, such as `channel`.
    pub what: &'static str,
    /// What came.
    pub given: String,
    /// The words there are.
    pub allowed: String,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal; $( $(#[$vdoc:meta])* $variant:ident = $word:literal, )+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $( $(#[$vdoc])* #[serde(rename = $word)] $variant, )+
        }

        impl $name {
            /// Every word there is, in the order of declaration.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The stored and spoken word.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::vocabulary::InvalidWord;

            fn from_str(text: &str) -> Result<Self, $crate::vocabulary::InvalidWord> {
                let found = Self::ALL.iter().copied().find(|word| word.as_str() == text);
                found.ok_or_else(|| $crate::vocabulary::InvalidWord {
                    what: $what,
                    given: text.to_owned(),
                    allowed: Self::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}
pub(crate) use words;

words! {
    /// How a request reached us, or how we reach the player (R1).
    Channel, "channel";
    /// Live chat.
    Chat = "chat",
    /// E-mail.
    Email = "email",
    /// A telephone call, or a callback.
    Phone = "phone",
    /// The web form.
    Form = "form",
    /// A message from the member area, where the player is signed in.
    MemberArea = "member_area",
    /// The help centre.
    HelpCentre = "help_centre",
}

words! {
    /// What a case is about (R14).
    Topic, "topic";
    /// Limits and self-exclusion: responsible gambling, before everything else.
    Limits = "limits",
    /// A withdrawal that is late, rejected or wrong.
    Withdrawal = "withdrawal",
    /// A deposit that has not arrived.
    Deposit = "deposit",
    /// Identity documents (KYC).
    Verification = "verification",
    /// The player's account.
    Account = "account",
    /// A complaint under a licence's rules.
    Complaint = "complaint",
    /// What is held on the player: a subject request (GDPR Art. 15 to 21).
    Privacy = "privacy",
    /// A missing or disputed bonus.
    Bonus = "bonus",
    /// A technical fault.
    Technical = "technical",
    /// Registering an account.
    Registration = "registration",
    /// A tournament.
    Tournament = "tournament",
    /// The rules of a game.
    GameRules = "game_rules",
    /// A campaign.
    Campaign = "campaign",
    /// Closing the account.
    AccountClosing = "account_closing",
    /// Anything else.
    Other = "other",
}

words! {
    /// A support team (R25).
    Team, "team";
    /// Daily questions.
    General = "general",
    /// Deposits and withdrawals.
    Payments = "payments",
    /// Limits, self-exclusion, safety.
    ResponsibleGambling = "responsible_gambling",
    /// Faults in games and on the site.
    Technical = "technical",
    /// Identity documents.
    Verification = "verification",
    /// Players with a personal contact.
    Vip = "vip",
    /// Regulated complaints.
    Complaints = "complaints",
    /// Subject requests.
    Privacy = "privacy",
}

impl Team {
    /// Whether its cases are for its members only: they tell of illness, of disputes with us, of what the law lets
    /// somebody ask. The other teams help each other out and read each other's.
    pub fn is_confidential(self) -> bool {
        match self {
            Self::ResponsibleGambling | Self::Complaints | Self::Privacy => true,
            Self::General | Self::Payments | Self::Technical | Self::Verification | Self::Vip => false,
        }
    }
}

words! {
    /// A player's tier (R28).
    Tier, "tier";
    /// No tier.
    Standard = "standard",
    /// Prioritised, with a personal contact.
    Vip = "vip",
}

words! {
    /// The languages support answers in (R35), as ISO 639-1 codes; Norwegian is Bokmål.
    Language, "language";
    /// Danish.
    Da = "da",
    /// Swedish.
    Sv = "sv",
    /// Norwegian Bokmål.
    Nb = "nb",
    /// Polish.
    Pl = "pl",
    /// English.
    En = "en",
    /// German.
    De = "de",
    /// Spanish.
    Es = "es",
    /// French.
    Fr = "fr",
    /// Italian.
    It = "it",
    /// Portuguese.
    Pt = "pt",
    /// Finnish.
    Fi = "fi",
}

words! {
    /// What a piece of evidence shows (R16, R19).
    EvidenceKind, "kind of evidence";
    /// Passport, driving licence or national photo id.
    Identity = "identity",
    /// A recent bill that shows the address.
    Address = "address",
    /// A photo of the card, or a screenshot of the e-wallet.
    PaymentMethod = "payment_method",
    /// Proof that a payment was made or has not arrived.
    PaymentProof = "payment_proof",
    /// A screenshot of the problem.
    Screenshot = "screenshot",
}

words! {
    /// Why a piece of evidence was refused (R22); each has a remedy the player is told.
    RejectionReason, "rejection reason";
    /// A part is not visible or missing.
    MissingInformation = "missing_information",
    /// Not sharp enough to read.
    Blurred = "blurred",
    /// The address is not the account's.
    AddressMismatch = "address_mismatch",
    /// The name is not the account's.
    NameMismatch = "name_mismatch",
    /// Not one of the accepted file formats.
    WrongFormat = "wrong_format",
    /// This document is not accepted for this purpose.
    DocumentNotAccepted = "document_not_accepted",
    /// Too old, or expired.
    Outdated = "outdated",
}

words! {
    /// What an agent is trained in (R45).
    Skill, "skill";
    /// Games and their rules.
    Games = "games",
    /// Bonuses and campaigns.
    Bonuses = "bonuses",
    /// Identity verification.
    Verification = "verification",
    /// Payments.
    Payments = "payments",
    /// Account security.
    Security = "security",
    /// Responsible gambling.
    ResponsibleGambling = "responsible_gambling",
    /// Caring for players of a high tier.
    Vip = "vip",
}
