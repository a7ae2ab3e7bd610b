//! Alternating least squares (ALS), which trains the embeddings.
//!
//! The loss, over users `u`, items `i` and the cells `S` of the matrix:
//!
//! ```text
//! sum_(u,i in S) c_ui (t_ui - p_u.q_i)^2  +  a0 sum_u sum_i b_i (p_u.q_i)^2  +  sum_u l_u |p_u|^2  +  sum_i l_i |q_i|^2
//! l_u = lam (|S_u| + a0 m)^nu     l_i = lam (|S_i| + a0 n)^nu     b_i = popularity_i^-g, 1 on average
//! ```
//!
//! Each half-sweep solves all rows of one side exactly, in the eigenbasis of the other side's Gram
//! matrix, so the loss never rises. The last half-sweep solves the users, so folding in a known
//! user changes nothing. Friends enter once, in [`user_sweep_with_prior`], after the sweeps.
//!
//! The same matrix, parameters and seed give the same bytes on one kind of processor, for any
//! number of threads.

mod basis;
mod checkpoint;
mod error;
mod half_sweep;
mod matrix;
mod prior;
#[cfg(test)]
mod tests;

use guanxi_models::Factors;
use guanxi_models::params::FoldIn;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand_distr::{Distribution as _, Normal};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use basis::Rotated;
pub use checkpoint::{Checkpoint, fingerprint};
pub use error::AlsError;
use half_sweep::{HalfSweep, Method, Prior, Ridge};
pub use matrix::{Cell, Matrix, MatrixError};
pub use prior::{FriendPrior, user_sweep_with_prior};

/// The method that solves the rows of a half-sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Solver {
    /// Each row is solved to its minimum.
    #[default]
    Exact,
    /// Three steps of conjugate gradients from the previous row. A sweep costs less, and the loss
    /// falls slightly less.
    ConjugateGradients,
}

/// The number of conjugate-gradient steps per row and sweep.
const STEPS: usize = 3;

/// The parameters of the embedding's training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlsParams {
    /// `d`: the width of an embedding, a multiple of [`Factors::LANES`].
    pub dim: usize,
    /// The number of sweeps over both sides, before the users are solved a last time.
    pub sweeps: usize,
    /// The solver of the sweeps. The last solve of the users is always exact.
    pub solver: Solver,
    /// `a0`: the confidence of a user in an untouched item.
    pub unobserved_weight: f32,
    /// The ridge `l_u` of a user with the mean number of items; `lam` follows from it.
    pub mean_ridge: f32,
    /// `nu`: the exponent by which the ridge grows with the number of cells.
    pub ridge_exponent: f32,
    /// `g`: reduces the weight of popular items among the untouched; 0 weights all alike.
    pub item_frequency_exponent: f32,
    /// The seed of the initial embeddings.
    pub seed: u64,
}

impl Default for AlsParams {
    fn default() -> Self {
        Self {
            dim: 64,
            sweeps: 8,
            solver: Solver::Exact,
            unobserved_weight: 0.03,
            mean_ridge: 8.0,
            ridge_exponent: 1.0,
            item_frequency_exponent: 0.25,
            seed: 0,
        }
    }
}

/// The progress after one sweep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sweep {
    /// The sweep's number, from 1.
    pub sweep: usize,
    /// The total number of sweeps.
    pub of: usize,
    /// The loss, which never rises except by rounding.
    pub loss: f64,
}

/// The trained embeddings.
#[derive(Clone, Debug)]
pub struct Als {
    /// `p_u`: zeros for users without a cell.
    pub user_factors: Factors,
    /// `q_i`: zeros for items without a cell.
    pub item_factors: Factors,
    /// The parameters for solving a user's row against `item_factors`. They contain no friends
    /// until a [`FriendPrior`] is written into them.
    pub fold_in: FoldIn,
}

/// Trains embeddings and calls `progress` after each sweep. O(sweeps (cells d^2 + (users + items)
/// d^2)) at worst.
pub fn fit(
    matrix: &Matrix,
    params: &AlsParams,
    progress: &mut dyn FnMut(Sweep),
) -> Result<Als, AlsError> {
    fit_from(None, matrix, params, &mut |sweep, _| progress(sweep))
}

