//! The domain's words as the contract's enumerations.

use case::privacy::{ErasureGround, HoldGround};
use contracts::privacy::v1 as pb;

use crate::api::words::Word;

impl Word for HoldGround {
    const ALL: &'static [Self] = Self::ALL;

    fn number(&self) -> i32 {
        (match self {
            Self::MoneyLaundering => pb::HoldGround::MoneyLaundering,
            Self::LegalClaim => pb::HoldGround::LegalClaim,
            Self::Authority => pb::HoldGround::Authority,
        }) as i32
    }
}

impl Word for ErasureGround {
    const ALL: &'static [Self] = Self::ALL;

    fn number(&self) -> i32 {
        (match self {
            Self::SubjectRequest => pb::ErasureGround::SubjectRequest,
            Self::RetentionOver => pb::ErasureGround::RetentionOver,
            Self::Unlawful => pb::ErasureGround::Unlawful,
        }) as i32
    }
}
