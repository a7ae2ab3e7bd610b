//! Gathered rows of a table, and the residuals of a row problem.

use super::lanes::{Simd, scale_by};
use super::{AHEAD, Cells, prefetch};

#[inline(always)]
pub(super) fn gather<const N: usize, S: Simd<N>>(
    simd: S,
    table: &[f32],
    items: &[u32],
    weights: &[f32],
    scales: &[f32],
    out: &mut [f32],
) {
    let dim = scales.len();
    let ahead = |at: usize| {
        let start = *items.get(at + AHEAD)? as usize * dim;
        table.get(start..start + dim)
    };
    let mut rows = items.iter().zip(weights);
    for (at, out) in out.chunks_exact_mut(dim).enumerate() {
        ahead(at).into_iter().for_each(prefetch);
        let row = rows.next().and_then(|(&item, &weight)| {
            Some((table.get(item as usize * dim..)?.get(..dim)?, weight))
        });
        match row {
            Some((row, weight)) => scale_by(simd, weight, row, scales, out),
            None => out.fill(0.0),
        }
    }
}

/// The number of rows processed together. `x` and `out` are then read once for all of them, and no
/// sum waits for another.
const TOGETHER: usize = 4;

#[inline(always)]
pub(super) fn add_residuals<const N: usize, S: Simd<N>>(
    simd: S,
    cells: Cells<'_>,
    x: &[f32],
    out: &mut [f32],
) -> f32 {
    let x = x.as_chunks::<N>().0;
    let out = &mut out.as_chunks_mut::<N>().0[..x.len()];
    // If there are registers for both, the usual widths are kept in them.
    match (S::COLUMNS, x.len()) {
        (4, 4) => cells.add_held::<N, 4, S>(simd, x, out),
        (4, 8) => cells.add_held::<N, 8, S>(simd, x, out),
        _ => cells.add_all(simd, x, out),
    }
}

#[inline(always)]
pub(super) fn cells_value<const N: usize, S: Simd<N>>(simd: S, cells: Cells<'_>, x: &[f32]) -> f32 {
    let x = x.as_chunks::<N>().0;
    let whole = cells.items.len() / TOGETHER * TOGETHER;
    let mut value = 0.0;
    for at in (0..whole).step_by(TOGETHER) {
        let (rows, is_known) = cells.rows(at, x);
        value += cells.factors(simd, at, products(simd, rows, x), is_known).1;
    }
    for at in whole..cells.items.len() {
        value += cells.add_one(simd, at, x, &mut []);
    }
    value
}

/// The products of some rows with `x`, before summation.
#[inline(always)]
fn products<const N: usize, S: Simd<N>>(
    simd: S,
    rows: [&[[f32; N]]; TOGETHER],
    x: &[[f32; N]],
) -> [S::Vector; TOGETHER] {
    let mut products = [simd.splat(0.0); TOGETHER];
    for c in 0..x.len() {
        let x = simd.load(&x[c]);
        for r in 0..TOGETHER {
            products[r] = simd.mul_add(simd.load(&rows[r][c]), x, products[r]);
        }
    }
    products
}

