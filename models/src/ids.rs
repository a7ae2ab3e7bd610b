//! The public ids of a model's rows.

use crate::column::{Column, Starts, StartsError};

/// The public ids of users or items, in the order of their dense indices.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    starts: Starts,
    bytes: Column<u8>,
}

/// The reason why columns are not valid ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdsError {
    /// The starts and the bytes don't match.
    #[error(transparent)]
    Starts(#[from] StartsError),
    /// An id is not UTF-8.
    #[error("the id of row {row} is not UTF-8")]
    NotUtf8 {
        /// The first such row.
        row: usize,
    },
}

impl Ids {
    /// Combines the columns after checking that each id is UTF-8.
    pub fn new(starts: Column<u64>, bytes: Column<u8>) -> Result<Self, IdsError> {
        let starts = Starts::new(starts, bytes.len())?;
        let ids = Self { starts, bytes };
        match (0..ids.len()).find(|&row| ids.text(row).is_none()) {
            Some(row) => Err(IdsError::NotUtf8 { row }),
            None => Ok(ids),
        }
    }

    /// The number of ids.
    pub fn len(&self) -> usize {
        self.starts.rows()
    }

    /// True if there are no ids.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of a row; `None` beyond the last.
    pub fn get(&self, row: usize) -> Option<&str> {
        if row < self.len() { self.text(row) } else { None }
    }

    /// The ids in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|row| self.get(row).expect("every id was checked to be UTF-8"))
    }

    /// The columns: starts, bytes.
    pub fn columns(&self) -> (&Column<u64>, &Column<u8>) {
        (self.starts.column(), &self.bytes)
    }

    fn text(&self, row: usize) -> Option<&str> {
        std::str::from_utf8(&self.bytes[self.starts.range(row)]).ok()
    }
}

impl<S: AsRef<str>> FromIterator<S> for Ids {
    fn from_iter<I: IntoIterator<Item = S>>(ids: I) -> Self {
        let (mut lengths, mut bytes) = (Vec::new(), Vec::new());
        for id in ids {
            lengths.push(id.as_ref().len());
            bytes.extend_from_slice(id.as_ref().as_bytes());
        }
        Self { starts: Starts::from_lengths(lengths), bytes: bytes.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_in_order() {
        let ids: Ids = ["a", "用户", "c"].into_iter().collect();
        assert_eq!(ids.iter().collect::<Vec<_>>(), ["a", "用户", "c"]);
        assert_eq!((ids.get(1), ids.get(3)), (Some("用户"), None));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let error = Ids::new(vec![0, 1, 2].into(), vec![b'a', 0xff].into()).unwrap_err();
        assert_eq!(error, IdsError::NotUtf8 { row: 1 });
    }
}
