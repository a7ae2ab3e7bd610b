//! The loops, over vectors of `N` lanes: safe code that each kind of processor compiles for itself.
//!
//! Everything is `#[inline(always)]`, so that it takes on the features of the function that it is compiled into.
use super::{LANES, PANEL, PRODUCTS, QUERIES, prefetch};

/// What a kind of processor can do with `N` numbers at once. A value is the proof that this processor can.
pub(super) trait Simd<const N: usize>: Copy {
    /// `N` numbers.
    type Vector: Copy;
    /// How many vectors side by side a block of 4 rows may hold in registers.
    const COLUMNS: usize;

    fn splat(self, value: f32) -> Self::Vector;
    fn load(self, from: &[f32; N]) -> Self::Vector;
    fn store(self, vector: Self::Vector, to: &mut [f32; N]);
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a b + c`.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    fn sum(self, vector: Self::Vector) -> f32;
    /// 1 over the square root, not an approximation.
    fn inverse_root(self, vector: Self::Vector) -> Self::Vector;

    /// Writes the [`PANEL`] x [`PANEL`] block at the start of `from`, rows `stride` apart, as the columns of the block at
    /// the start of `to`, rows `to_stride` apart.
    #[inline(always)]
    fn transpose_block(self, from: &[f32], stride: usize, to: &mut [f32], to_stride: usize) {
        for column in 0..PANEL {
            let to = &mut to[column * to_stride..column * to_stride + PANEL];
            for (row, to) in to.iter_mut().enumerate() {
                *to = from[row * stride + column];
            }
        }
    }
}

#[inline(always)]
pub(super) fn dot<const N: usize, S: Simd<N>>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (a[..n].as_chunks::<N>(), b[..n].as_chunks::<N>());
    // Four sums at once: one alone would wait for each addition in turn.
    let (a_quads, a_chunks) = a.as_chunks::<4>();
    let (b_quads, b_chunks) = b.as_chunks::<4>();
    let mut sums = [simd.splat(0.0); 4];
    for (a, b) in a_quads.iter().zip(b_quads) {
        for lane in 0..4 {
            sums[lane] = simd.mul_add(simd.load(&a[lane]), simd.load(&b[lane]), sums[lane]);
        }
    }
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        sums[0] = simd.mul_add(simd.load(a), simd.load(b), sums[0]);
    }
    let one = simd.splat(1.0);
    let low = simd.mul_add(sums[0], one, sums[1]);
    let high = simd.mul_add(sums[2], one, sums[3]);
    let mut sum = simd.sum(simd.mul_add(low, one, high));
    for (a, b) in a_rest.iter().zip(b_rest) {
        sum += a * b;
    }
    sum
}

#[inline(always)]
pub(super) fn dots<const N: usize, S: Simd<N>>(
    simd: S,
    query: &[f32],
    rows: &[f32],
    out: &mut [f32],
) {
    for (row, out) in rows.chunks_exact(query.len().max(1)).zip(out) {
        *out = dot(simd, query, row);
    }
}

#[inline(always)]
pub(super) fn axpy<const N: usize, S: Simd<N>>(simd: S, alpha: f32, x: &[f32], y: &mut [f32]) {
    let n = x.len().min(y.len());
    let (x, x_rest) = x[..n].as_chunks::<N>();
    let (y, y_rest) = y[..n].as_chunks_mut::<N>();
    let factor = simd.splat(alpha);
    for (x, y) in x.iter().zip(y) {
        simd.store(simd.mul_add(factor, simd.load(x), simd.load(y)), y);
    }
    for (x, y) in x_rest.iter().zip(y_rest) {
        *y += alpha * x;
    }
}

#[inline(always)]
pub(super) fn scale_by<const N: usize, S: Simd<N>>(
    simd: S,
    alpha: f32,
    x: &[f32],
    weights: &[f32],
    out: &mut [f32],
) {
    let n = x.len().min(weights.len()).min(out.len());
    let (x, x_rest) = x[..n].as_chunks::<N>();
    let (weights, weights_rest) = weights[..n].as_chunks::<N>();
    let (out, out_rest) = out[..n].as_chunks_mut::<N>();
    let factor = simd.splat(alpha);
    for ((x, weight), out) in x.iter().zip(weights).zip(out) {
        simd.store(simd.mul(factor, simd.mul(simd.load(x), simd.load(weight))), out);
    }
    for ((x, weight), out) in x_rest.iter().zip(weights_rest).zip(out_rest) {
        *out = alpha * x * weight;
    }
}

#[inline(always)]
pub(super) fn transpose<const N: usize, S: Simd<N>>(
    simd: S,
    panel: &[f32],
    out: &mut [f32],
    width: usize,
    column: usize,
) {
    let height = panel.len() / PANEL;
    for at in (0..height).step_by(PANEL) {
        simd.transpose_block(&panel[at..], height, &mut out[at * width + column..], width);
    }
}

#[inline(always)]
pub(super) fn add_gram<const N: usize, S: Simd<N>>(
    simd: S,
    rows: &[f32],
    n: usize,
    a: &mut [f32],
    width: usize,
) {
    blocks::<N, S, true>(simd, rows, n, a, width);
}

#[inline(always)]
pub(super) fn gram<const N: usize, S: Simd<N>>(
    simd: S,
    rows: &[f32],
    n: usize,
    a: &mut [f32],
    width: usize,
) {
    blocks::<N, S, false>(simd, rows, n, a, width);
}

/// All blocks on and right of the diagonal, added to what is there or written over it.
#[inline(always)]
fn blocks<const N: usize, S: Simd<N>, const ADD: bool>(
    simd: S,
    rows: &[f32],
    n: usize,
    a: &mut [f32],
    width: usize,
) {
    for panel in (0..n).step_by(PANEL) {
        let end = n.min(panel + PANEL);
        let mut column = panel;
        while column < width {
            let columns = ((width - column) / N).min(S::COLUMNS);
            let mut row = panel;
            while row < end {
                // A column of one vector alone would wait for each sum in turn with four rows.
                let height = if columns == 1 && end - row >= 8 { 8 } else { 4 };
                let block =
                    Block { rows, a: &mut a[row * width..(row + height) * width], row, column };
                match (columns, height) {
                    (4, _) => block.sum::<N, 4, 4, S, ADD>(simd, width),
                    (3, _) => block.sum::<N, 3, 4, S, ADD>(simd, width),
                    (2, _) => block.sum::<N, 2, 4, S, ADD>(simd, width),
                    (_, 8) => block.sum::<N, 1, 8, S, ADD>(simd, width),
                    _ => block.sum::<N, 1, 4, S, ADD>(simd, width),
                }
                row += height;
            }
            column += columns * N;
        }
    }
}

/// Some rows by some vectors of a Gram matrix, small enough to be summed in registers.
struct Block<'a> {
    rows: &'a [f32],
    a: &'a mut [f32],
    row: usize,
    column: usize,
}

impl Block<'_> {
    #[inline(always)]
    fn sum<const N: usize, const C: usize, const R: usize, S: Simd<N>, const ADD: bool>(
        self,
        simd: S,
        width: usize,
    ) {
        let mut sums = [[simd.splat(0.0); C]; R];
        for row in self.rows.chunks_exact(width) {
            let left = &row[self.row..self.row + R];
            let right = &row[self.column..self.column + C * N].as_chunks::<N>().0[..C];
            for r in 0..R {
                let factor = simd.splat(left[r]);
                for c in 0..C {
                    sums[r][c] = simd.mul_add(factor, simd.load(&right[c]), sums[r][c]);
                }
            }
        }
        let one = simd.splat(1.0);
        for (sums, a) in sums.into_iter().zip(self.a.chunks_exact_mut(width)) {
            let a = a[self.column..self.column + C * N].as_chunks_mut::<N>().0;
            for (sum, a) in sums.into_iter().zip(a) {
                let sum = if ADD { simd.mul_add(sum, one, simd.load(a)) } else { sum };
                simd.store(sum, a);
            }
        }
    }
}

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
pub(super) fn products<const N: usize, S: Simd<N>>(
    simd: S,
    panel: &[f32],
    queries: &[f32],
    out: &mut [f32],
) {
    let mut column = 0;
    while column < PRODUCTS {
        match S::COLUMNS {
            4 => multiply::<N, 4, S>(simd, panel, queries, column, out),
            _ => multiply::<N, 2, S>(simd, panel, queries, column, out),
        }
        column += if S::COLUMNS == 4 { 4 * N } else { 2 * N };
    }
}

/// Some vectors of the products of all queries, summed in registers.
#[inline(always)]
fn multiply<const N: usize, const C: usize, S: Simd<N>>(
    simd: S,
    panel: &[f32],
    queries: &[f32],
    column: usize,
    out: &mut [f32],
) {
    let mut sums = [[simd.splat(0.0); C]; QUERIES];
    for (line, query) in panel.chunks_exact(PRODUCTS).zip(queries.as_chunks::<QUERIES>().0) {
        let line = &line[column..column + C * N].as_chunks::<N>().0[..C];
        for q in 0..QUERIES {
            let factor = simd.splat(query[q]);
            for c in 0..C {
                sums[q][c] = simd.mul_add(factor, simd.load(&line[c]), sums[q][c]);
            }
        }
    }
    for (sums, out) in sums.into_iter().zip(out.chunks_exact_mut(PRODUCTS)) {
        let out = out[column..column + C * N].as_chunks_mut::<N>().0;
        for (sum, out) in sums.into_iter().zip(out) {
            simd.store(sum, out);
        }
    }
}

#[inline(always)]
pub(super) fn interleave<const N: usize, S: Simd<N>>(
    simd: S,
    matrices: &[f32],
    size: usize,
    out: &mut [f32],
) {
    for row in 0..size {
        for column in (row / PANEL * PANEL..size).step_by(PANEL) {
            let at = row * size + column;
            simd.transpose_block(&matrices[at..], size * size, &mut out[at * LANES..], LANES);
        }
    }
}

/// How many rows ahead of its use a row is fetched.
const AHEAD: usize = 12;

/// How many columns of interleaved systems are summed at once.
const COLUMNS: usize = 8;

/// Cholesky, row after row, each number a vector of lanes; forward substitution goes along, and the answers follow backwards.
#[inline(always)]
pub(super) fn solve_lanes<const N: usize, S: Simd<N>>(
    simd: S,
    a: &mut [f32],
    size: usize,
    pivots: &mut [f32],
    b: &mut [f32],
) {
    let n = pivots.len() / LANES;
    for lane in (0..LANES).step_by(N) {
        let mut systems = Systems { a, size, n, lane };
        for row in 0..n {
            systems.factor_row(simd, row, pivots, b);
        }
        for row in (0..n).rev() {
            systems.substitute(simd, row, b);
        }
    }
}

#[inline(always)]
fn add_up<const N: usize, S: Simd<N>>(simd: S, sums: [S::Vector; 4]) -> S::Vector {
    let one = simd.splat(1.0);
    let low = simd.mul_add(sums[0], one, sums[1]);
    simd.mul_add(low, one, simd.mul_add(sums[2], one, sums[3]))
}

/// `N` of the interleaved systems.
struct Systems<'a> {
    a: &'a mut [f32],
    size: usize,
    n: usize,
    lane: usize,
}

#[inline(always)]
fn lane<const N: usize>(values: &[f32], at: usize) -> &[f32; N] {
    &values[at..at + N].as_chunks::<N>().0[0]
}

#[inline(always)]
fn lane_mut<const N: usize>(values: &mut [f32], at: usize) -> &mut [f32; N] {
    &mut values[at..at + N].as_chunks_mut::<N>().0[0]
}

impl Systems<'_> {
    #[inline(always)]
    fn at(&self, row: usize, column: usize) -> usize {
        (row * self.size + column) * LANES + self.lane
    }

    /// Takes what the rows above explain out of a row and its right side, and divides both by the root of the pivot. In place of
    /// the pivot the inverse of its root is left.
    #[inline(always)]
    fn factor_row<const N: usize, S: Simd<N>>(
        &mut self,
        simd: S,
        row: usize,
        pivots: &mut [f32],
        b: &mut [f32],
    ) {
        let right = self.right(simd, row, b);
        let mut scale = simd.splat(1.0);
        let mut column = row;
        while column < self.n {
            let rest = self.n - column;
            let wide = if rest >= COLUMNS { COLUMNS } else { rest.min(4) };
            let sums = match wide {
                COLUMNS => self.subtract::<N, COLUMNS, S>(simd, row, column),
                4 => self.subtract::<N, 4, S>(simd, row, column),
                3 => self.subtract::<N, 3, S>(simd, row, column),
                2 => self.subtract::<N, 2, S>(simd, row, column),
                _ => self.subtract::<N, 1, S>(simd, row, column),
            };
            if column == row {
                simd.store(sums[0], lane_mut(pivots, row * LANES + self.lane));
                scale = simd.inverse_root(sums[0]);
            }
            for (c, sum) in sums.into_iter().enumerate().take(wide) {
                let at = self.at(row, column + c);
                simd.store(simd.mul(scale, sum), lane_mut(self.a, at));
            }
            column += wide;
        }
        let diagonal = self.at(row, row);
        simd.store(scale, lane_mut(self.a, diagonal));
        simd.store(simd.mul(scale, right), lane_mut(b, row * LANES + self.lane));
    }

    /// What is left of a right side.
    #[inline(always)]
    fn right<const N: usize, S: Simd<N>>(&self, simd: S, row: usize, b: &[f32]) -> S::Vector {
        let mut sums = [simd.splat(0.0); 4];
        for above in 0..row {
            let known = simd.load(lane(b, above * LANES + self.lane));
            let factor = simd.load(lane(self.a, self.at(above, row)));
            sums[above % 4] = simd.mul_add(factor, known, sums[above % 4]);
        }
        simd.mul_add(
            simd.splat(-1.0),
            add_up(simd, sums),
            simd.load(lane(b, row * LANES + self.lane)),
        )
    }

    /// Some numbers of a row without what the rows above explain.
    #[inline(always)]
    fn subtract<const N: usize, const C: usize, S: Simd<N>>(
        &self,
        simd: S,
        row: usize,
        column: usize,
    ) -> [S::Vector; COLUMNS] {
        let minus = simd.splat(-1.0);
        let mut sums = [minus; COLUMNS];
        for (c, sum) in sums.iter_mut().enumerate().take(C) {
            *sum = simd.load(lane(self.a, self.at(row, column + c)));
        }
        for above in 0..row {
            let factor = simd.mul(minus, simd.load(lane(self.a, self.at(above, row))));
            let from = self.at(above, column);
            let line = &self.a[from..from + (C - 1) * LANES + N];
            for (c, sum) in sums.iter_mut().enumerate().take(C) {
                *sum = simd.mul_add(factor, simd.load(lane(line, c * LANES)), *sum);
            }
        }
        sums
    }

    /// Solves for the unknown of a row, those after it being known.
    #[inline(always)]
    fn substitute<const N: usize, S: Simd<N>>(&self, simd: S, row: usize, b: &mut [f32]) {
        let mut sums = [simd.splat(0.0); 4];
        for column in row + 1..self.n {
            let sum = &mut sums[column % 4];
            let known = simd.load(lane(b, column * LANES + self.lane));
            *sum = simd.mul_add(simd.load(lane(self.a, self.at(row, column))), known, *sum);
        }
        let place = row * LANES + self.lane;
        let known = add_up(simd, sums);
        let left = simd.mul_add(simd.splat(-1.0), known, simd.load(lane(b, place)));
        let inverse = simd.load(lane(self.a, self.at(row, row)));
        simd.store(simd.mul(inverse, left), lane_mut(b, place));
    }
}

/// Right-looking, four pivots at a time, so that each trailing row is read and written once per four.
#[inline(always)]
pub(super) fn cholesky<const N: usize, S: Simd<N>>(
    simd: S,
    a: &mut [f32],
    width: usize,
    floors: &[f32],
) -> bool {
    let n = floors.len();
    for (step, floors) in floors.as_chunks::<4>().0.iter().enumerate() {
        let pivot = step * 4;
        let (head, tail) = a.split_at_mut((pivot + 4) * width);
        let pivots = &mut head[pivot * width..];
        if !factor_pivots(simd, pivots, pivot, floors) {
            return false;
        }
        for (row, a) in tail.chunks_exact_mut(width).take(n - pivot - 4).enumerate() {
            subtract_pivots(simd, pivots, pivot + 4 + row, a);
        }
    }
    true
}

/// Factors four rows among themselves. What lies left of the diagonal becomes 0, so that [`solve`] may take whole vectors.
#[inline(always)]
fn factor_pivots<const N: usize, S: Simd<N>>(
    simd: S,
    rows: &mut [f32],
    pivot: usize,
    floors: &[f32; 4],
) -> bool {
    let width = rows.len() / 4;
    let start = pivot / N * N;
    for p in 0..4 {
        let (above, row) = rows.split_at_mut(p * width);
        let row = &mut row[..width];
        for above in above.chunks_exact(width) {
            axpy(simd, -above[pivot + p], &above[start..], &mut row[start..]);
        }
        let value = row[pivot + p];
        // A pivot that is not a number must fail as well.
        if !(value > floors[p] && value < f32::INFINITY) {
            return false;
        }
        row[pivot / PANEL * PANEL..pivot + p].fill(0.0);
        let factor = simd.splat(value.sqrt().recip());
        for chunk in row[start..].as_chunks_mut::<N>().0 {
            simd.store(simd.mul(factor, simd.load(chunk)), chunk);
        }
    }
    true
}

/// Takes the part that four factored rows explain out of a row below them.
#[inline(always)]
fn subtract_pivots<const N: usize, S: Simd<N>>(simd: S, pivots: &[f32], row: usize, a: &mut [f32]) {
    let start = row / N * N;
    let chunks = (a.len() - start) / N;
    let a = &mut a[start..].as_chunks_mut::<N>().0[..chunks];
    let mut factors = [simd.splat(0.0); 4];
    let mut rows: [&[[f32; N]]; 4] = [&[]; 4];
    for (p, pivot) in pivots.chunks_exact(start + chunks * N).take(4).enumerate() {
        factors[p] = simd.splat(-pivot[row]);
        rows[p] = &pivot[start..].as_chunks::<N>().0[..chunks];
    }
    let [r0, r1, r2, r3] = rows.map(|row| &row[..chunks]);
    for k in 0..chunks {
        let mut sum = simd.load(&a[k]);
        sum = simd.mul_add(factors[0], simd.load(&r0[k]), sum);
        sum = simd.mul_add(factors[1], simd.load(&r1[k]), sum);
        sum = simd.mul_add(factors[2], simd.load(&r2[k]), sum);
        sum = simd.mul_add(factors[3], simd.load(&r3[k]), sum);
        simd.store(sum, &mut a[k]);
    }
}

#[inline(always)]
pub(super) fn solve<const N: usize, S: Simd<N>>(simd: S, u: &[f32], n: usize, b: &mut [f32]) {
    let width = b.len();
    for (i, row) in u.chunks_exact(width).take(n).enumerate() {
        let start = i / N * N;
        let value = b[i] / row[i];
        axpy(simd, -value, &row[start..], &mut b[start..]);
        b[i] = value;
    }
    b[n..].fill(0.0);
    for (i, row) in u.chunks_exact(width).take(n).enumerate().rev() {
        let start = i / N * N;
        let value = b[i];
        // The row's own unknown must not count; unknowns left of it meet zeros.
        b[i] = 0.0;
        b[i] = (value - dot(simd, &row[start..], &b[start..])) / row[i];
    }
}
