//! The inner loops, written once in [`lanes`] and compiled for each kind of processor.
//!
//! Which compilation runs is decided at run time: AVX-512, else AVX2 with FMA, else the scalar twin. Results differ
//! between the three by rounding alone; on one machine they are always the same bytes.
#![expect(
    unsafe_code,
    reason = "functions compiled for a processor feature are called after its detection"
)]
#![expect(
    clippy::inline_always,
    reason = "an out-of-line copy would lack the processor's features"
)]

#[macro_use]
mod compile;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod cholesky;
mod codes;
mod diagonal;
mod gram;
mod lanes;
mod products;
mod rows;
mod scalar;
mod side_by_side;
mod systems;
#[cfg(test)]
mod tests;

/// Matrices of the kernels have widths that are multiples of this, but for those of systems side by side, and row numbers in their loops
/// start at multiples of it.
pub const PANEL: usize = 16;

/// How many rows ahead of its use a row is fetched.
pub const AHEAD: usize = 12;

/// How many queries [`products`] takes, and with how many rows of a panel it multiplies each.
pub const QUERIES: usize = 6;
/// See [`QUERIES`].
pub const PRODUCTS: usize = 64;

/// How many systems [`solve_lanes`] solves side by side.
pub const LANES: usize = 16;

/// The inner product of two rows of equal length.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    dispatch!(dot(a, b))
}

/// Whether all are finite.
pub fn are_finite(values: &[f32]) -> bool {
    dispatch!(are_finite(values))
}

/// The inner products of `query` with each of `out.len()` consecutive rows of the same width.
pub fn dots(query: &[f32], rows: &[f32], out: &mut [f32]) {
    dispatch!(dots(query, rows, out));
}

/// `y += alpha x`.
pub fn axpy(alpha: f32, x: &[f32], y: &mut [f32]) {
    dispatch!(axpy(alpha, x, y));
}

/// `out = alpha x weights`, element by element.
pub fn scale_by(alpha: f32, x: &[f32], weights: &[f32], out: &mut [f32]) {
    dispatch!(scale_by(alpha, x, weights, out));
}

/// Writes [`PANEL`] rows of equal width, a multiple of [`PANEL`], as the columns of `out` from `column` on.
///
/// `out` is row-major, `width` numbers to a row, with as many rows as the panel's rows have numbers.
pub fn transpose(panel: &[f32], out: &mut [f32], width: usize, column: usize) {
    dispatch!(transpose(panel, out, width, column));
}

/// Adds `rows' rows` to the first `n` rows (a multiple of 4) of the upper triangle of `a`, `width x width`, where `width` is
/// a multiple of [`PANEL`] and that of the rows as well.
///
/// Blocks of 4 rows and columns on the diagonal are filled whole; what else is below it may be anything.
pub fn add_gram(rows: &[f32], n: usize, a: &mut [f32], width: usize) {
    dispatch!(add_gram(rows, n, a, width));
}

/// As [`add_gram`] onto zeros, whatever was there.
pub fn gram(rows: &[f32], n: usize, a: &mut [f32], width: usize) {
    dispatch!(gram(rows, n, a, width));
}

/// Fills the rows of `out`, as wide as `scales`, with rows of `table`: each by its weight, each column by its scale. Rows of
/// `out` beyond the last item, and those of items beyond the table, become 0.
pub fn gather(table: &[f32], items: &[u32], weights: &[f32], scales: &[f32], out: &mut [f32]) {
    dispatch!(gather(table, items, weights, scales, out));
}

/// `out = 1 / sqrt(alpha x + beta)`, element by element.
pub fn inverse_roots(alpha: f32, x: &[f32], beta: f32, out: &mut [f32]) {
    dispatch!(inverse_roots(alpha, x, beta, out));
}

