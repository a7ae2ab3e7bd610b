//! Rows of sixteen systems side by side: number `k` of the row that stands at one place in each of them lies in one vector.
//!
//! What the systems are made of and what comes of them then needs neither sums across lanes nor turning.

use super::lanes::Simd;
use super::{LANES, LaneRows, PANEL, prefetch_at};

#[inline(always)]
pub(super) fn inverse_roots<const N: usize, S: Simd<N>>(
    simd: S,
    alpha: f32,
    x: &[f32],
    beta: f32,
    out: &mut [f32],
) {
    let n = x.len().min(out.len());
    let (x, x_rest) = x[..n].as_chunks::<N>();
    let (out, out_rest) = out[..n].as_chunks_mut::<N>();
    let (factor, flat) = (simd.splat(alpha), simd.splat(beta));
    for (x, out) in x.iter().zip(out) {
        let root = simd.root(simd.mul_add(factor, simd.load(x), flat));
        simd.store(simd.inverse(root), out);
    }
    for (x, out) in x_rest.iter().zip(out_rest) {
        *out = 1.0 / (alpha * x + beta).sqrt();
    }
}

#[inline(always)]
pub(super) fn gather_lanes<const N: usize, S: Simd<N>>(
    simd: S,
    rows: LaneRows<'_>,
    out: &mut [f32],
) {
    let chunks = rows.scales.len() / (PANEL * LANES);
    let table = rows.table.as_chunks::<PANEL>().0;
    if table.len() < chunks.max(1) {
        return out.fill(0.0);
    }
    let (mut starts, mut weights) = ([0; LANES], [0.0; LANES]);
    for lane in 0..LANES {
        let start = rows.items[lane] as usize * chunks;
        // What is beyond the table weighs nothing, whatever row it is read from.
        if start + chunks <= table.len() {
            (starts[lane], weights[lane]) = (start, rows.weights[lane]);
        }
    }
    let next = rows.ahead.map(|item| item as usize * chunks);
    let scales = rows.scales.as_chunks::<LANES>().0.as_chunks::<PANEL>().0;
    let out = out.as_chunks_mut::<LANES>().0.as_chunks_mut::<PANEL>().0;
    for (at, (scales, out)) in scales.iter().zip(out).enumerate() {
        for start in next {
            prefetch_at(table, start + at);
        }
        // A loop: `map` over so many would become a call for each.
        let mut block = [&table[0]; LANES];
        for (row, start) in block.iter_mut().zip(starts) {
            *row = &table[start + at];
        }
        simd.transpose_scaled(block, &weights, scales, out);
    }
}

#[inline(always)]
pub(super) fn gram_lanes<const N: usize, S: Simd<N>>(
    simd: S,
    rows: &[f32],
    n: usize,
    a: &mut [f32],
) {
    let dim = rows.len() / (n.max(1) * LANES);
    let (rows, a) = (rows.as_chunks::<N>().0, a.as_chunks_mut::<N>().0);
    for vector in 0..LANES / N {
        for row in (0..n).step_by(TILE) {
            for column in (row..n).step_by(S::COLUMNS) {
                let tile = Tile { rows, n, dim, vector, row, column };
                match S::COLUMNS {
                    4 => tile.sum::<4, S>(simd, a),
                    _ => tile.sum::<2, S>(simd, a),
                }
            }
        }
    }
}

/// How many rows of Gram matrices are summed together.
const TILE: usize = 4;

/// Four rows by some columns of the Gram matrices of as many systems as a vector holds.
struct Tile<'a, const N: usize> {
    rows: &'a [[f32; N]],
    n: usize,
    dim: usize,
    /// Which of the vectors that make up all lanes.
    vector: usize,
    row: usize,
    column: usize,
}

impl<'a, const N: usize> Tile<'a, N> {
    #[inline(always)]
    fn sum<const C: usize, S: Simd<N>>(&self, simd: S, a: &mut [[f32; N]]) {
        let end = self.dim * (LANES / N) - self.vector;
        let left: [&[[f32; N]]; TILE] = std::array::from_fn(|r| &self.line(self.row + r)[..end]);
        let right: [&[[f32; N]]; C] = std::array::from_fn(|c| &self.line(self.column + c)[..end]);
        let mut sums = [[simd.splat(0.0); C]; TILE];
        let mut k = 0;
        while k < end {
            let right: [S::Vector; C] = std::array::from_fn(|c| simd.load(&right[c][k]));
            for r in 0..TILE {
                let factor = simd.load(&left[r][k]);
                for c in 0..C {
                    sums[r][c] = simd.mul_add(factor, right[c], sums[r][c]);
                }
            }
            k += LANES / N;
        }
        for (r, sums) in sums.into_iter().enumerate() {
            for (c, sum) in sums.into_iter().enumerate() {
                let at = (self.row + r) * self.n + self.column + c;
                simd.store(sum, &mut a[at * (LANES / N) + self.vector]);
            }
        }
    }

    /// The vectors of one row from the first of these lanes on: every one of `LANES / N` is theirs.
    #[inline(always)]
    fn line(&self, row: usize) -> &'a [[f32; N]] {
        &self.rows[row * self.dim * (LANES / N) + self.vector..]
    }
}

/// How many vectors of a combination are summed together.
const BLOCK: usize = 8;

#[inline(always)]
pub(super) fn combine_lanes<const N: usize, S: Simd<N>>(
    simd: S,
    rows: &[f32],
    weights: &[f32],
    out: &mut [f32],
) {
    let width = out.len() / N;
    let (rows, weights) = (rows.as_chunks::<N>().0, weights.as_chunks::<N>().0);
    let blocks = out.as_chunks_mut::<N>().0.as_chunks_mut::<BLOCK>().0;
    for (block, out) in blocks.iter_mut().enumerate() {
        let mut sums = [simd.splat(0.0); BLOCK];
        let lines = rows.chunks_exact(width).zip(weights.chunks_exact(LANES / N));
        for (line, weights) in lines {
            let line = &line.as_chunks::<BLOCK>().0[block];
            for at in 0..BLOCK {
                let weight = simd.load(&weights[at % (LANES / N)]);
                sums[at] = simd.mul_add(weight, simd.load(&line[at]), sums[at]);
            }
        }
        for (sum, out) in sums.into_iter().zip(out) {
            simd.store(sum, out);
        }
    }
}
