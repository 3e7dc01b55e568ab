//! Reads the wanted behaviour out of a transaction id.

/// What the markers between the hyphens of a transaction id ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "markers are independent of each other and combine")]
pub(crate) struct Markers {
    pub(crate) late: bool,
    pub(crate) twice: bool,
    pub(crate) out_of_order: bool,
    pub(crate) never: bool,
    pub(crate) unknown: bool,
    pub(crate) refused: bool,
    pub(crate) pending: bool,
    pub(crate) failed: bool,
    pub(crate) disputed: bool,
}

impl Markers {
    pub(crate) fn of(transaction_id: &str) -> Self {
        let mut markers = Self::default();
        for part in transaction_id.split('-') {
            match part.to_ascii_uppercase().as_str() {
                "LATE" => markers.late = true,
                "TWICE" => markers.twice = true,
                "OOO" => markers.out_of_order = true,
                "NEVER" => markers.never = true,
                "UNKNOWN" => markers.unknown = true,
                "REFUSED" => markers.refused = true,
                "PENDING" => markers.pending = true,
                "FAILED" => markers.failed = true,
                "DISPUTED" => markers.disputed = true,
                _ => {}
            }
        }
        markers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_stand_between_hyphens_in_any_case_and_combine() {
        assert_eq!(Markers::of("TX-88231"), Markers::default());
        assert_eq!(Markers::of("TX-88231-NOW"), Markers::default());
        assert_eq!(Markers::of("TX-LATER-88231"), Markers::default());
        let both = Markers { late: true, twice: true, ..Markers::default() };
        assert_eq!(Markers::of("TX-88231-LATE-TWICE"), both);
        assert_eq!(Markers::of("tx-twice-88231-late"), both);
    }
}
