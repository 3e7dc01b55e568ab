//! Aligned columns with a faint heading; the last column takes what is left of the terminal.

use super::colour;
use super::wrap::{hanging, pad, width};

/// Space between columns.
const GAP: &str = "  ";

/// Rows under a heading.
pub(crate) struct Table {
    heading: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    pub(crate) fn new<const N: usize>(heading: [&'static str; N]) -> Self {
        Self { heading: heading.to_vec(), rows: Vec::new() }
    }

    /// Adds a row: a cell for every column.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// Whether there is nothing to show.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, without a line break at its end.
    pub(crate) fn render(&self, columns: Option<usize>) -> String {
        let last = self.heading.len().saturating_sub(1);
        let widths: Vec<usize> = self
            .heading
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let cells = self.rows.iter().filter_map(|row| row.get(index)).map(|cell| width(cell));
                cells.max().unwrap_or(0).max(width(name))
            })
            .collect();
        let line = |cells: Vec<&str>| {
            let first: String =
                cells.iter().zip(&widths).take(last).map(|(cell, width)| pad(cell, *width) + GAP).collect();
            let text = hanging(&first, cells.last().unwrap_or(&""), columns);
            text.trim_end().to_owned()
        };
        let mut lines = vec![colour::faint(&line(self.heading.clone()))];
        lines.extend(self.rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    #[test]
    fn columns_are_aligned_whatever_their_colours_and_the_last_one_is_broken() {
        let mut table = Table::new(["case", "state", "why"]);
        table.row(["NB-1".to_owned(), colour::state("queued"), "withdrawal, waiting 42 minutes".to_owned()]);
        table.row(["NB-10".to_owned(), colour::state("new"), "bonus".to_owned()]);
        let text = strip_str(&table.render(Some(38))).to_string();
        assert_eq!(
            text,
            "case   state   why\n\
             NB-1   queued  withdrawal, waiting 42\n               minutes\n\
             NB-10  new     bonus"
        );
    }
}