/// Like [`fit`], but resumes from `start`. A checkpoint that doesn't fit the matrix and parameters
/// is ignored.
pub fn fit_from(
    start: Option<Checkpoint>,
    matrix: &Matrix,
    params: &AlsParams,
    progress: &mut dyn FnMut(Sweep, &Checkpoint),
) -> Result<Als, AlsError> {
    let trainer = Trainer::new(matrix, params)?;
    let mut state = match start.filter(|start| start.fits(matrix, params)) {
        Some(start) => start,
        None => trainer.begin()?,
    };
    for sweep in state.losses.len() + 1..=params.sweeps {
        let Checkpoint { mut losses, items, users } = state;
        let (users, penalty) = trainer.solve_users(items, users, params.solver)?;
        let (items, users, loss) = trainer.solve_items(users)?;
        let loss = loss + penalty;
        losses.push(loss);
        state = Checkpoint { losses, items, users };
        progress(Sweep { sweep, of: params.sweeps, loss }, &state);
    }
    let (users, _) = trainer.solve_users(state.items, Factors::empty(), Solver::Exact)?;
    Ok(trainer.finish(users))
}

/// Solves some users' rows against `items` and returns them as a [`Checkpoint`], with the items in
/// the same basis. O(users d^3 + items d^2).
pub fn fold_users(
    matrix: &Matrix,
    params: &AlsParams,
    items: &Factors,
    users: &[u32],
) -> Result<(Factors, Factors), AlsError> {
    let trainer = Trainer::new(matrix, params)?;
    let items = trainer.rotate_items(items.clone())?;
    let half = trainer.user_half(&items);
    let rows = half.solve_some(users)?;
    Ok((rows, items.rows))
}

struct Trainer<'a> {
    matrix: &'a Matrix,
    params: &'a AlsParams,
    lam: f32,
    /// `b_i`.
    frequencies: Vec<f32>,
}

/// Users solved against items, in the eigenbasis of the items.
struct UserSide {
    rows: Factors,
    items: Factors,
    spectrum: Vec<f32>,
}

