//! Rows of sixteen interleaved systems: number `k` of the row at one position of each system lies
//! in one vector.
//!
//! Building and solving the systems then needs neither sums across lanes nor transposition. The
//! rows are stored in sheets: [`PANEL`] columns of all rows, then the next [`PANEL`]. So rows that
//! are multiplied with each other lie near each other.

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
    at: usize,
    out: &mut [f32],
) {
    let chunks = rows.scales.len() / (PANEL * LANES);
    let table = rows.table.as_chunks::<PANEL>().0;
    let out = out.as_chunks_mut::<LANES>().0.as_chunks_mut::<PANEL>().0;
    let n = out.len() / chunks.max(1);
    let out = out.iter_mut().skip(at).step_by(n.max(1));
    if table.len() < chunks.max(1) {
        return out.for_each(|block| block.fill([0.0; LANES]));
    }
    let (mut starts, mut weights) = ([0; LANES], [0.0; LANES]);
    for lane in 0..LANES {
        let start = rows.items[lane] as usize * chunks;
        // An index beyond the table has weight 0, whatever row is read for it.
        if start + chunks <= table.len() {
            (starts[lane], weights[lane]) = (start, rows.weights[lane]);
        }
    }
    let next = rows.ahead.map(|item| item as usize * chunks);
    let scales = rows.scales.as_chunks::<LANES>().0.as_chunks::<PANEL>().0;
    for (sheet, (scales, out)) in scales.iter().zip(out).enumerate() {
        for start in next {
            prefetch_at(table, start + sheet);
        }
        // A loop, because `map` over so many elements would become a call for each.
        let mut block = [&table[0]; LANES];
        for (row, start) in block.iter_mut().zip(starts) {
            *row = &table[start + sheet];
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
    width: usize,
) {
    let a = a.as_chunks_mut::<N>().0;
    for (at, rows) in rows.chunks_exact((n * PANEL * LANES).max(1)).enumerate() {
        let rows = rows.as_chunks::<LANES>().0.as_chunks::<PANEL>().0;
        Sheet { rows, width, is_first: at == 0 }.add_all(simd, a);
    }
}

/// The number of rows of Gram matrices that are summed together.
const TILE: usize = 4;

/// Four rows by some columns of the Gram matrices of as many systems as a vector holds.
#[derive(Clone, Copy)]
struct Tile {
    /// The index of the vector among those that make up all lanes.
    vector: usize,
    row: usize,
    column: usize,
}

/// [`PANEL`] columns of the rows of all systems. Sheets of up to about thirty rows stay in the L1
/// cache while all pairs are multiplied.
struct Sheet<'a> {
    rows: &'a [[[f32; LANES]; PANEL]],
    /// The row width of each system's Gram matrix.
    width: usize,
    /// True if the Gram matrices are still empty.
    is_first: bool,
}

impl Sheet<'_> {
    /// Adds the products of the sheet to the Gram matrices.
    #[inline(always)]
    fn add_all<const N: usize, S: Simd<N>>(&self, simd: S, a: &mut [[f32; N]]) {
        let n = self.rows.len();
        for vector in 0..LANES / N {
            for row in (0..n).step_by(TILE) {
                for column in (row..n).step_by(S::COLUMNS) {
                    let tile = Tile { vector, row, column };
                    match S::COLUMNS {
                        4 => self.add::<N, 4, S>(simd, tile, a),
                        _ => self.add::<N, 2, S>(simd, tile, a),
                    }
                }
            }
        }
    }

    /// Adds the products of the sheet to a tile.
    #[inline(always)]
    fn add<const N: usize, const C: usize, S: Simd<N>>(
        &self,
        simd: S,
        tile: Tile,
        a: &mut [[f32; N]],
    ) {
        let at = |r: usize, c: usize| {
            ((tile.row + r) * self.width + tile.column + c) * (LANES / N) + tile.vector
        };
        let mut sums = [[simd.splat(0.0); C]; TILE];
        if !self.is_first {
            for r in 0..TILE {
                for c in 0..C {
                    sums[r][c] = simd.load(&a[at(r, c)]);
                }
            }
        }
        let sums = self.multiply(simd, tile, sums);
        for r in 0..TILE {
            for c in 0..C {
                simd.store(sums[r][c], &mut a[at(r, c)]);
            }
        }
    }

    /// The sums plus the products of the sheet.
    #[inline(always)]
    fn multiply<const N: usize, const C: usize, S: Simd<N>>(
        &self,
        simd: S,
        Tile { vector, row, column }: Tile,
        mut sums: [[S::Vector; C]; TILE],
    ) -> [[S::Vector; C]; TILE] {
        // Asserted here, so that it is not checked again for each number.
        assert!(vector < LANES / N, "a vector is one of those that make up all lanes");
        let load = |lanes: &[f32; LANES]| simd.load(&lanes.as_chunks::<N>().0[vector]);
        let left: [_; TILE] = std::array::from_fn(|r| &self.rows[row + r]);
        let right: [_; C] = std::array::from_fn(|c| &self.rows[column + c]);
        for k in 0..PANEL {
            let right: [S::Vector; C] = std::array::from_fn(|c| load(&right[c][k]));
            for r in 0..TILE {
                let factor = load(&left[r][k]);
                for c in 0..C {
                    sums[r][c] = simd.mul_add(factor, right[c], sums[r][c]);
                }
            }
        }
        sums
    }
}

/// The number of vectors of a combination that are summed together.
const BLOCK: usize = 8;

#[inline(always)]
pub(super) fn combine_lanes<const N: usize, S: Simd<N>>(
    simd: S,
    rows: &[f32],
    weights: &[f32],
    out: &mut [f32],
) {
    if weights.is_empty() {
        return out.fill(0.0);
    }
    let sheets = rows.chunks_exact(weights.len() * PANEL);
    for (sheet, out) in sheets.zip(out.chunks_exact_mut(PANEL * LANES)) {
        combine_sheet(simd, sheet, weights, out);
    }
}

#[inline(always)]
fn combine_sheet<const N: usize, S: Simd<N>>(
    simd: S,
    rows: &[f32],
    weights: &[f32],
    out: &mut [f32],
) {
    let (rows, weights) = (rows.as_chunks::<N>().0, weights.as_chunks::<N>().0);
    let blocks = out.as_chunks_mut::<N>().0.as_chunks_mut::<BLOCK>().0;
    for (block, out) in blocks.iter_mut().enumerate() {
        let mut sums = [simd.splat(0.0); BLOCK];
        let lines = rows.chunks_exact(PANEL * LANES / N).zip(weights.chunks_exact(LANES / N));
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