/// A row of a table for each of [`LANES`] systems.
#[derive(Clone, Copy, Debug)]
pub struct LaneRows<'a> {
    /// Rows of `dim` numbers, a multiple of [`PANEL`].
    pub table: &'a [f32],
    /// Which row each system takes. Those beyond the table are zeros.
    pub items: [u32; LANES],
    /// Which rows will be needed next, and are fetched on the way.
    pub ahead: [u32; LANES],
    /// One for each row: 0 where there is none.
    pub weights: &'a [f32; LANES],
    /// `dim x LANES`: one for each number of each system.
    pub scales: &'a [f32],
}

/// Writes row `at` of each of [`LANES`] systems side by side, weighted and scaled, into its place among those of `out`.
///
/// `out` is all rows of `dim x LANES` numbers, so that its length tells how many they are, in sheets: the first [`PANEL`] of the `dim` of all
/// rows, then the next. A sheet of up to some thirty rows stays in the nearest cache, where [`gram_lanes`] needs each of them for all others.
pub fn gather_lanes(rows: LaneRows<'_>, at: usize, out: &mut [f32]) {
    dispatch!(gather_lanes(rows, at, out));
}

/// `a = rows rows'` for [`LANES`] systems side by side: `n` rows (a multiple of 4) in the sheets of [`gather_lanes`]; `a` takes
/// `n x width x LANES`, where `width` is at least `n`.
///
/// Blocks of 4 rows and columns on the diagonal are filled whole; what else is below it stays. O(n^2 dim).
pub fn gram_lanes(rows: &[f32], n: usize, a: &mut [f32], width: usize) {
    dispatch!(gram_lanes(rows, n, a, width));
}

/// `out = rows' weights` for [`LANES`] systems side by side: as many rows, in the sheets of [`gather_lanes`], as there are weights (times
/// [`LANES`]).
pub fn combine_lanes(rows: &[f32], weights: &[f32], out: &mut [f32]) {
    dispatch!(combine_lanes(rows, weights, out));
}

/// `diagonal = alpha x + beta` and its inverse, element by element; all slices are of one length, a multiple of [`PANEL`].
pub fn diagonal(alpha: f32, x: &[f32], beta: f32, diagonal: &mut [f32], inverse: &mut [f32]) {
    dispatch!(diagonal(alpha, x, beta, diagonal, inverse));
}

/// `out = -D x`, of equal lengths, a multiple of [`PANEL`]; returns `x'D x`.
pub fn subtract_diagonal(diagonal: &[f32], x: &[f32], out: &mut [f32]) -> f32 {
    dispatch!(subtract_diagonal(diagonal, x, out))
}

/// `out = base + D x`, of equal lengths, a multiple of [`PANEL`]; whether all of it is finite.
pub fn add_scaled(base: &[f32], scales: &[f32], x: &[f32], out: &mut [f32]) -> bool {
    dispatch!(add_scaled(base, scales, x, out))
}

/// The next direction of preconditioned conjugate gradients: `direction = D^-1 r + (r'D^-1 r / before) direction`, of equal lengths, a
/// multiple of [`PANEL`]; returns `r'D^-1 r`.
pub fn next_direction(r: &[f32], inverse: &[f32], before: f32, direction: &mut [f32]) -> f32 {
    dispatch!(next_direction(r, inverse, before, direction))
}

/// The cells of a row problem: items with what they count and what of it is wanted. All slices but the table are parallel.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a> {
    /// The rows `y` of all items.
    pub table: &'a [f32],
    /// Which rows; those beyond the table count as nothing.
    pub items: &'a [u32],
    /// `c`.
    pub confidences: &'a [f32],
    /// `c t`; zeros where there are fewer.
    pub wanted: &'a [f32],
    /// Which rows will be needed later: one is fetched with each cell.
    pub ahead: &'a [u32],
}

/// `out += sum_k (c_k t_k - c_k x.y_k) y_k` over the cells, whose rows are as wide as `x` and `out`: what a weighted Gram matrix, which is never
/// made, leaves of what is wanted.
///
/// Returns `sum_k c_k (x.y_k)^2 - 2 c_k t_k x.y_k`, which is the squared error but for `sum_k c_k t_k^2`. O(items x width).
pub fn add_residuals(cells: Cells<'_>, x: &[f32], out: &mut [f32]) -> f32 {
    dispatch!(add_residuals(cells, x, out))
}

