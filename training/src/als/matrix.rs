//! The matrix of interactions that the trainer reads, by user and by item.

use guanxi_models::column::Starts;

/// One cell of the matrix, in a user's row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// The item's index.
    pub item: u32,
    /// `c_ui`: the confidence, finite and not negative.
    pub confidence: f32,
    /// `t_ui`: the target, 1 for a positive and 0 for a negative interaction.
    pub target: f32,
}

/// The reason why cells don't form a matrix.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum MatrixError {
    /// The item's index is out of range.
    #[error("user {user} has item {item}, but there are only {n_items} items")]
    Item {
        /// The row of the cell.
        user: usize,
        /// The item's index.
        item: u32,
        /// The number of items.
        n_items: usize,
    },
    /// The confidence is negative, or the confidence or the target is not finite.
    #[error(
        "user {user} and item {item} have the confidence {confidence} and the target {target}; both must be finite, the confidence not negative"
    )]
    Value {
        /// The row of the cell.
        user: usize,
        /// The item's index.
        item: u32,
        /// The confidence given.
        confidence: f32,
        /// The target given.
        target: f32,
    },
}

/// A sparse matrix of shape (users, items) with a confidence and a target per cell, and its
/// transpose.
#[derive(Clone, Debug)]
pub struct Matrix {
    pub(super) users: Side,
    pub(super) items: Side,
}

/// The cells grouped by the rows of one side.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) starts: Starts,
    pub(super) others: Vec<u32>,
    pub(super) confidences: Vec<f32>,
    /// Empty if all targets are 1.
    pub(super) targets: Vec<f32>,
}

/// One row of a [`Side`].
#[derive(Clone, Copy, Debug)]
pub(super) struct SideRow<'a> {
    pub(super) others: &'a [u32],
    pub(super) confidences: &'a [f32],
    /// Empty if all targets of the matrix are 1.
    pub(super) targets: &'a [f32],
}

impl Matrix {
    /// Builds the matrix from one row of cells per user. O(cells) time, 16 bytes per cell, 24 if
    /// any target is not 1.
    pub fn from_rows<R>(n_items: usize, rows: R) -> Result<Self, MatrixError>
    where
        R: IntoIterator,
        R::Item: IntoIterator<Item = Cell>,
    {
        let mut users = Side::with_capacity(0);
        let mut lengths = Vec::new();
        for (user, row) in rows.into_iter().enumerate() {
            let before = users.others.len();
            for cell in row {
                check(user, cell, n_items)?;
                users.push(cell);
            }
            lengths.push(users.others.len() - before);
        }
        users.starts = Starts::from_lengths(lengths);
        let items = users.transpose(n_items);
        Ok(Self { users, items })
    }

    /// The number of users.
    pub fn n_users(&self) -> usize {
        self.users.rows()
    }

    /// The number of items.
    pub fn n_items(&self) -> usize {
        self.items.rows()
    }

    /// The number of cells.
    pub fn n_cells(&self) -> usize {
        self.users.others.len()
    }
}

fn check(user: usize, cell: Cell, n_items: usize) -> Result<(), MatrixError> {
    let Cell { item, confidence, target } = cell;
    if item as usize >= n_items {
        return Err(MatrixError::Item { user, item, n_items });
    }
    if confidence >= 0.0 && confidence.is_finite() && target.is_finite() {
        return Ok(());
    }
    Err(MatrixError::Value { user, item, confidence, target })
}

impl Side {
    fn with_capacity(cells: usize) -> Self {
        Self {
            starts: Starts::default(),
            others: Vec::with_capacity(cells),
            confidences: Vec::with_capacity(cells),
            targets: Vec::with_capacity(cells),
        }
    }

    fn push(&mut self, cell: Cell) {
        if cell.target.to_bits() != 1.0_f32.to_bits() || !self.targets.is_empty() {
            self.targets.resize(self.others.len(), 1.0);
            self.targets.push(cell.target);
        }
        self.others.push(cell.item);
        self.confidences.push(cell.confidence);
    }

    pub(super) fn rows(&self) -> usize {
        self.starts.rows()
    }

    pub(super) fn row(&self, row: usize) -> SideRow<'_> {
        let range = self.starts.range(row);
        SideRow {
            others: &self.others[range.clone()],
            confidences: &self.confidences[range.clone()],
            targets: self.targets.get(range).unwrap_or(&[]),
        }
    }

    /// The same cells grouped by the other side, each row in ascending order.
    fn transpose(&self, n_others: usize) -> Self {
        let mut lengths = vec![0; n_others];
        for &other in &self.others {
            lengths[other as usize] += 1;
        }
        let starts = Starts::from_lengths(lengths);
        let mut next: Vec<usize> = (0..n_others).map(|row| starts.range(row).start).collect();
        let cells = self.others.len();
        let (mut others, mut confidences, mut targets) =
            (vec![0; cells], vec![0.0; cells], vec![0.0; self.targets.len()]);
        for row in 0..self.rows() {
            for at in self.starts.range(row) {
                let to = &mut next[self.others[at] as usize];
                others[*to] = row as u32;
                confidences[*to] = self.confidences[at];
                if let Some(target) = self.targets.get(at) {
                    targets[*to] = *target;
                }
                *to += 1;
            }
        }
        Self { starts, others, confidences, targets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(item: u32, confidence: f32) -> Cell {
        Cell { item, confidence, target: 1.0 }
    }

    #[test]
    fn the_transpose_holds_the_same_cells() {
        let rows = [vec![cell(2, 0.5), cell(0, 1.0)], vec![], vec![cell(2, 2.0)]];
        let matrix = Matrix::from_rows(4, rows).unwrap();
        assert_eq!((matrix.n_users(), matrix.n_items(), matrix.n_cells()), (3, 4, 3));
        let item = matrix.items.row(2);
        assert_eq!((item.others, item.confidences), (&[0, 2][..], &[0.5, 2.0][..]));
        assert!(matrix.items.row(1).others.is_empty());
    }

    #[test]
    fn targets_are_kept_from_the_first_that_is_not_1() {
        let against = Cell { target: 0.0, ..cell(1, 1.0) };
        let all_for = Matrix::from_rows(2, [vec![cell(0, 1.0)], vec![cell(1, 1.0)]]).unwrap();
        assert!(all_for.users.row(1).targets.is_empty() && all_for.items.row(1).targets.is_empty());
        let rows = [vec![cell(0, 1.0)], vec![against, cell(0, 1.0)]];
        let mixed = Matrix::from_rows(2, rows).unwrap();
        assert_eq!(
            (mixed.users.row(0).targets, mixed.users.row(1).targets),
            (&[1.0][..], &[0.0, 1.0][..])
        );
        assert_eq!(
            (mixed.items.row(0).targets, mixed.items.row(1).targets),
            (&[1.0, 1.0][..], &[0.0][..])
        );
    }

    #[test]
    fn cells_outside_the_matrix_and_values_that_are_none_are_refused() {
        let of = |cell: Cell| Matrix::from_rows(4, [vec![cell]]).err();
        assert_eq!(of(cell(4, 1.0)), Some(MatrixError::Item { user: 0, item: 4, n_items: 4 }));
        for confidence in [-1.0, f32::NAN, f32::INFINITY] {
            assert!(matches!(of(cell(1, confidence)), Some(MatrixError::Value { item: 1, .. })));
        }
        let target = f32::NAN;
        assert!(of(Cell { target, ..cell(1, 1.0) }).is_some());
        assert_eq!(of(cell(3, 0.0)), None);
    }
}
