//! The inner loops, written once in [`lanes`] and compiled for each kind of processor.
//!
//! The compilation is selected at run time: AVX-512, else AVX2 with FMA, else the scalar twin.
//! Results differ between the three only by rounding; one machine always gives the same bytes.
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

/// The granularity of the kernels. Matrix widths are multiples of it, except those of interleaved
/// systems, and loops over rows start at multiples of it.
pub const PANEL: usize = 16;

/// The number of rows by which prefetching runs ahead of use.
pub const AHEAD: usize = 12;

/// The number of queries that [`products`] takes.
pub const QUERIES: usize = 6;
/// The number of rows of a panel that [`products`] multiplies each query with.
pub const PRODUCTS: usize = 64;

/// The number of systems that [`solve_lanes`] solves at once.
pub const LANES: usize = 16;

/// The inner product of two rows of equal length.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    dispatch!(dot(a, b))
}

/// True if all values are finite.
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

/// Writes [`PANEL`] rows as the columns of `out`, starting at `column`. The rows have equal width,
/// a multiple of [`PANEL`].
///
/// `out` is row-major with `width` numbers per row, and has as many rows as the panel's rows have
/// numbers.
pub fn transpose(panel: &[f32], out: &mut [f32], width: usize, column: usize) {
    dispatch!(transpose(panel, out, width, column));
}

/// Adds `rows' rows` to the first `n` rows (a multiple of 4) of the upper triangle of `a`. `a` is
/// `width x width`; `width` is a multiple of [`PANEL`] and also the width of the rows.
///
/// Blocks of 4 rows and columns on the diagonal are filled completely. Other entries below the
/// diagonal are unspecified.
pub fn add_gram(rows: &[f32], n: usize, a: &mut [f32], width: usize) {
    dispatch!(add_gram(rows, n, a, width));
}

/// Like [`add_gram`], but overwrites `a`.
pub fn gram(rows: &[f32], n: usize, a: &mut [f32], width: usize) {
    dispatch!(gram(rows, n, a, width));
}

/// Fills the rows of `out`, which are as wide as `scales`, with rows of `table`. Each row is
/// multiplied by its weight, each column by its scale. Rows of `out` beyond the last item, and rows
/// of items beyond the table, become 0.
pub fn gather(table: &[f32], items: &[u32], weights: &[f32], scales: &[f32], out: &mut [f32]) {
    dispatch!(gather(table, items, weights, scales, out));
}

/// `out = 1 / sqrt(alpha x + beta)`, element by element.
pub fn inverse_roots(alpha: f32, x: &[f32], beta: f32, out: &mut [f32]) {
    dispatch!(inverse_roots(alpha, x, beta, out));
}

/// One row of a table for each of [`LANES`] systems.
#[derive(Clone, Copy, Debug)]
pub struct LaneRows<'a> {
    /// Rows of `dim` numbers, a multiple of [`PANEL`].
    pub table: &'a [f32],
    /// The row index for each system. Rows beyond the table are zeros.
    pub items: [u32; LANES],
    /// The row indices needed next, which are prefetched.
    pub ahead: [u32; LANES],
    /// The weight of each row; 0 if the system has no row here.
    pub weights: &'a [f32; LANES],
    /// `dim x LANES`: the scale of each number of each system.
    pub scales: &'a [f32],
}

/// Writes row `at` of each of [`LANES`] interleaved systems, weighted and scaled, into its position
/// in `out`.
///
/// `out` holds all rows of `dim x LANES` numbers, so its length determines their number. It is
/// stored in sheets: the first [`PANEL`] of the `dim` of all rows, then the next. A sheet of up to
/// about thirty rows stays in the L1 cache, where [`gram_lanes`] multiplies each row with all
/// others.
pub fn gather_lanes(rows: LaneRows<'_>, at: usize, out: &mut [f32]) {
    dispatch!(gather_lanes(rows, at, out));
}

/// `a = rows rows'` for [`LANES`] interleaved systems. `rows` holds `n` rows (a multiple of 4) in
/// the sheets of [`gather_lanes`]. `a` has `n x width x LANES` numbers, where `width` is at least
/// `n`.
///
/// Blocks of 4 rows and columns on the diagonal are filled completely. Other entries below the
/// diagonal stay unchanged. O(n^2 dim).
pub fn gram_lanes(rows: &[f32], n: usize, a: &mut [f32], width: usize) {
    dispatch!(gram_lanes(rows, n, a, width));
}

/// `out = rows' weights` for [`LANES`] interleaved systems. `rows` is in the sheets of
/// [`gather_lanes`], with one row per weight (times [`LANES`]).
pub fn combine_lanes(rows: &[f32], weights: &[f32], out: &mut [f32]) {
    dispatch!(combine_lanes(rows, weights, out));
}

/// `diagonal = alpha x + beta` and its inverse, element by element. All slices have equal length, a
/// multiple of [`PANEL`].
pub fn diagonal(alpha: f32, x: &[f32], beta: f32, diagonal: &mut [f32], inverse: &mut [f32]) {
    dispatch!(diagonal(alpha, x, beta, diagonal, inverse));
}

/// `out = -D x`, of equal lengths, a multiple of [`PANEL`]. Returns `x'D x`.
pub fn subtract_diagonal(diagonal: &[f32], x: &[f32], out: &mut [f32]) -> f32 {
    dispatch!(subtract_diagonal(diagonal, x, out))
}