/// What [`add_residuals`] returns, for whoever needs nothing else: half the work.
pub fn cells_value(cells: Cells<'_>, x: &[f32]) -> f32 {
    dispatch!(cells_value(cells, x))
}

/// Replaces `out` by the inner products of `query` with those rows of `codes`, as wide as it, that `nodes` names.
///
/// Whole numbers: every kind of processor gives the same. The width is a multiple of 16; products must fit 32 bits, which they
/// do where no number of the query is above `i32::MAX / (127 width)`.
pub fn code_products(query: &[i16], codes: &[i8], nodes: &[u32], out: &mut Vec<i32>) {
    dispatch!(code_products(query, codes, nodes, out));
}

/// Replaces `out` by the inner products of `query` with all rows of panels of codes.
///
/// A panel holds [`PANEL`] rows two numbers at a time: the first two of each row, then the next two. See [`code_products`] for the bounds.
pub fn panel_products(query: &[i16], panels: &[i8], out: &mut Vec<i32>) {
    dispatch!(panel_products(query, panels, out));
}

/// The inner products of [`QUERIES`] queries with [`PRODUCTS`] rows: `out` takes [`PRODUCTS`] numbers for each query.
///
/// `panel` holds the rows column by column, [`PRODUCTS`] numbers to a column, and `queries` the same of the queries, [`QUERIES`] to a column.
pub fn products(panel: &[f32], queries: &[f32], out: &mut [f32]) {
    dispatch!(products(panel, queries, out));
}

/// `out = rows matrix`: rows of `width` numbers, a multiple of [`PANEL`], by a square matrix, row-major.
pub fn product(rows: &[f32], matrix: &[f32], width: usize, out: &mut [f32]) {
    dispatch!(product(rows, matrix, width, out));
}

/// Writes [`LANES`] matrices of `size x size` (a multiple of [`PANEL`]), which lie one after another, number by number side by side into `out`, whose
/// rows have `width` numbers of each, at least `size`: blocks of [`PANEL`] columns on and right of the diagonal.
pub fn interleave(matrices: &[f32], size: usize, out: &mut [f32], width: usize) {
    dispatch!(interleave(matrices, size, out, width));
}

/// Solves [`LANES`] interleaved systems, positive definite and given by their upper triangles, in place: `b` becomes the answers.
///
/// As many unknowns as there are `pivots` (times [`LANES`]), a multiple of 4, are solved for; these are written there, so that the caller can
/// judge them: where one is not positive, the answer of its lane is garbage. `a` has `width` numbers to a row of each.
pub fn solve_lanes(a: &mut [f32], width: usize, pivots: &mut [f32], b: &mut [f32]) {
    dispatch!(solve_lanes(a, width, pivots, b));
}

/// Replaces the upper triangle of `a`, `width` numbers to a row, by `u` with `u'u = a` in the first `floors.len()` rows
/// (a multiple of 4); false, and garbage in `a`, where a pivot is not over its floor.
pub fn cholesky(a: &mut [f32], width: usize, floors: &[f32]) -> bool {
    dispatch!(cholesky(a, width, floors))
}

/// Solves `u'u x = b` in place, for the first `n` unknowns and a `u` from [`cholesky`] as wide as `b`; what follows them in `b` becomes 0.
pub fn solve(u: &[f32], n: usize, b: &mut [f32]) {
    dispatch!(solve(u, n, b));
}

/// Asks the processor to fetch what lies at a place of a table, if there is such a place.
#[inline(always)]
fn prefetch_at<T>(table: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing and never faults, wherever the pointer points, and it is never followed.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(table.as_ptr().wrapping_add(at).cast::<i8>()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (table, at);
}

/// Asks the processor to fetch a row into its nearest cache.
pub fn prefetch<T>(row: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        const LINE: usize = 64;
        for at in (0..size_of_val(row)).step_by(LINE) {
            // SAFETY: a prefetch reads nothing, and `at` lies inside the row.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(row.as_ptr().cast::<i8>().add(at)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = row;
}
