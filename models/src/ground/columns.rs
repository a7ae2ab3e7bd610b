//! Facts as named columns: their form in a model directory.
//!
//! A projection writes and reads its columns by name. A missing column reads as empty. So a model
//! from before a fact existed opens without it.

use arrow_buffer::ArrowNativeType;

use crate::column::{Column, StartsError};

/// A table of a model directory: one row for each id of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// A row for each user.
    Users,
    /// A row for each item.
    Items,
    /// A row for each circle.
    Circles,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 3] = [Self::Users, Self::Items, Self::Circles];

    /// The name of the table's file, without its ending.
    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Items => "items",
            Self::Circles => "circles",
        }
    }
}

/// The reason why columns can't be read as facts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    /// The column has the wrong type.
    #[error("has another type of column `{column}`")]
    Type {
        /// The table.
        table: Table,
        /// The column.
        column: String,
    },
    /// The lists of a column do not fit their values.
    #[error("has broken lists in column `{column}`: {error}")]
    Lists {
        /// The table.
        table: Table,
        /// The column.
        column: String,
        /// The reason.
        error: StartsError,
    },
    /// A column names a row that the other table does not have.
    #[error("names row {row} of the {} in column `{column}`, but they have only {rows}", .of.name())]
    Beyond {
        /// The table.
        table: Table,
        /// The column.
        column: String,
        /// The table whose row is named.
        of: Table,
        /// The row.
        row: u32,
        /// The number of rows of that table.
        rows: usize,
    },
}

impl ColumnError {
    /// The table that can't be read.
    pub fn table(&self) -> Table {
        match self {
            Self::Type { table, .. } | Self::Lists { table, .. } | Self::Beyond { table, .. } => {
                *table
            }
        }
    }
}

/// A number type of columns.
pub trait Number: ArrowNativeType {
    /// Wraps a column.
    fn numbers(column: Column<Self>) -> Numbers;
    /// The column, if the numbers are of this type.
    fn column(numbers: &Numbers) -> Option<&Column<Self>>;
}

macro_rules! numbers {
    ($($variant:ident: $number:ty, $doc:literal;)*) => {
        /// Numbers of one type.
        #[derive(Clone, Debug)]
        pub enum Numbers {
            $(#[doc = $doc] $variant(Column<$number>),)*
        }

        $(impl Number for $number {
            fn numbers(column: Column<Self>) -> Numbers {
                Numbers::$variant(column)
            }

            fn column(numbers: &Numbers) -> Option<&Column<Self>> {
                match numbers {
                    Numbers::$variant(column) => Some(column),
                    _ => None,
                }
            }
        })*
    };
}

numbers! {
    U8: u8, "Whole numbers of 8 bits.";
    U32: u32, "Whole numbers of 32 bits.";
    U64: u64, "Whole numbers of 64 bits.";
    I64: i64, "Signed whole numbers of 64 bits.";
    F32: f32, "Floating-point numbers of 32 bits.";
    F64: f64, "Floating-point numbers of 64 bits.";
}

/// The content of a column.
#[derive(Clone, Debug)]
pub enum Content {
    /// A number for each row; missing rows have 0.
    Numbers(Numbers),
    /// The rows with a set flag, ascending.
    Flags(Column<u32>),
    /// A list for each row; missing rows have an empty list.
    Lists(Lists),
}

/// Lists whose entries have several named numbers.
#[derive(Clone, Debug)]
pub struct Lists {
    /// The start of each row's list, and the end of the last.
    pub starts: Column<u64>,
    /// The concatenated entries of all lists, by name.
    pub values: Vec<(String, Numbers)>,
}

impl Lists {
    /// Lists without values yet.
    pub fn new(starts: &Column<u64>) -> Self {
        Self { starts: starts.clone(), values: Vec::new() }
    }

    /// Adds the values of a name. An empty column is left out if there are entries.
    #[must_use]
    pub fn with<T: Number>(mut self, name: &str, values: &Column<T>) -> Self {
        let entries = self.starts.last().copied().unwrap_or(0) as usize;
        if values.len() == entries {
            self.values.push((name.to_owned(), T::numbers(values.clone())));
        }
        self
    }
}

/// The columns of all tables.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    rows: [usize; Table::ALL.len()],
    columns: Vec<(Table, String, Content)>,
}

impl Columns {
    /// No columns, for tables with these rows.
    pub fn new(rows: [usize; Table::ALL.len()]) -> Self {
        Self { rows, columns: Vec::new() }
    }

    /// The number of rows of a table.
    pub fn rows(&self, table: Table) -> usize {
        self.rows[table as usize]
    }

    /// Adds a column.
    pub fn put(&mut self, table: Table, name: &str, content: Content) {
        self.columns.push((table, name.to_owned(), content));
    }

    /// The columns of a table with their names, in the order of adding.
    pub fn of(&self, table: Table) -> impl Iterator<Item = (&str, &Content)> {
        let own = self.columns.iter().filter(move |(of, ..)| *of == table);
        own.map(|(_, name, content)| (name.as_str(), content))
    }

