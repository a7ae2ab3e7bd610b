//! Macros that compile each loop for every kind of processor and dispatch to the right one.

/// Compiles every loop of [`lanes`] for the features of one kind of processor.
#[cfg(target_arch = "x86_64")]
macro_rules! compile {
    ($simd:ty, $features:literal) => {
        use crate::kernel::{Cells, LaneRows, lanes};

        #[target_feature(enable = $features)]
        pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
            lanes::dot(<$simd>::here(), a, b)
        }

        #[target_feature(enable = $features)]
        pub(super) fn are_finite(values: &[f32]) -> bool {
            lanes::are_finite(<$simd>::here(), values)
        }

        #[target_feature(enable = $features)]
        pub(super) fn dots(query: &[f32], rows: &[f32], out: &mut [f32]) {
            lanes::dots(<$simd>::here(), query, rows, out);
        }

        #[target_feature(enable = $features)]
        pub(super) fn axpy(alpha: f32, x: &[f32], y: &mut [f32]) {
            lanes::axpy(<$simd>::here(), alpha, x, y);
        }

        #[target_feature(enable = $features)]
        pub(super) fn scale_by(alpha: f32, x: &[f32], weights: &[f32], out: &mut [f32]) {
            lanes::scale_by(<$simd>::here(), alpha, x, weights, out);
        }

        #[target_feature(enable = $features)]
        pub(super) fn transpose(panel: &[f32], out: &mut [f32], width: usize, column: usize) {
            lanes::transpose(<$simd>::here(), panel, out, width, column);
        }

        #[target_feature(enable = $features)]
        pub(super) fn add_gram(rows: &[f32], n: usize, a: &mut [f32], width: usize) {
            lanes::add_gram(<$simd>::here(), rows, n, a, width);
        }

        #[target_feature(enable = $features)]
        pub(super) fn gram(rows: &[f32], n: usize, a: &mut [f32], width: usize) {
            lanes::gram(<$simd>::here(), rows, n, a, width);
        }

        #[target_feature(enable = $features)]
        pub(super) fn gather(
            table: &[f32],
            items: &[u32],
            weights: &[f32],
            scales: &[f32],
            out: &mut [f32],
        ) {
            lanes::gather(<$simd>::here(), table, items, weights, scales, out);
        }

        #[target_feature(enable = $features)]
        pub(super) fn inverse_roots(alpha: f32, x: &[f32], beta: f32, out: &mut [f32]) {
            lanes::inverse_roots(<$simd>::here(), alpha, x, beta, out);
        }

        #[target_feature(enable = $features)]
        pub(super) fn gather_lanes(rows: LaneRows<'_>, at: usize, out: &mut [f32]) {
            lanes::gather_lanes(<$simd>::here(), rows, at, out);
        }

        #[target_feature(enable = $features)]
        pub(super) fn gram_lanes(rows: &[f32], n: usize, a: &mut [f32], width: usize) {
            lanes::gram_lanes(<$simd>::here(), rows, n, a, width);
        }

        #[target_feature(enable = $features)]
        pub(super) fn combine_lanes(rows: &[f32], weights: &[f32], out: &mut [f32]) {
            lanes::combine_lanes(<$simd>::here(), rows, weights, out);
        }

        #[target_feature(enable = $features)]
        pub(super) fn diagonal(
            alpha: f32,
            x: &[f32],
            beta: f32,
            diagonal: &mut [f32],
            inverse: &mut [f32],
        ) {
            lanes::diagonal(<$simd>::here(), alpha, x, beta, diagonal, inverse);
        }

        #[target_feature(enable = $features)]
        pub(super) fn subtract_diagonal(diagonal: &[f32], x: &[f32], out: &mut [f32]) -> f32 {
            lanes::subtract_diagonal(<$simd>::here(), diagonal, x, out)
        }

        #[target_feature(enable = $features)]
        pub(super) fn add_scaled(base: &[f32], scales: &[f32], x: &[f32], out: &mut [f32]) -> bool {
            lanes::add_scaled(<$simd>::here(), base, scales, x, out)
        }

        #[target_feature(enable = $features)]
        pub(super) fn next_direction(
            r: &[f32],
            inverse: &[f32],
            before: f32,
            direction: &mut [f32],
        ) -> f32 {
            lanes::next_direction(<$simd>::here(), r, inverse, before, direction)
        }

        #[target_feature(enable = $features)]
        pub(super) fn add_residuals(cells: Cells<'_>, x: &[f32], out: &mut [f32]) -> f32 {
            lanes::add_residuals(<$simd>::here(), cells, x, out)
        }

        #[target_feature(enable = $features)]
        pub(super) fn cells_value(cells: Cells<'_>, x: &[f32]) -> f32 {
            lanes::cells_value(<$simd>::here(), cells, x)
        }

        #[target_feature(enable = $features)]
        pub(super) fn code_products(
            query: &[i16],
            codes: &[i8],
            nodes: &[u32],
            out: &mut Vec<i32>,
        ) {
            lanes::code_products(<$simd>::here(), query, codes, nodes, out);
        }

        #[target_feature(enable = $features)]
        pub(super) fn panel_products(query: &[i16], panels: &[i8], out: &mut Vec<i32>) {
            lanes::panel_products(<$simd>::here(), query, panels, out);
        }

        #[target_feature(enable = $features)]
        pub(super) fn products(panel: &[f32], queries: &[f32], out: &mut [f32]) {
            lanes::products(<$simd>::here(), panel, queries, out);
        }

        #[target_feature(enable = $features)]
        pub(super) fn product(rows: &[f32], matrix: &[f32], width: usize, out: &mut [f32]) {
            lanes::product(<$simd>::here(), rows, matrix, width, out);
        }

        #[target_feature(enable = $features)]
        pub(super) fn interleave(matrices: &[f32], size: usize, out: &mut [f32], width: usize) {
            lanes::interleave(<$simd>::here(), matrices, size, out, width);
        }

        #[target_feature(enable = $features)]
        pub(super) fn solve_lanes(a: &mut [f32], width: usize, pivots: &mut [f32], b: &mut [f32]) {
            lanes::solve_lanes(<$simd>::here(), a, width, pivots, b);
        }

        #[target_feature(enable = $features)]
        pub(super) fn cholesky(a: &mut [f32], width: usize, floors: &[f32]) -> bool {
            lanes::cholesky(<$simd>::here(), a, width, floors)
        }

        #[target_feature(enable = $features)]
        pub(super) fn solve(u: &[f32], n: usize, b: &mut [f32]) {
            lanes::solve(<$simd>::here(), u, n, b);
        }
    };
}

/// Calls the compilation of a loop that fits this processor.
macro_rules! dispatch {
    ($name:ident($($argument:expr),*)) => {{
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") {
                // SAFETY: the processor has AVX-512F and BW, the only features that the function
                // requires.
                return unsafe { avx512::$name($($argument),*) };
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                // SAFETY: the processor has AVX2 and FMA, the only features that the function
                // requires.
                return unsafe { avx2::$name($($argument),*) };
            }
        }
        lanes::$name(scalar::Scalar, $($argument),*)
    }};
}
