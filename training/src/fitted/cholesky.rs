//! Solves positive definite systems by a blocked Cholesky factorization.

use nalgebra::DMatrix;

/// Columns that are factored at once: a block of 64 x 64 stays in the first cache.
const BLOCK: usize = 64;

/// `X` of `A X = B`, or `None` where `A` is not positive definite.
///
/// `A` is n x n and `B` n x m. Only the lower triangle of `A` is read. Takes n^3 / 3 + 2 n^2 m
/// multiplications, nearly all of them in products of blocks.
pub(super) fn solve(mut a: DMatrix<f64>, mut b: DMatrix<f64>) -> Option<DMatrix<f64>> {
    let blocks: Vec<(usize, usize)> =
        (0..a.nrows()).step_by(BLOCK).map(|at| (at, BLOCK.min(a.nrows() - at))).collect();
    for &(at, size) in &blocks {
        factor_columns(&mut a, at, size)?;
        forward(&a, &mut b, at, size);
    }
    for &(at, size) in blocks.iter().rev() {
        backward(&a, &mut b, at, size);
    }
    Some(b)
}

/// Writes the columns `at..at + size` of `L` over those of `A`; those before it are `L` already.
fn factor_columns(a: &mut DMatrix<f64>, at: usize, size: usize) -> Option<()> {
    let height = a.nrows() - at;
    let mut columns = a.view((at, at), (height, size)).into_owned();
    let across = a.view((at, 0), (size, at)).transpose();
    columns.gemm(-1.0, &a.view((at, 0), (height, at)), &across, 1.0);
    let diagonal = columns.rows(0, size).into_owned().cholesky()?.unpack();
    let mut below = columns.rows(size, height - size).transpose();
    diagonal.solve_lower_triangular_mut(&mut below);
    a.view_mut((at, at), (size, size)).copy_from(&diagonal);
    a.view_mut((at + size, at), (height - size, size)).tr_copy_from(&below);
    Some(())
}

/// Rows `at..at + size` of `Y` of `L Y = B`, in place.
fn forward(l: &DMatrix<f64>, b: &mut DMatrix<f64>, at: usize, size: usize) {
    let mut rows = b.rows(at, size).into_owned();
    rows.gemm(-1.0, &l.view((at, 0), (size, at)), &b.rows(0, at), 1.0);
    l.view((at, at), (size, size)).solve_lower_triangular_mut(&mut rows);
    b.rows_mut(at, size).copy_from(&rows);
}

/// Rows `at..at + size` of `X` of `L' X = Y`, in place.
fn backward(l: &DMatrix<f64>, b: &mut DMatrix<f64>, at: usize, size: usize) {
    let (end, below) = (at + size, l.nrows() - at - size);
    let mut rows = b.rows(at, size).into_owned();
    let across = l.view((end, at), (below, size)).transpose();
    rows.gemm(-1.0, &across, &b.rows(end, below), 1.0);
    l.view((at, at), (size, size)).tr_solve_lower_triangular_mut(&mut rows);
    b.rows_mut(at, size).copy_from(&rows);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Positive definite: the squares of drawn-looking numbers, and the identity.
    fn matrix(n: usize) -> DMatrix<f64> {
        let root =
            DMatrix::from_fn(n, n, |row, column| ((row * 37 + column * 101) % 97) as f64 / 97.0);
        &root * root.transpose() + DMatrix::identity(n, n)
    }

    #[test]
    fn the_solution_solves_the_system_whatever_the_size_of_the_last_block() {
        for n in [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7] {
            let a = matrix(n);
            let x =
                DMatrix::from_fn(n, 5, |row, column| (row + 3 * column) as f64 / n as f64 - 0.5);
            let found = solve(a.lower_triangle(), &a * &x).unwrap();
            assert!((found - x).amax() < 1e-9, "{n}");
        }
        assert_eq!(solve(DMatrix::zeros(0, 0), DMatrix::zeros(0, 3)), Some(DMatrix::zeros(0, 3)));
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_has_no_solution() {
        for at in [0, BLOCK + 3] {
            let mut a = matrix(2 * BLOCK);
            a[(at, at)] = -1.0;
            assert_eq!(solve(a, DMatrix::zeros(2 * BLOCK, 1)), None);
        }
    }
}
