//! The invariants of embeddings, on small data whose answer is obvious.

use guanxi_models::column::WeightedRows;
use guanxi_models::factors::FactorsError;
use guanxi_models::fold_in::prior_of;
use guanxi_models::kernel::dot;
use guanxi_models::solver::{RowProblem, RowSolver};
use rand::RngExt as _;

use super::*;

fn params() -> AlsParams {
    AlsParams { dim: 16, sweeps: 6, mean_ridge: 2.0, ..AlsParams::default() }
}

fn matrix(n_items: usize, rows: &[Vec<(u32, f32, f32)>]) -> Matrix {
    let cells = rows
        .iter()
        .map(|row| row.iter().map(|&(item, confidence, target)| Cell { item, confidence, target }));
    Matrix::from_rows(n_items, cells).unwrap()
}

/// Two camps: users buy some items of their own half and dislike a few. The last user and the last
/// item have no cells.
fn camps(n_users: usize, n_items: usize) -> Matrix {
    let mut rng = StdRng::seed_from_u64(9);
    let half = n_items / 2;
    let mut rows: Vec<_> = (0..n_users - 1)
        .map(|user| {
            let base = if user % 2 == 0 { 0 } else { half };
            let items = (0..half - 1).filter(|_| rng.random_bool(0.4)).collect::<Vec<_>>();
            let cell = |i: &usize| {
                ((base + i) as u32, 0.5 + (i % 3) as f32, f32::from(!i.is_multiple_of(11)))
            };
            items.iter().map(cell).collect()
        })
        .collect();
    rows.push(Vec::new());
    matrix(n_items, &rows)
}

fn fit_quietly(matrix: &Matrix, params: &AlsParams) -> Als {
    fit(matrix, params, &mut |_| ()).unwrap()
}

/// The loss as the module documentation states it, cell by cell and pair by pair.
fn loss(matrix: &Matrix, params: &AlsParams, als: &Als) -> f64 {
    let trainer = Trainer::new(matrix, params).unwrap();
    let (p, q) = (&als.user_factors, &als.item_factors);
    let score = |u: usize, i: usize| f64::from(dot(p.row(u).unwrap(), q.row(i).unwrap()));
    let length = |row: &[f32]| f64::from(dot(row, row));
    let a0 = f64::from(params.unobserved_weight);
    let mut sum = 0.0;
    for u in 0..matrix.n_users() {
        let row = matrix.users.row(u);
        for (at, &i) in row.others.iter().enumerate() {
            let error =
                f64::from(row.targets.get(at).copied().unwrap_or(1.0)) - score(u, i as usize);
            sum += f64::from(row.confidences[at]) * error * error;
        }
        for i in 0..matrix.n_items() {
            sum += a0 * f64::from(trainer.frequencies[i]) * score(u, i).powi(2);
        }
        let ridge = trainer.ridge(matrix.n_items()).of(row.others.len());
        sum += f64::from(ridge) * length(p.row(u).unwrap());
    }
    for i in 0..matrix.n_items() {
        let ridge = trainer.ridge(matrix.n_users()).of(matrix.items.row(i).others.len());
        sum += f64::from(ridge) * length(q.row(i).unwrap());
    }
    sum
}

#[test]
fn the_loss_never_rises_and_is_the_one_that_is_written_down() {
    let matrix = camps(60, 40);
    for (item_frequency_exponent, solver) in
        [(0.0, Solver::Exact), (0.5, Solver::Exact), (0.5, Solver::ConjugateGradients)]
    {
        let params = AlsParams { solver, item_frequency_exponent, ..params() };
        let mut losses = Vec::new();
        let als = fit(&matrix, &params, &mut |sweep| losses.push(sweep.loss)).unwrap();
        // The last solve of the users comes after the last sweep.
        losses.push(loss(&matrix, &params, &als));
        assert_eq!(losses.len(), 7);
        assert!(losses.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-6)), "{losses:?}");
        assert!(losses[0] > losses[6] * 1.001, "{losses:?}");
        assert!(losses[5] < losses[6] * 1.02, "{losses:?}");
    }
}

