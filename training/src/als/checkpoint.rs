//! The state of a half-trained embedding, from which an interrupted training resumes.

use guanxi_models::Factors;
use guanxi_models::mix::mix;

use super::matrix::Side;
use super::{AlsParams, Matrix, Solver};

/// The state after some sweeps. The next sweep depends on nothing else, so a resumed training
/// yields the same bytes.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The loss after each finished sweep.
    pub losses: Vec<f64>,
    /// `q_i` after the last finished sweep.
    pub items: Factors,
    /// `p_u` in the same basis, the start of the next conjugate gradients. It has no rows if the
    /// solver is exact.
    pub users: Factors,
}

impl Checkpoint {
    /// True if training `matrix` with `params` can have produced this state.
    pub(crate) fn fits(&self, matrix: &Matrix, params: &AlsParams) -> bool {
        let shape = (self.items.rows(), self.items.dim());
        let users = match params.solver {
            Solver::Exact => (0, Factors::LANES),
            Solver::ConjugateGradients => (matrix.n_users(), params.dim),
        };
        shape == (matrix.n_items(), params.dim)
            && users == (self.users.rows(), self.users.dim())
            && self.losses.len() <= params.sweeps
    }
}

/// A hash of every cell of the matrix and every parameter; it tells trainings apart. O(cells).
pub fn fingerprint(matrix: &Matrix, params: &AlsParams) -> u64 {
    let AlsParams {
        dim,
        sweeps,
        solver,
        unobserved_weight,
        mean_ridge,
        ridge_exponent,
        item_frequency_exponent,
        seed,
    } = params;
    let mut hash = mix(*seed, *dim as u32, *sweeps as u32);
    hash = mix(hash, *solver as u32, 0);
    hash = mix(hash, unobserved_weight.to_bits(), mean_ridge.to_bits());
    hash = mix(hash, ridge_exponent.to_bits(), item_frequency_exponent.to_bits());
    hash = mix(hash, matrix.n_users() as u32, matrix.n_items() as u32);
    cells(&matrix.users, hash)
}

fn cells(side: &Side, mut hash: u64) -> u64 {
    for row in 0..side.rows() {
        let cells = side.row(row);
        hash = mix(hash, row as u32, cells.others.len() as u32);
        for (at, &other) in cells.others.iter().enumerate() {
            hash = mix(hash, other, cells.confidences[at].to_bits());
            hash = mix(hash, cells.targets.get(at).copied().unwrap_or(1.0).to_bits(), 0);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::als::{Cell, fit, fit_from};

    /// A matrix in which each user has every third item, starting at the user's own index.
    fn matrix(confidence: f32) -> Matrix {
        let rows = (0..40_u32).map(|user| {
            let items = (0..30_u32).filter(move |item| (item + user).is_multiple_of(3));
            items.map(move |item| Cell { item, confidence, target: 1.0 })
        });
        Matrix::from_rows(30, rows).unwrap()
    }

    fn params() -> AlsParams {
        AlsParams { dim: 16, sweeps: 4, ..AlsParams::default() }
    }

    #[test]
    fn going_on_after_any_sweep_gives_the_same_bytes_and_losses() {
        for solver in [Solver::Exact, Solver::ConjugateGradients] {
            let (matrix, params) = (matrix(1.0), AlsParams { solver, ..params() });
            let mut states = Vec::new();
            let keep = &mut |_: crate::als::Sweep, state: &Checkpoint| states.push(state.clone());
            let whole = fit_from(None, &matrix, &params, keep).unwrap();
            let losses = states.last().unwrap().losses.clone();
            assert_eq!((states.len(), losses.len()), (4, 4));
            for state in states {
                let mut reported = state.losses.clone();
                let rest =
                    &mut |sweep: crate::als::Sweep, _: &Checkpoint| reported.push(sweep.loss);
                let resumed = fit_from(Some(state), &matrix, &params, rest).unwrap();
                assert_eq!(reported, losses);
                assert_eq!(resumed.user_factors.values()[..], whole.user_factors.values()[..]);
                assert_eq!(resumed.item_factors.values()[..], whole.item_factors.values()[..]);
            }
        }
    }

    #[test]
    fn a_state_of_another_shape_is_left_out() {
        let (matrix, params) = (matrix(1.0), params());
        let whole = fit(&matrix, &params, &mut |_| ()).unwrap();
        let of = |rows: usize| Factors::new(16, vec![0.5; 16 * rows]).unwrap();
        for (items, users) in [(of(1), Factors::empty()), (of(30), of(40))] {
            let foreign = Checkpoint { losses: vec![1.0], items, users };
            let resumed = fit_from(Some(foreign), &matrix, &params, &mut |_, _| ()).unwrap();
            assert_eq!(resumed.item_factors.values()[..], whole.item_factors.values()[..]);
        }
    }

    #[test]
    fn the_fingerprint_follows_cells_and_parameters() {
        let (this, params) = (matrix(1.0), params());
        let same = fingerprint(&this, &params);
        assert_eq!(fingerprint(&matrix(1.0), &params), same);
        assert_ne!(fingerprint(&matrix(2.0), &params), same);
        for other in [
            AlsParams { seed: 1, ..params.clone() },
            AlsParams { mean_ridge: 9.0, ..params.clone() },
            AlsParams { sweeps: 5, ..params.clone() },
        ] {
            assert_ne!(fingerprint(&this, &other), same);
        }
    }
}
