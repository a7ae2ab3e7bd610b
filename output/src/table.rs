//! Plain tables: columns that line up, no frames.

use std::fmt;

/// A table with a head. Numbers stand to the right.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this head and no rows.
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        Self { rows: vec![head.into_iter().map(Into::into).collect()] }
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    fn column(&self, column: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(move |row| row.get(column)).map(String::as_str)
    }

    /// The width of a column, and true if its cells are numbers.
    fn shape(&self, column: usize) -> (usize, bool) {
        let width = self.column(column).map(|cell| cell.chars().count()).max().unwrap_or(0);
        let mut cells = self.column(column).skip(1);
        (width, cells.all(|cell| cell == NOTHING || cell.parse::<f64>().is_ok()))
    }
}

/// The text of an empty cell.
pub const NOTHING: &str = "-";

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().enumerate().map(|(column, cell)| {
                let (width, is_number) = self.shape(column);
                if is_number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            let end = if number + 1 == self.rows.len() { "" } else { "\n" };
            write!(f, "{}{end}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_left_and_numbers_right() {
        let mut table = Table::new(["name", "n"]);
        table.row(["a", "5"]);
        table.row(["longer", NOTHING]);
        table.row(["", "123"]);
        assert_eq!(table.to_string(), "name      n\na         5\nlonger    -\n        123");
    }
}
