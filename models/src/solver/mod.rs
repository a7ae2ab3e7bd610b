//! The row problem of iALS, which is the fold-in of a user, an item or a friend:
//!
//! `min_p  sum_{i in S} c_i (t_i - p.q_i)^2 + p' diag(g) p + l |p|^2 + s |p - m|^2`
//!
//! in the eigenbasis in which the weighted Gram matrix is `diag(g)`.

use crate::factors::Factors;

/// One row to solve. All slices over items are parallel.
#[derive(Clone, Copy, Debug)]
pub struct RowProblem<'a> {
    /// Rows of the other side's factors.
    pub items: &'a [u32],
    /// `c_i`: positive.
    pub confidences: &'a [f32],
    /// `t_i`: 1 for, 0 against; empty means all 1.
    pub targets: &'a [f32],
    /// `l`.
    pub ridge: f32,
    /// `s`; 0 for no prior.
    pub prior_strength: f32,
    /// `m`: `dim` numbers, or empty where `s` is 0.
    pub prior_mean: &'a [f32],
}

/// Scratch memory for solving rows of one width; reused, it allocates nothing in the long run.
#[derive(Debug, Default)]
pub struct RowSolver {
    matrix: Vec<f64>,
}

impl RowSolver {
    /// Writes the minimiser into `out` (`dim` numbers). O(n^2 d + n^3) for n items <= d, else O(n d^2 + d^3).
    pub fn solve(
        &mut self,
        factors: &Factors,
        spectrum: &[f32],
        problem: &RowProblem<'_>,
        out: &mut [f32],
    ) {
        let d = factors.dim();
        let a = &mut self.matrix;
        a.clear();
        a.resize(d * d, 0.0);
        let mut b = vec![0.0_f64; d];
        for k in 0..d {
            a[k * d + k] = f64::from(spectrum[k] + problem.ridge + problem.prior_strength);
            if problem.prior_strength > 0.0 {
                b[k] = f64::from(problem.prior_strength * problem.prior_mean[k]);
            }
        }
        for (n, &item) in problem.items.iter().enumerate() {
            let c = f64::from(problem.confidences[n]);
            let t = f64::from(problem.targets.get(n).copied().unwrap_or(1.0));
            let row = factors.row(item as usize).unwrap_or(&[]);
            for (k, &x) in row.iter().enumerate() {
                b[k] += c * t * f64::from(x);
                for (l, &y) in row.iter().enumerate() {
                    a[k * d + l] += c * f64::from(x) * f64::from(y);
                }
            }
        }
        for j in 0..d {
            for i in j..d {
                let s: f64 = (0..j).map(|k| a[i * d + k] * a[j * d + k]).sum();
                let v = a[i * d + j] - s;
                a[i * d + j] = if i == j { v.sqrt() } else { v / a[j * d + j] };
            }
        }
        for i in 0..d {
            let s: f64 = (0..i).map(|k| a[i * d + k] * b[k]).sum();
            b[i] = (b[i] - s) / a[i * d + i];
        }
        for i in (0..d).rev() {
            let s: f64 = (i + 1..d).map(|k| a[k * d + i] * b[k]).sum();
            b[i] = (b[i] - s) / a[i * d + i];
        }
        for (o, v) in out.iter_mut().zip(b) {
            *o = v as f32;
        }
    }
}