impl Cells<'_> {
    /// Adds all cells to `out`, which has `C` vectors. Returns the sum of their values.
    #[inline(always)]
    fn add_held<const N: usize, const C: usize, S: Simd<N>>(
        self,
        simd: S,
        x: &[[f32; N]],
        out: &mut [[f32; N]],
    ) -> f32 {
        let whole = self.items.len() / TOGETHER * TOGETHER;
        let held: [S::Vector; C] = std::array::from_fn(|c| simd.load(&x[c]));
        let mut sums: [S::Vector; C] = std::array::from_fn(|c| simd.load(&out[c]));
        let mut value = 0.0;
        for at in (0..whole).step_by(TOGETHER) {
            let (rows, is_known) = self.rows(at, x);
            let rows = rows.map(|row| &row[..C]);
            let mut products = [simd.splat(0.0); TOGETHER];
            for c in 0..C {
                for r in 0..TOGETHER {
                    products[r] = simd.mul_add(simd.load(&rows[r][c]), held[c], products[r]);
                }
            }
            let (factors, of_cells) = self.factors(simd, at, products, is_known);
            value += of_cells;
            for c in 0..C {
                for r in 0..TOGETHER {
                    sums[c] = simd.mul_add(factors[r], simd.load(&rows[r][c]), sums[c]);
                }
            }
        }
        for (sum, out) in sums.into_iter().zip(&mut *out) {
            simd.store(sum, out);
        }
        for at in whole..self.items.len() {
            value += self.add_one(simd, at, x, out);
        }
        value
    }

    /// Like [`Self::add_held`], for any number of vectors.
    #[inline(always)]
    fn add_all<const N: usize, S: Simd<N>>(
        self,
        simd: S,
        x: &[[f32; N]],
        out: &mut [[f32; N]],
    ) -> f32 {
        let whole = self.items.len() / TOGETHER * TOGETHER;
        let mut value = 0.0;
        for at in (0..whole).step_by(TOGETHER) {
            let (rows, is_known) = self.rows(at, x);
            let products = products(simd, rows, x);
            let (factors, of_cells) = self.factors(simd, at, products, is_known);
            value += of_cells;
            for c in 0..x.len() {
                let mut sum = simd.load(&out[c]);
                for r in 0..TOGETHER {
                    sum = simd.mul_add(factors[r], simd.load(&rows[r][c]), sum);
                }
                simd.store(sum, &mut out[c]);
            }
        }
        for at in whole..self.items.len() {
            value += self.add_one(simd, at, x, out);
        }
        value
    }

    /// Adds one cell to `out`. Returns its value.
    #[inline(always)]
    fn add_one<const N: usize, S: Simd<N>>(
        &self,
        simd: S,
        at: usize,
        x: &[[f32; N]],
        out: &mut [[f32; N]],
    ) -> f32 {
        let Some(row) = self.row(at, x.len() * N) else { return 0.0 };
        let mut product = simd.splat(0.0);
        for (row, x) in row.iter().zip(x) {
            product = simd.mul_add(simd.load(row), simd.load(x), product);
        }
        let (residual, value) = self.residual(at, simd.sum(product));
        let factor = simd.splat(residual);
        for (row, out) in row.iter().zip(out) {
            simd.store(simd.mul_add(factor, simd.load(row), simd.load(out)), out);
        }
        value
    }

    /// The factors of the rows of the cells from `at` on, given their products with `x`, and the
    /// sum of the cells' values.
    #[inline(always)]
    fn factors<const N: usize, S: Simd<N>>(
        &self,
        simd: S,
        at: usize,
        products: [S::Vector; TOGETHER],
        is_known: [bool; TOGETHER],
    ) -> ([S::Vector; TOGETHER], f32) {
        let products = simd.sums(products);
        let (mut factors, mut value) = ([simd.splat(0.0); TOGETHER], 0.0);
        for r in 0..TOGETHER {
            if is_known[r] {
                let (residual, of_cell) = self.residual(at + r, products[r]);
                factors[r] = simd.splat(residual);
                value += of_cell;
            }
        }
        (factors, value)
    }

    /// The rows of the cells from `at` on, each with a flag that says if it is in the table. `x`
    /// replaces the missing ones, which contribute nothing.
    #[inline(always)]
    fn rows<'b, const N: usize>(
        &'b self,
        at: usize,
        x: &'b [[f32; N]],
    ) -> ([&'b [[f32; N]]; TOGETHER], [bool; TOGETHER]) {
        let (mut rows, mut is_known) = ([x; TOGETHER], [false; TOGETHER]);
        for r in 0..TOGETHER {
            if let Some(row) = self.row(at + r, x.len() * N) {
                (rows[r], is_known[r]) = (&row[..x.len()], true);
            }
        }
        (rows, is_known)
    }

    /// `c t - c x.y` of a cell, given `x.y`, and the cell's value.
    #[inline(always)]
    fn residual(&self, at: usize, product: f32) -> (f32, f32) {
        let confidence = self.confidences[at];
        let wanted = self.wanted.get(at).copied().unwrap_or(0.0);
        (wanted - confidence * product, product * (confidence * product - 2.0 * wanted))
    }

    /// The row of a cell, if the table has it. Also prefetches a row that is needed later.
    #[inline(always)]
    fn row<const N: usize>(&self, at: usize, dim: usize) -> Option<&[[f32; N]]> {
        let row = |item: u32| self.table.get(item as usize * dim..)?.get(..dim);
        self.ahead.get(at).and_then(|&item| row(item)).into_iter().for_each(prefetch);
        Some(row(self.items[at])?.as_chunks::<N>().0)
    }
}
