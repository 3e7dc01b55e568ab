//! Money: an integer in minor units with its ISO 4217 currency. Never a float.

use std::fmt;

use iso_currency::Currency;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount of one currency, in its minor unit (cents, øre; yen as they are).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    /// The amount in minor units: 12,500.00 DKK is 1 250 000.
    pub minor: i64,
    /// The ISO 4217 currency.
    #[schemars(with = "String", regex(pattern = "^[A-Z]{3}$"))]
    pub currency: Currency,
}

/// Why a text or number is no amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    /// The three letters name no ISO 4217 currency.
    #[error("'{0}' is not an ISO 4217 currency code; use three letters such as DKK")]
    UnknownCurrency(String),
    /// A payment or escalation needs more than nothing.
    #[error("the amount must be greater than zero, in minor units")]
    NotPositive,
    /// Sums and differences exist within one currency only.
    #[error("amounts of {0} and {1} cannot be combined")]
    CurrencyMismatch(&'static str, &'static str),
    /// The sum does not fit into 64 bits.
    #[error("the amount is too large")]
    Overflow,
}

/// No single support payment is near this many minor units; above it a figure is a mistake.
const LARGEST_MINOR: i64 = 1_000_000_000_000_000;

impl Money {
    /// An amount of a currency known at compile time.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads a positive amount from a request.
    pub fn positive(minor: i64, currency_code: &str) -> Result<Self, InvalidMoney> {
        let currency = Currency::from_code(currency_code)
            .ok_or_else(|| InvalidMoney::UnknownCurrency(currency_code.to_owned()))?;
        match minor {
            ..=0 => Err(InvalidMoney::NotPositive),
            minor if minor > LARGEST_MINOR => Err(InvalidMoney::Overflow),
            minor => Ok(Self { minor, currency }),
        }
    }

    /// The sum, within one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, InvalidMoney> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(InvalidMoney::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The difference, within one currency; may be negative.
    pub fn checked_sub(self, other: Self) -> Result<Self, InvalidMoney> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(InvalidMoney::Overflow)?;
        Ok(Self { minor, ..self })
    }

    fn same_currency(self, other: Self) -> Result<(), InvalidMoney> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(InvalidMoney::CurrencyMismatch(self.currency.code(), other.currency.code()))
        }
    }
}

/// `12,500.00 DKK`: grouped, with the decimals the currency has.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = u32::from(self.currency.exponent().unwrap_or(0));
        let unit = 10_u64.pow(decimals);
        let (whole, rest) = (self.minor.unsigned_abs() / unit, self.minor.unsigned_abs() % unit);
        if self.minor < 0 {
            f.write_str("-")?;
        }
        let digits = whole.to_string();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index) % 3 == 0 {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        if decimals > 0 {
            write!(f, ".{rest:0width$}", width = decimals as usize)?;
        }
        write!(f, " {}", self.currency.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_prints_with_the_decimals_of_its_currency() {
        assert_eq!(Money::new(1_250_000, Currency::DKK).to_string(), "12,500.00 DKK");
        assert_eq!(Money::new(-5, Currency::EUR).to_string(), "-0.05 EUR");
        assert_eq!(Money::new(1_234_567, Currency::JPY).to_string(), "1,234,567 JPY");
    }

    #[test]
    fn zero_negative_and_absurd_amounts_are_refused() {
        assert_eq!(Money::positive(0, "DKK"), Err(InvalidMoney::NotPositive));
        assert_eq!(Money::positive(-1, "DKK"), Err(InvalidMoney::NotPositive));
        assert_eq!(Money::positive(i64::MAX, "DKK"), Err(InvalidMoney::Overflow));
        assert_eq!(Money::positive(1, "DKX"), Err(InvalidMoney::UnknownCurrency("DKX".into())));
    }

    #[test]
    fn sums_stay_within_one_currency() {
        let krone = Money::new(1, Currency::DKK);
        assert!(krone.checked_add(Money::new(1, Currency::EUR)).is_err());
        assert_eq!(krone.checked_add(krone), Ok(Money::new(2, Currency::DKK)));
        assert_eq!(Money::new(i64::MAX, Currency::DKK).checked_add(krone), Err(InvalidMoney::Overflow));
    }
}