#[test]
fn conjugate_gradients_end_where_exact_rows_do() {
    let matrix = camps(60, 40);
    let last = |solver| {
        let mut last = 0.0;
        let params = AlsParams { solver, sweeps: 30, ..params() };
        fit(&matrix, &params, &mut |sweep| last = sweep.loss).unwrap();
        last
    };
    let (exact, gradients) = (last(Solver::Exact), last(Solver::ConjugateGradients));
    assert!((exact - gradients).abs() < 2e-3 * exact, "{exact} and {gradients}");
}

#[test]
fn camps_are_told_apart_and_the_untouched_stay_zero() {
    let matrix = camps(60, 40);
    let als = fit_quietly(&matrix, &params());
    let score = |u, i| dot(als.user_factors.row(u).unwrap(), als.item_factors.row(i).unwrap());
    // All users dislike items 11 and 31.
    let liked = || (1..19).filter(|i| *i != 11);
    assert!(liked().all(|i| score(0, i) > score(0, 20 + i)));
    assert!(liked().all(|i| score(1, i) < score(1, 20 + i)));
    assert_eq!(als.user_factors.row(59).unwrap(), [0.0; 16]);
    assert_eq!(als.item_factors.row(39).unwrap(), [0.0; 16]);
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let matrix = camps(400, 150);
    for solver in [Solver::Exact, Solver::ConjugateGradients] {
        let train = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fit_quietly(&matrix, &AlsParams { solver, ..params() }))
        };
        let (one, three) = (train(1), train(3));
        assert_eq!(one.user_factors.values(), three.user_factors.values());
        assert_eq!(one.item_factors.values(), three.item_factors.values());
        assert_eq!(one.fold_in, three.fold_in);
    }
}

#[test]
fn another_seed_is_another_start() {
    let matrix = camps(30, 20);
    let with = |seed| fit_quietly(&matrix, &AlsParams { seed, ..params() }).item_factors;
    assert_ne!(with(1).values(), with(2).values());
}

/// A ring of friends; the last user has no friends.
fn ring(n_users: usize) -> WeightedRows {
    let mut rows: Vec<Vec<(u32, f32)>> = (0..n_users)
        .map(|user| {
            vec![(((user + 2) % n_users) as u32, 0.5), (((user + 4) % n_users) as u32, 2.0)]
        })
        .collect();
    rows.push(Vec::new());
    WeightedRows::from_rows(&rows)
}

/// Folds a user in the way serving does.
fn folded(matrix: &Matrix, als: &Als, friends: &WeightedRows, user: usize) -> Vec<f32> {
    let (ids, ties) = friends.row(user);
    let profiles =
        ids.iter().zip(ties).map(|(&id, &tie)| (als.user_factors.row(id as usize).unwrap(), tie));
    let trained = profiles.filter(|(row, _)| row.iter().any(|&x| x != 0.0));
    let mean = prior_of(trained, &als.fold_in.mean, als.fold_in.friend_shrinkage);
    let cells = matrix.users.row(user);
    let problem = RowProblem {
        items: cells.others,
        confidences: cells.confidences,
        targets: cells.targets,
        ridge: als.fold_in.ridge_of(cells.others.len()),
        prior_strength: if mean.is_empty() { 0.0 } else { als.fold_in.prior_strength() },
        prior_mean: &mean,
    };
    let mut row = vec![0.0; als.item_factors.dim()];
    RowSolver::default().solve(&als.item_factors, &als.fold_in.spectrum, &problem, &mut row);
    row
}

fn assert_same(a: &[f32], b: &[f32]) {
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs())), "{a:?} {b:?}");
}