/// `out = base + D x`, of equal lengths, a multiple of [`PANEL`]. Returns true if all of it is
/// finite.
pub fn add_scaled(base: &[f32], scales: &[f32], x: &[f32], out: &mut [f32]) -> bool {
    dispatch!(add_scaled(base, scales, x, out))
}

/// The next direction of preconditioned conjugate gradients:
/// `direction = D^-1 r + (r'D^-1 r / before) direction`. The lengths are equal, a multiple of
/// [`PANEL`]. Returns `r'D^-1 r`.
pub fn next_direction(r: &[f32], inverse: &[f32], before: f32, direction: &mut [f32]) -> f32 {
    dispatch!(next_direction(r, inverse, before, direction))
}

/// The cells of a row problem: items with confidences and targets. All slices except the table are
/// parallel.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a> {
    /// The rows `y` of all items.
    pub table: &'a [f32],
    /// The row indices; rows beyond the table contribute nothing.
    pub items: &'a [u32],
    /// `c`.
    pub confidences: &'a [f32],
    /// `c t`; if shorter than the items, the rest counts as 0.
    pub wanted: &'a [f32],
    /// The row indices needed later; one is prefetched per cell.
    pub ahead: &'a [u32],
}

/// `out += sum_k (c_k t_k - c_k x.y_k) y_k` over the cells, whose rows are as wide as `x` and
/// `out`. This is the residual against the weighted Gram matrix, which is never built.
///
/// Returns `sum_k c_k (x.y_k)^2 - 2 c_k t_k x.y_k`, the squared error minus `sum_k c_k t_k^2`.
/// O(items x width).
pub fn add_residuals(cells: Cells<'_>, x: &[f32], out: &mut [f32]) -> f32 {
    dispatch!(add_residuals(cells, x, out))
}

/// The return value of [`add_residuals`] alone, at half the cost.
pub fn cells_value(cells: Cells<'_>, x: &[f32]) -> f32 {
    dispatch!(cells_value(cells, x))
}

/// Replaces `out` by the inner products of `query` with the rows `nodes` of `codes`, which are as
/// wide as `query`.
///
/// The arithmetic is on integers, so every kind of processor gives the same result. The width is a
/// multiple of 16. Products must fit 32 bits, which holds if no number of the query exceeds
/// `i32::MAX / (127 width)`.
pub fn code_products(query: &[i16], codes: &[i8], nodes: &[u32], out: &mut Vec<i32>) {
    dispatch!(code_products(query, codes, nodes, out));
}

/// Replaces `out` by the inner products of `query` with all rows of panels of codes.
///
/// A panel holds [`PANEL`] rows interleaved by pairs of numbers: the first two of each row, then
/// the next two. See [`code_products`] for the bounds.
pub fn panel_products(query: &[i16], panels: &[i8], out: &mut Vec<i32>) {
    dispatch!(panel_products(query, panels, out));
}

/// The inner products of [`QUERIES`] queries with [`PRODUCTS`] rows. `out` takes [`PRODUCTS`]
/// numbers per query.
///
/// `panel` holds the rows column by column, [`PRODUCTS`] numbers per column. `queries` holds the
/// queries likewise, [`QUERIES`] numbers per column.
pub fn products(panel: &[f32], queries: &[f32], out: &mut [f32]) {
    dispatch!(products(panel, queries, out));
}

/// `out = rows matrix`: rows of `width` numbers, a multiple of [`PANEL`], times a square row-major
/// matrix.
pub fn product(rows: &[f32], matrix: &[f32], width: usize, out: &mut [f32]) {
    dispatch!(product(rows, matrix, width, out));
}

/// Interleaves [`LANES`] consecutive matrices of `size x size` (a multiple of [`PANEL`]) into
/// `out`, number by number. The rows of `out` have `width` numbers per matrix, at least `size`.
/// Only blocks of [`PANEL`] columns on and right of the diagonal are written.
pub fn interleave(matrices: &[f32], size: usize, out: &mut [f32], width: usize) {
    dispatch!(interleave(matrices, size, out, width));
}

/// Solves [`LANES`] interleaved positive-definite systems, given by their upper triangles, in
/// place. The solutions replace `b`.
///
/// The number of unknowns is that of the `pivots` (divided by [`LANES`]), a multiple of 4. The
/// pivots are written so that the caller can check them: a lane with a non-positive pivot has a
/// meaningless solution. `a` has `width` numbers per row and system.
pub fn solve_lanes(a: &mut [f32], width: usize, pivots: &mut [f32], b: &mut [f32]) {
    dispatch!(solve_lanes(a, width, pivots, b));
}

/// Replaces the upper triangle of `a`, `width` numbers per row, by `u` with `u'u = a` in the first
/// `floors.len()` rows (a multiple of 4). Returns false, with `a` unspecified, if a pivot does not
/// exceed its floor.
pub fn cholesky(a: &mut [f32], width: usize, floors: &[f32]) -> bool {
    dispatch!(cholesky(a, width, floors))
}

/// Solves `u'u x = b` in place for the first `n` unknowns, with a `u` from [`cholesky`] as wide as
/// `b`. The rest of `b` becomes 0.
pub fn solve(u: &[f32], n: usize, b: &mut [f32]) {
    dispatch!(solve(u, n, b));
}

/// Prefetches the element at an index of a table, if it exists.
#[inline(always)]
fn prefetch_at<T>(table: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing and never faults, wherever the pointer points, and it is
        // never followed.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(table.as_ptr().wrapping_add(at).cast::<i8>()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (table, at);
}

/// Prefetches a row into the L1 cache.
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
