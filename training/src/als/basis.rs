//! The eigenbasis of a weighted Gram matrix. It is computed once per half-sweep and makes the
//! linear system of every row nearly diagonal.

use guanxi_models::Factors;
use guanxi_models::factors::FactorsError;
use guanxi_models::kernel;
use nalgebra::{DMatrix, Dyn, SymmetricEigen};
use rayon::prelude::*;

use super::error::AlsError;

/// The number of rows per task. Sums are computed per task and then added in task order, so the
/// result doesn't depend on the number of threads.
const CHUNK: usize = 1024;

/// The number of rows that are rotated at once. It is also the number whose Gram matrix is summed
/// in single precision before it joins the total.
const BLOCK: usize = 128;

/// The most steps of the QR algorithm for each eigenvalue, so that it ends. It needs two or three.
const ITERATIONS: usize = 100;

/// Rows expressed in the eigenbasis of their Gram matrix.
pub(super) struct Rotated {
    pub(super) rows: Factors,
    /// The eigenvalues, none negative.
    pub(super) spectrum: Vec<f32>,
    /// The eigenvectors as columns, row-major.
    basis: Vec<f32>,
}

impl Rotated {
    /// Rotates other rows into the same basis.
    pub(super) fn turn(&self, others: Factors) -> Vec<f32> {
        let mut rows = others.into_values();
        turn(&mut rows, &self.basis, self.rows.dim());
        rows
    }
}

/// Rotates the rows into the eigenbasis of `scale sum_r weight_r v_r v_r'`.
pub(super) fn rotate(
    factors: Factors,
    weight: impl Fn(usize) -> f32 + Sync,
    scale: f32,
) -> Result<Rotated, AlsError> {
    let dim = factors.dim();
    let SymmetricEigen { eigenvalues, eigenvectors } =
        eigen(gram(&factors, weight)).ok_or(AlsError::Diverged)?;
    let mut order: Vec<usize> = (0..dim).collect();
    order.sort_by(|&a, &b| eigenvalues[a].total_cmp(&eigenvalues[b]));
    let value = |&at: &usize| scale * eigenvalues[at].max(0.0) as f32;
    let spectrum: Vec<f32> = order.iter().map(value).collect();
    let row = |row| order.iter().map(move |&at| (row, at));
    let basis: Vec<f32> = (0..dim).flat_map(row).map(|at| eigenvectors[at] as f32).collect();
    let mut rows = factors.into_values();
    let are_finite = turn(&mut rows, &basis, dim);
    Ok(Rotated { rows: table(dim, rows, are_finite)?, spectrum, basis })
}

/// Builds factors from rows. `are_finite` is true if the producer found all values finite, while
/// they were in the cache.
pub(super) fn table(dim: usize, rows: Vec<f32>, are_finite: bool) -> Result<Factors, FactorsError> {
    if are_finite { Factors::of_finite(dim, rows) } else { Factors::new(dim, rows) }
}

/// The eigenvalues and eigenvectors of a symmetric matrix, of which the lower triangle is read.
/// `None` where a number in it is not finite.
fn eigen(gram: DMatrix<f64>) -> Option<SymmetricEigen<f64, Dyn>> {
    if !gram.iter().all(|value| value.is_finite()) {
        return None;
    }
    let iterations = ITERATIONS * gram.nrows();
    SymmetricEigen::try_new(gram, f64::EPSILON, iterations)
}

/// `sum_r weight_r v_r v_r'`, lower triangle.
fn gram(factors: &Factors, weight: impl Fn(usize) -> f32 + Sync) -> DMatrix<f64> {
    let dim = factors.dim();
    let chunks: Vec<Vec<f64>> = factors
        .values()
        .par_chunks(CHUNK * dim)
        .enumerate()
        .map(|(chunk, rows)| gram_of_chunk(rows, dim, |row| weight(chunk * CHUNK + row)))
        .collect();
    let mut gram = DMatrix::zeros(dim, dim);
    for chunk in chunks {
        for i in 0..dim {
            for j in i..dim {
                gram[(j, i)] += chunk[i * dim + j];
            }
        }
    }
    gram
}

