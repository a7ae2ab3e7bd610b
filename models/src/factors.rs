//! Embeddings: one row of `dim` numbers per user or item.

use crate::column::Column;
use crate::kernel;

/// A dense row-major matrix of embeddings, of shape (rows, dim), in single precision.
#[derive(Clone, Debug)]
pub struct Factors {
    dim: usize,
    values: Column<f32>,
}

/// The reason why values can't be embeddings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactorsError {
    /// The width is 0 or not a multiple of [`Factors::LANES`].
    #[error("the width {dim} of an embedding must be a positive multiple of {}", Factors::LANES)]
    Width {
        /// The given width.
        dim: usize,
    },
    /// The number of values is not a multiple of the width.
    #[error("{values} values do not make whole rows of {dim}")]
    Ragged {
        /// The number of values.
        values: usize,
        /// The width.
        dim: usize,
    },
    /// A value is infinite or NaN.
    #[error("row {row} holds a value that is not finite")]
    NotFinite {
        /// The first such row.
        row: usize,
    },
}

impl Factors {
    /// Widths are multiples of this, so that the kernels have no remainder to handle.
    pub const LANES: usize = 16;

    /// Wraps `values` as rows of `dim` finite numbers.
    pub fn new(dim: usize, values: impl Into<Column<f32>>) -> Result<Self, FactorsError> {
        let rows = Self::of_rows(dim, values.into())?;
        if kernel::are_finite(&rows.values) {
            return Ok(rows);
        }
        let is_finite = |row: &[f32]| row.iter().all(|value| value.is_finite());
        let row = rows.values.chunks_exact(dim).position(|row| !is_finite(row)).unwrap_or(0);
        Err(FactorsError::NotFinite { row })
    }

    /// Like [`Self::new`], for values that the caller has already checked to be finite; only debug
    /// builds assert it. Still refuses a width that is not a multiple of [`Self::LANES`], and an
    /// incomplete last row.
    pub fn of_finite(dim: usize, values: impl Into<Column<f32>>) -> Result<Self, FactorsError> {
        let rows = Self::of_rows(dim, values.into())?;
        debug_assert!(kernel::are_finite(&rows.values), "the caller checked that all are finite");
        Ok(rows)
    }

    fn of_rows(dim: usize, values: Column<f32>) -> Result<Self, FactorsError> {
        if dim == 0 || !dim.is_multiple_of(Self::LANES) {
            return Err(FactorsError::Width { dim });
        }
        if !values.len().is_multiple_of(dim) {
            return Err(FactorsError::Ragged { values: values.len(), dim });
        }
        Ok(Self { dim, values })
    }

    /// A matrix without rows, of the smallest width.
    pub fn empty() -> Self {
        Self { dim: Self::LANES, values: Column::from(Vec::new()) }
    }

    /// The width of a row.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.dim
    }

    /// One row; `None` beyond the last.
    pub fn row(&self, row: usize) -> Option<&[f32]> {
        self.values.get(row * self.dim..(row + 1) * self.dim)
    }

    /// All values, row after row.
    pub fn values(&self) -> &Column<f32> {
        &self.values
    }

    /// The values as a mutable vector. Copies them only if they are shared.
    pub fn into_values(self) -> Vec<f32> {
        self.values.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_width_and_end_where_the_values_end() {
        let factors = Factors::new(16, (0..32_u8).map(f32::from).collect::<Vec<_>>()).unwrap();
        assert_eq!((factors.rows(), factors.row(1).unwrap()[0], factors.row(2)), (2, 16.0, None));
    }

    #[test]
    fn odd_widths_ragged_rows_and_nan_are_refused() {
        let new = |dim, values: Vec<f32>| Factors::new(dim, values).err();
        assert_eq!(new(10, vec![]), Some(FactorsError::Width { dim: 10 }));
        assert_eq!(new(16, vec![0.0; 17]), Some(FactorsError::Ragged { values: 17, dim: 16 }));
        let mut values = vec![0.0; 32];
        values[20] = f32::NAN;
        assert_eq!(new(16, values), Some(FactorsError::NotFinite { row: 1 }));
    }
}