    /// A number for each row; empty without the column.
    pub fn numbers<T: Number>(&self, table: Table, name: &str) -> Result<Column<T>, ColumnError> {
        match self.find(table, name) {
            None => Ok(Vec::new().into()),
            Some(Content::Numbers(numbers)) => {
                T::column(numbers).cloned().ok_or_else(|| wrong_type(table, name))
            }
            Some(_) => Err(wrong_type(table, name)),
        }
    }

    /// The rows with a set flag, ascending; empty without the column.
    pub fn flags(&self, table: Table, name: &str) -> Result<Column<u32>, ColumnError> {
        match self.find(table, name) {
            None => Ok(Vec::new().into()),
            Some(Content::Flags(set)) => Ok(set.clone()),
            Some(_) => Err(wrong_type(table, name)),
        }
    }

    /// The lists of a column; none without the column.
    pub fn lists<'a>(
        &'a self,
        table: Table,
        name: &'a str,
    ) -> Result<Option<ListReader<'a>>, ColumnError> {
        match self.find(table, name) {
            None => Ok(None),
            Some(Content::Lists(lists)) => {
                Ok(Some(ListReader { columns: self, table, name, lists }))
            }
            Some(_) => Err(wrong_type(table, name)),
        }
    }

    fn find(&self, table: Table, name: &str) -> Option<&Content> {
        self.of(table).find_map(|(of, content)| (of == name).then_some(content))
    }
}

/// A column of lists, to read.
#[derive(Clone, Copy, Debug)]
pub struct ListReader<'a> {
    columns: &'a Columns,
    table: Table,
    name: &'a str,
    lists: &'a Lists,
}

impl ListReader<'_> {
    /// The start of each row's list, and the end of the last.
    pub fn starts(&self) -> Column<u64> {
        self.lists.starts.clone()
    }

    /// The values of a name; empty without them.
    pub fn numbers<T: Number>(&self, value: &str) -> Result<Column<T>, ColumnError> {
        let found = self.lists.values.iter().find(|(name, _)| name == value);
        let Some((_, numbers)) = found else { return Ok(Vec::new().into()) };
        T::column(numbers).cloned().ok_or_else(|| wrong_type(self.table, self.name))
    }

    /// Like [`numbers`](Self::numbers), and checks that each is a row of a table.
    pub fn links(&self, value: &str, of: Table) -> Result<Column<u32>, ColumnError> {
        self.checked(value, of, |_| false)
    }

    /// Like [`links`](Self::links), with one number that means none.
    pub fn links_or(&self, value: &str, of: Table, none: u32) -> Result<Column<u32>, ColumnError> {
        self.checked(value, of, |row| row == none)
    }

    fn checked(
        &self,
        value: &str,
        of: Table,
        is_none: impl Fn(u32) -> bool,
    ) -> Result<Column<u32>, ColumnError> {
        let links = self.numbers::<u32>(value)?;
        let rows = self.columns.rows(of);
        match links.iter().find(|&&row| row as usize >= rows && !is_none(row)) {
            None => Ok(links),
            Some(&row) => {
                let (table, column) = (self.table, self.name.to_owned());
                Err(ColumnError::Beyond { table, column, of, row, rows })
            }
        }
    }

    /// Adds the column to an error of its lists.
    pub fn fitting<T>(&self, read: Result<T, StartsError>) -> Result<T, ColumnError> {
        let (table, column) = (self.table, self.name.to_owned());
        read.map_err(|error| ColumnError::Lists { table, column, error })
    }
}

fn wrong_type(table: Table, column: &str) -> ColumnError {
    ColumnError::Type { table, column: column.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Columns {
        let mut columns = Columns::new([2, 3, 0]);
        let lists = Lists::new(&vec![0, 1, 2].into())
            .with::<u32>("item", &vec![0, 2].into())
            .with::<u8>("flags", &Vec::new().into());
        columns.put(Table::Users, "history", Content::Lists(lists));
        columns.put(Table::Items, "popularity", Content::Numbers(f32::numbers(vec![1.0].into())));
        columns
    }

    #[test]
    fn an_absent_column_reads_as_nothing_and_another_type_is_refused() {
        let columns = columns();
        assert!(columns.numbers::<u8>(Table::Users, "popularity").unwrap().is_empty());
        assert!(columns.lists(Table::Items, "history").unwrap().is_none());
        let error = columns.numbers::<i64>(Table::Items, "popularity").unwrap_err();
        assert_eq!(error.to_string(), "has another type of column `popularity`");
        assert!(columns.flags(Table::Users, "history").is_err());
    }

    #[test]
    fn a_link_to_a_row_that_is_not_there_is_refused() {
        let columns = columns();
        let history = columns.lists(Table::Users, "history").unwrap().unwrap();
        assert_eq!(history.links("item", Table::Items).unwrap()[..], [0, 2]);
        assert!(history.numbers::<u8>("flags").unwrap().is_empty());
        let error = history.links("item", Table::Users).unwrap_err();
        assert_eq!(
            error.to_string(),
            "names row 2 of the users in column `history`, but they have only 2"
        );
    }
}
