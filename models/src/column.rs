//! Flat arrays: the form of a model's tables both in memory and in files.

use arrow_buffer::ScalarBuffer;

/// An immutable array that is cheap to clone and may live in a memory-mapped file.
pub type Column<T> = ScalarBuffer<T>;

/// The offsets of rows of different lengths in one flat array (compressed sparse row, CSR): row `r`
/// is `values[starts[r]..starts[r + 1]]`.
///
/// Several parallel value columns may share these offsets.
#[derive(Clone, Debug)]
pub struct Starts(Column<u64>);

/// The reason why an array of row starts is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartsError {
    /// The array is empty, or its first start is not 0.
    #[error("row starts must begin with 0")]
    NoZero,
    /// A row would end before it starts.
    #[error("row {row} ends before it starts")]
    Descending {
        /// The first such row.
        row: usize,
    },
    /// The end of the last row differs from the number of values.
    #[error("the rows end at {end}, but there are {values} values")]
    WrongEnd {
        /// The end of the last row.
        end: u64,
        /// The number of values.
        values: usize,
    },
}

impl Starts {
    /// Checks `starts` against the number of values that the rows share.
    pub fn new(starts: Column<u64>, values: usize) -> Result<Self, StartsError> {
        if starts.first() != Some(&0) {
            return Err(StartsError::NoZero);
        }
        if let Some(row) = starts.windows(2).position(|pair| pair[0] > pair[1]) {
            return Err(StartsError::Descending { row });
        }
        match starts.last() {
            Some(&end) if end == values as u64 => Ok(Self(starts)),
            end => Err(StartsError::WrongEnd { end: end.copied().unwrap_or(0), values }),
        }
    }

    /// The starts of rows with these lengths.
    pub fn from_lengths(lengths: impl IntoIterator<Item = usize>) -> Self {
        let mut starts = vec![0_u64];
        let mut end = 0_u64;
        for length in lengths {
            end += length as u64;
            starts.push(end);
        }
        Self(starts.into())
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.0.len() - 1
    }

    /// The range of row `row` in the value columns; empty for a row beyond the last.
    pub fn range(&self, row: usize) -> std::ops::Range<usize> {
        if row >= self.rows() {
            return 0..0;
        }
        self.0[row] as usize..self.0[row + 1] as usize
    }

    /// The raw starts, one more than the number of rows.
    pub fn column(&self) -> &Column<u64> {
        &self.0
    }
}

impl Default for Starts {
    fn default() -> Self {
        Self(vec![0].into())
    }
}

/// Sparse rows of weighted links: row `r` lists pairs of a dense index and a weight.
#[derive(Clone, Debug, Default)]
pub struct WeightedRows {
    starts: Starts,
    targets: Column<u32>,
    weights: Column<f32>,
}

impl WeightedRows {
    /// Combines the three columns after checking that they fit.
    pub fn new(
        starts: Column<u64>,
        targets: Column<u32>,
        weights: Column<f32>,
    ) -> Result<Self, StartsError> {
        let starts = Starts::new(starts, targets.len())?;
        if weights.len() == targets.len() {
            return Ok(Self { starts, targets, weights });
        }
        Err(StartsError::WrongEnd { end: targets.len() as u64, values: weights.len() })
    }

    /// Copies rows of pairs.
    pub fn from_rows(rows: &[Vec<(u32, f32)>]) -> Self {
        let flat = || rows.iter().flatten();
        Self {
            starts: Starts::from_lengths(rows.iter().map(Vec::len)),
            targets: flat().map(|&(target, _)| target).collect(),
            weights: flat().map(|&(_, weight)| weight).collect(),
        }
    }

    /// Copies rows of targets with their weights.
    pub fn from_views<'a>(rows: impl Iterator<Item = (&'a [u32], &'a [f32])> + Clone) -> Self {
        Self {
            starts: Starts::from_lengths(rows.clone().map(|(targets, _)| targets.len())),
            targets: rows.clone().flat_map(|(targets, _)| targets).copied().collect(),
            weights: rows.flat_map(|(_, weights)| weights).copied().collect(),
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.starts.rows()
    }

    /// The targets and weights of one row; empty beyond the last row.
    pub fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let range = self.starts.range(row);
        (&self.targets[range.clone()], &self.weights[range])
    }

    /// The same without weights. O(1).
    pub fn links(&self) -> Rows {
        Rows { starts: self.starts.clone(), targets: self.targets.clone() }
    }

    /// The columns: starts, targets, weights.
    pub fn columns(&self) -> (&Column<u64>, &Column<u32>, &Column<f32>) {
        (self.starts.column(), &self.targets, &self.weights)
    }
}

impl From<Rows> for WeightedRows {
    /// Links that weigh nothing.
    fn from(rows: Rows) -> Self {
        let weights = vec![0.0; rows.targets.len()].into();
        Self { starts: rows.starts, targets: rows.targets, weights }
    }
}

/// Sparse rows of links without weights.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    starts: Starts,
    targets: Column<u32>,
}

impl Rows {
    /// Puts the columns together after checking that they fit.
    pub fn new(starts: Column<u64>, targets: Column<u32>) -> Result<Self, StartsError> {
        Ok(Self { starts: Starts::new(starts, targets.len())?, targets })
    }

    /// Copies rows.
    pub fn from_rows<R: AsRef<[u32]>>(rows: &[R]) -> Self {
        Self {
            starts: Starts::from_lengths(rows.iter().map(|row| row.as_ref().len())),
            targets: rows.iter().flat_map(AsRef::as_ref).copied().collect(),
        }
    }

    /// One row; empty beyond the last.
    pub fn row(&self, row: usize) -> &[u32] {
        &self.targets[self.starts.range(row)]
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.starts.rows()
    }

    /// The columns: starts, targets.
    pub fn columns(&self) -> (&Column<u64>, &Column<u32>) {
        (self.starts.column(), &self.targets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_and_those_beyond_the_end_are_empty() {
        let rows = WeightedRows::from_rows(&[vec![(3, 0.5)], vec![], vec![(1, 1.0), (2, 2.0)]]);
        assert_eq!(rows.rows(), 3);
        assert_eq!(rows.row(2), (&[1, 2][..], &[1.0, 2.0][..]));
        assert_eq!(rows.row(1), (&[][..], &[][..]));
        assert_eq!(rows.row(9), (&[][..], &[][..]));
    }

    #[test]
    fn starts_that_do_not_fit_are_refused() {
        let check = |starts: Vec<u64>, values| Starts::new(starts.into(), values).err();
        assert_eq!(check(vec![], 0), Some(StartsError::NoZero));
        assert_eq!(check(vec![0, 2, 1], 1), Some(StartsError::Descending { row: 1 }));
        assert_eq!(check(vec![0, 2], 3), Some(StartsError::WrongEnd { end: 2, values: 3 }));
        assert_eq!(check(vec![0, 3], 3), None);
    }
}
