//! Rows of a table, gathered and combined.

use super::lanes::{Simd, axpy, dot, scale_by};
use super::{PANEL, Rows, prefetch, prefetch_at};

/// How many rows ahead of its use a row is fetched.
const AHEAD: usize = 12;

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

#[inline(always)]
pub(super) fn gather_columns<const N: usize, S: Simd<N>>(
    simd: S,
    rows: Rows<'_>,
    out: &mut [f32],
    width: usize,
    column: usize,
) {
    let chunks = rows.scales.len() / PANEL;
    let table = rows.table.as_chunks::<PANEL>().0;
    let mut starts = [0; PANEL];
    let mut weights = [0.0; PANEL];
    for (at, (&item, &weight)) in rows.items.iter().zip(rows.weights).take(PANEL).enumerate() {
        let start = item as usize * chunks;
        // What is beyond the table weighs nothing, whatever row it is read from.
        if start + chunks <= table.len() {
            (starts[at], weights[at]) = (start, weight);
        }
    }
    if table.len() < chunks {
        return clear(out, width, column, rows.scales.len());
    }
    let next = |at: usize| rows.ahead.get(at).map_or(0, |&item| item as usize * chunks);
    let next: [usize; PANEL] = std::array::from_fn(next);
    for (at, scales) in rows.scales.as_chunks::<PANEL>().0.iter().enumerate() {
        for start in next {
            prefetch_at(table, start + at);
        }
        let block = starts.map(|start| &table[start + at]);
        let to = &mut out[at * PANEL * width + column..];
        simd.transpose_scaled(block, &weights, scales, to, width);
    }
}

/// Makes [`PANEL`] columns zeros.
#[inline(always)]
fn clear(out: &mut [f32], width: usize, column: usize, height: usize) {
    for row in out.chunks_mut(width).take(height) {
        row[column..column + PANEL].fill(0.0);
    }
}

#[inline(always)]
pub(super) fn combine<const N: usize, S: Simd<N>>(
    simd: S,
    table: &[f32],
    items: &[u32],
    weights: &[f32],
    out: &mut [f32],
) {
    let dim = out.len();
    let mut from = 0;
    while from < dim {
        let vectors = ((dim - from) / N).min(4);
        let sum = Combination { table, items, weights, dim, from };
        match vectors {
            4 => sum.write::<N, 4, S>(simd, out),
            3 => sum.write::<N, 3, S>(simd, out),
            2 => sum.write::<N, 2, S>(simd, out),
            _ => sum.write::<N, 1, S>(simd, out),
        }
        from += vectors * N;
    }
}

/// Some vectors of a sum of rows, small enough to be summed in registers.
struct Combination<'a> {
    table: &'a [f32],
    items: &'a [u32],
    weights: &'a [f32],
    dim: usize,
    from: usize,
}

impl Combination<'_> {
    #[inline(always)]
    fn write<const N: usize, const C: usize, S: Simd<N>>(&self, simd: S, out: &mut [f32]) {
        let mut sums = [simd.splat(0.0); C];
        for (&item, &weight) in self.items.iter().zip(self.weights) {
            let start = item as usize * self.dim + self.from;
            let Some(row) = self.table.get(start..start + C * N) else { continue };
            let row = &row.as_chunks::<N>().0[..C];
            let factor = simd.splat(weight);
            for c in 0..C {
                sums[c] = simd.mul_add(factor, simd.load(&row[c]), sums[c]);
            }
        }
        let out = out[self.from..self.from + C * N].as_chunks_mut::<N>().0;
        for (sum, out) in sums.into_iter().zip(out) {
            simd.store(sum, out);
        }
    }
}

#[inline(always)]
pub(super) fn add_projections<const N: usize, S: Simd<N>>(
    simd: S,
    table: &[f32],
    items: &[u32],
    weights: &[f32],
    x: &[f32],
    out: &mut [f32],
) {
    let rows = items.iter().zip(weights).filter_map(|(&item, &weight)| {
        Some((table.get(item as usize * x.len()..)?.get(..x.len())?, weight))
    });
    // The usual widths on the usual processors stay in registers.
    match x.len() / N {
        4 if x.len() == 4 * N => project::<N, 4, S>(simd, rows, x, out),
        8 if x.len() == 8 * N && S::COLUMNS == 4 => project::<N, 8, S>(simd, rows, x, out),
        _ => {
            for (row, weight) in rows {
                axpy(simd, weight * dot(simd, row, x), row, out);
            }
        }
    }
}

/// [`add_projections`] of a width of `C` vectors.
#[inline(always)]
fn project<'a, const N: usize, const C: usize, S: Simd<N>>(
    simd: S,
    rows: impl Iterator<Item = (&'a [f32], f32)>,
    x: &[f32],
    out: &mut [f32],
) {
    let vectors = |values: &[f32]| -> [S::Vector; C] {
        let chunks = &values[..C * N].as_chunks::<N>().0[..C];
        std::array::from_fn(|c| simd.load(&chunks[c]))
    };
    let (x, mut sums) = (vectors(x), vectors(out));
    for (row, weight) in rows {
        let row = vectors(row);
        let mut products = [simd.splat(0.0); 2];
        for c in 0..C {
            products[c % 2] = simd.mul_add(row[c], x[c], products[c % 2]);
        }
        let product = simd.sum(simd.mul_add(products[0], simd.splat(1.0), products[1]));
        let factor = simd.splat(weight * product);
        for c in 0..C {
            sums[c] = simd.mul_add(factor, row[c], sums[c]);
        }
    }
    for (sum, out) in sums.into_iter().zip(out.as_chunks_mut::<N>().0) {
        simd.store(sum, out);
    }
}