impl<'a> Trainer<'a> {
    fn new(matrix: &'a Matrix, params: &'a AlsParams) -> Result<Self, AlsError> {
        for (name, value) in [
            ("unobserved_weight", params.unobserved_weight),
            ("mean_ridge", params.mean_ridge),
            ("ridge_exponent", params.ridge_exponent),
            ("item_frequency_exponent", params.item_frequency_exponent),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(AlsError::Parameter { name, value });
            }
        }
        let mean_cells = matrix.n_cells() as f32 / matrix.n_users().max(1) as f32;
        let unobserved = params.unobserved_weight * matrix.n_items() as f32;
        let size = (mean_cells + unobserved).powf(params.ridge_exponent);
        let lam = if size > 0.0 { params.mean_ridge / size } else { params.mean_ridge };
        let frequencies = frequencies(matrix, params.item_frequency_exponent);
        Ok(Self { matrix, params, lam, frequencies })
    }

    fn begin(&self) -> Result<Checkpoint, AlsError> {
        let items = self.start()?;
        let users = match self.params.solver {
            Solver::Exact => Factors::empty(),
            Solver::ConjugateGradients => {
                let dim = self.params.dim;
                Factors::new(dim, vec![0.0; self.matrix.n_users() * dim])?
            }
        };
        Ok(Checkpoint { losses: Vec::new(), items, users })
    }

    /// Draws `V ~ N(0, 0.1^2 / d)` for items that have a cell. Every chunk has its own seed, so the
    /// number of threads doesn't matter.
    fn start(&self) -> Result<Factors, AlsError> {
        const CHUNK: usize = 1024;
        let dim = self.params.dim;
        let normal = Normal::new(0.0, 0.1 / (dim.max(1) as f32).sqrt())
            .expect("the deviation is positive and finite");
        let mut values = vec![0.0; self.matrix.n_items() * dim];
        values.par_chunks_mut((CHUNK * dim).max(1)).enumerate().for_each(|(chunk, rows)| {
            let seed =
                self.params.seed.wrapping_add((chunk as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let mut rng = StdRng::seed_from_u64(seed);
            for (row, values) in rows.chunks_mut(dim).enumerate() {
                let touched = !self.matrix.items.starts.range(chunk * CHUNK + row).is_empty();
                values.fill_with(|| if touched { normal.sample(&mut rng) } else { 0.0 });
            }
        });
        Ok(Factors::new(dim, values)?)
    }

    fn ridge(&self, others: usize) -> Ridge {
        Ridge {
            lam: self.lam,
            unobserved: self.params.unobserved_weight * others as f32,
            exponent: self.params.ridge_exponent,
        }
    }

    fn rotate_items(&self, items: Factors) -> Result<Rotated, AlsError> {
        basis::rotate(items, |item| self.frequencies[item], self.params.unobserved_weight)
    }

    /// The half-sweep of the users against items in their eigenbasis.
    fn user_half<'b>(&'b self, items: &'b Rotated) -> HalfSweep<'b> {
        HalfSweep {
            side: &self.matrix.users,
            factors: &items.rows,
            spectrum: &items.spectrum,
            ridge: self.ridge(self.matrix.n_items()),
            scales: &[],
        }
    }

    /// The users' rows and their penalty. Conjugate gradients start from the previous users.
    ///
    /// Tables are taken by value here and below, so that a half-sweep frees its input before it
    /// allocates its output.
    fn solve_users(
        &self,
        items: Factors,
        before: Factors,
        solver: Solver,
    ) -> Result<(UserSide, f64), AlsError> {
        let items = self.rotate_items(items)?;
        let method = method(solver, &items, before);
        let half = self.user_half(&items);
        let penalty = |row: usize, x: &[f32], _| half.penalty(row, x);
        let (rows, penalty) = half.solve(method, |_| Prior::none(), penalty)?;
        Ok((UserSide { rows, items: items.rows, spectrum: items.spectrum }, penalty))
    }

    /// The items' rows, the users' rows in the same basis if they are needed again, and the loss
    /// without the users' penalty.
    fn solve_items(&self, solved: UserSide) -> Result<(Factors, Factors, f64), AlsError> {
        let users = basis::rotate(solved.rows, |_| 1.0, self.params.unobserved_weight)?;
        let method = method(self.params.solver, &users, solved.items);
        let half = HalfSweep {
            side: &self.matrix.items,
            factors: &users.rows,
            spectrum: &users.spectrum,
            ridge: self.ridge(self.matrix.n_users()),
            scales: &self.frequencies,
        };
        let (items, loss) = half.solve(method, |_| Prior::none(), |_, _, least| least)?;
        let kept = match self.params.solver {
            Solver::Exact => Factors::empty(),
            Solver::ConjugateGradients => users.rows,
        };
        Ok((items, kept, loss))
    }

    fn finish(&self, users: UserSide) -> Als {
        let ridge = self.ridge(self.matrix.n_items());
        let mean = mean_row(&users.rows, |user| !self.matrix.users.starts.range(user).is_empty());
        let fold_in = FoldIn {
            spectrum: users.spectrum,
            ridge: ridge.lam,
            unobserved: ridge.unobserved,
            ridge_exponent: ridge.exponent,
            friend_strength: 0.0,
            friend_shrinkage: 0.0,
            mean,
        };
        Als { user_factors: users.rows, item_factors: users.items, fold_in }
    }
}

/// The method for rows solved against others in their eigenbasis; `before` holds the previous rows.
fn method(solver: Solver, others: &Rotated, before: Factors) -> Method {
    match solver {
        Solver::Exact => Method::Exact,
        Solver::ConjugateGradients => {
            Method::Gradients { steps: STEPS, start: others.turn(before) }
        }
    }
}

/// `b_i`: the number of cells to the power of `-exponent`, scaled to a mean of 1 over the items
/// that have cells.
fn frequencies(matrix: &Matrix, exponent: f32) -> Vec<f32> {
    let counts = (0..matrix.n_items()).map(|item| matrix.items.starts.range(item).len());
    let mut frequencies: Vec<f32> =
        counts.map(|count| if count == 0 { 0.0 } else { (count as f32).powf(-exponent) }).collect();
    let touched = frequencies.iter().filter(|b| **b > 0.0).count();
    let total: f64 = frequencies.iter().map(|b| f64::from(*b)).sum();
    let scale = if total > 0.0 { (touched as f64 / total) as f32 } else { 1.0 };
    for b in &mut frequencies {
        *b *= scale;
    }
    frequencies
}

/// The mean of the rows for which `counts` is true; zeros if there are none.
fn mean_row(factors: &Factors, counts: impl Fn(usize) -> bool) -> Vec<f32> {
    let mut sums = vec![0.0_f64; factors.dim()];
    let mut n = 0_usize;
    for row in (0..factors.rows()).filter(|&row| counts(row)) {
        n += 1;
        let values = factors.row(row).expect("row < rows");
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    sums.iter().map(|sum| (sum / n.max(1) as f64) as f32).collect()
}