#[test]
fn folding_a_user_in_gives_the_row_of_the_sweep() {
    let matrix = camps(60, 40);
    let mut als = fit_quietly(&matrix, &params());
    let nobody = WeightedRows::default();
    for user in 0..60 {
        assert_same(&folded(&matrix, &als, &nobody, user), als.user_factors.row(user).unwrap());
    }
    let friends = ring(59);
    let rows = user_sweep_with_prior(&matrix, &mut als, &friends, FriendPrior::default()).unwrap();
    for user in 0..60 {
        assert_same(&folded(&matrix, &als, &friends, user), rows.row(user).unwrap());
    }
    assert_ne!(rows.row(3), als.user_factors.row(3));
}

#[test]
fn friends_speak_for_a_user_without_a_history_unless_they_have_no_strength() {
    let matrix = camps(60, 40);
    let mut als = fit_quietly(&matrix, &params());
    let mut rows = vec![Vec::new(); 59];
    rows.push(vec![(0, 1.0), (2, 1.0)]);
    let friends = WeightedRows::from_rows(&rows);
    let sweep = |als: &mut Als, strength| {
        let prior = FriendPrior { strength, shrinkage: 1.0 };
        user_sweep_with_prior(&matrix, als, &friends, prior).unwrap()
    };
    let with = sweep(&mut als, 1.0);
    let (row, items) = (with.row(59).unwrap(), &als.item_factors);
    assert!(dot(row, items.row(5).unwrap()) > dot(row, items.row(25).unwrap()));
    let without = sweep(&mut als, 0.0);
    assert_eq!(without.row(59).unwrap(), [0.0; 16]);
    assert_eq!(without.values(), als.user_factors.values());
}

#[test]
fn a_prior_beyond_single_precision_is_refused() {
    let matrix = camps(60, 40);
    let mut als = fit_quietly(&matrix, &params());
    let prior = FriendPrior { strength: f32::INFINITY, ..FriendPrior::default() };
    let refused = user_sweep_with_prior(&matrix, &mut als, &ring(59), prior).unwrap_err();
    assert!(matches!(refused, AlsError::Factors(FactorsError::NotFinite { .. })), "{refused}");
}

#[test]
fn every_poor_world_gives_finite_embeddings() {
    let many = (0..3000).map(|item| (item, 1.0, 1.0)).collect();
    let worlds = [
        matrix(0, &[]),
        matrix(3, &[vec![], vec![]]),
        matrix(1, &[vec![(0, 1.0, 1.0)]]),
        matrix(5, &[vec![(4, 2.0, 0.0)], vec![]]),
        matrix(8, &vec![(0..8).map(|item| (item, 1.0, 1.0)).collect(); 12]),
        matrix(4, &vec![(0..4).map(|item| (item, 0.0, 1.0)).collect(); 4]),
        matrix(4, &vec![(0..4).map(|item| (item, 1e30, 1.0)).collect(); 4]),
        matrix(3000, &[many, vec![(7, 1.0, 1.0)]]),
    ];
    let harsh = AlsParams { unobserved_weight: 0.0, mean_ridge: 0.0, ..params() };
    for (world, matrix) in worlds.iter().enumerate() {
        for params in [&params(), &harsh] {
            let als = fit_quietly(matrix, params);
            for factors in [&als.user_factors, &als.item_factors] {
                assert!(factors.values().iter().all(|x| x.is_finite()), "world {world}");
            }
            assert_eq!(als.user_factors.rows(), matrix.n_users(), "world {world}");
            assert!(als.fold_in.mean.iter().chain(&als.fold_in.spectrum).all(|x| x.is_finite()));
        }
    }
}

#[test]
fn parameters_that_make_no_sense_are_refused() {
    let matrix = camps(10, 8);
    let of = |params: &AlsParams| fit(&matrix, params, &mut |_| ()).unwrap_err();
    let error = of(&AlsParams { mean_ridge: -1.0, ..params() });
    assert_eq!(error, AlsError::Parameter { name: "mean_ridge", value: -1.0 });
    assert!(matches!(
        of(&AlsParams { unobserved_weight: f32::NAN, ..params() }),
        AlsError::Parameter { .. }
    ));
    for dim in [0, 10] {
        assert_eq!(
            of(&AlsParams { dim, ..params() }),
            AlsError::Factors(FactorsError::Width { dim })
        );
    }
}