/// The upper triangle of the Gram matrix of some rows.
fn gram_of_chunk(rows: &[f32], dim: usize, weight: impl Fn(usize) -> f32) -> Vec<f64> {
    let ones = vec![1.0; dim];
    let mut scaled = Vec::new();
    let mut total = vec![0.0; dim * dim];
    for (block, rows) in rows.chunks(BLOCK * dim).enumerate() {
        scaled.resize(rows.len(), 0.0);
        for (row, (values, out)) in rows.chunks(dim).zip(scaled.chunks_mut(dim)).enumerate() {
            kernel::scale_by(weight(block * BLOCK + row).sqrt(), values, &ones, out);
        }
        let mut gram = vec![0.0; dim * dim];
        kernel::add_gram(&scaled, dim, &mut gram, dim);
        for (total, value) in total.iter_mut().zip(&gram) {
            *total += f64::from(*value);
        }
    }
    total
}

/// Multiplies rows with the basis in place; a second table would cost memory and the time to clear
/// it. Returns true if all rows are finite, which is checked while they are in the cache.
fn turn(rows: &mut [f32], basis: &[f32], dim: usize) -> bool {
    let turn_block = |before: &mut Vec<f32>, rows: &mut [f32]| {
        before.clear();
        before.extend_from_slice(rows);
        kernel::product(before, basis, dim, rows);
        kernel::are_finite(rows)
    };
    let turn_chunk = |before: &mut Vec<f32>, rows: &mut [f32]| {
        rows.chunks_mut(BLOCK * dim).fold(true, |all, rows| turn_block(before, rows) & all)
    };
    let chunks = rows.par_chunks_mut(CHUNK * dim);
    chunks.map_init(Vec::new, turn_chunk).reduce(|| true, |one, other| one & other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(rows: usize) -> Factors {
        let values = (0..rows * 16).map(|at| ((at * 37 + at / 16) % 101) as f32 / 100.0 - 0.5);
        Factors::new(16, values.collect::<Vec<_>>()).unwrap()
    }

    /// The Gram matrix in the new basis is diagonal and holds the spectrum. Row lengths are
    /// unchanged.
    #[test]
    fn the_gram_matrix_becomes_the_spectrum() {
        let before = factors(3000);
        let weight = |row: usize| 1.0 + (row % 3) as f32;
        let Rotated { rows: after, spectrum, .. } = rotate(before.clone(), weight, 0.5).unwrap();
        let gram = gram(&after, weight);
        let largest = spectrum.iter().copied().fold(0.0, f32::max);
        for i in 0..16 {
            for j in 0..=i {
                let expected = if i == j { spectrum[i] } else { 0.0 };
                assert!((gram[(i, j)] as f32 * 0.5 - expected).abs() < 1e-4 * largest);
            }
        }
        let length = |f: &Factors, row| kernel::dot(f.row(row).unwrap(), f.row(row).unwrap());
        assert!((length(&before, 2999) - length(&after, 2999)).abs() < 1e-4);
    }

    /// A row with weight 0 in the Gram matrix can overflow single precision when it is rotated.
    #[test]
    fn rows_that_are_not_finite_once_turned_are_refused() {
        let mut values = factors(3000).values().to_vec();
        values[2999 * 16..].fill(f32::MAX);
        let before = Factors::new(16, values).unwrap();
        let refused = rotate(before, |row| if row < 2999 { 1.0 } else { 0.0 }, 0.5).err();
        assert_eq!(refused, Some(FactorsError::NotFinite { row: 2999 }.into()));
    }

    #[test]
    fn no_rows_and_zeros_have_no_spectrum() {
        for rows in [0, 5] {
            let zeros = Factors::new(16, vec![0.0; 16 * rows]).unwrap();
            assert_eq!(rotate(zeros, |_| 1.0, 1.0).unwrap().spectrum, [0.0; 16]);
        }
    }
}
