//! Dual, primal and dense solutions compared with Gaussian elimination.

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;

/// Solves by elimination with row pivoting in double precision: slow, and unlike the code under
/// test.
fn oracle(factors: &Factors, spectrum: &[f32], problem: &RowProblem<'_>) -> Vec<f64> {
    let d = factors.dim();
    let strength = f64::from(problem.prior_strength);
    let mut a = vec![vec![0.0; d + 1]; d];
    for k in 0..d {
        a[k][k] = f64::from(spectrum[k]) + f64::from(problem.ridge) + strength;
        a[k][d] = strength * problem.prior_mean.get(k).map_or(0.0, |m| f64::from(*m));
    }
    for (n, &item) in problem.items.iter().enumerate() {
        let row = factors.row(item as usize).unwrap();
        let (c, t) = (f64::from(problem.confidences[n]), f64::from(problem.target(n)));
        for k in 0..d {
            for l in 0..d {
                a[k][l] += c * f64::from(row[k]) * f64::from(row[l]);
            }
            a[k][d] += c * t * f64::from(row[k]);
        }
    }
    for k in 0..d {
        let largest = (k..d).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap();
        a.swap(k, largest);
        let pivot = a[k].clone();
        for row in a.iter_mut().skip(k + 1) {
            let factor = row[k] / pivot[k];
            row.iter_mut().zip(&pivot).skip(k).for_each(|(x, p)| *x -= factor * p);
        }
    }
    let mut x = vec![0.0; d];
    for k in (0..d).rev() {
        let known: f64 = (k + 1..d).map(|l| a[k][l] * x[l]).sum();
        x[k] = (a[k][d] - known) / a[k][k];
    }
    x
}

/// A problem with its data, parts of which the tests change.
#[derive(Debug)]
struct World {
    factors: Factors,
    spectrum: Vec<f32>,
    items: Vec<u32>,
    confidences: Vec<f32>,
    targets: Vec<f32>,
    ridge: f32,
    prior_strength: f32,
    prior_mean: Vec<f32>,
}

fn world(dim: usize, n: usize, seed: u64) -> World {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut numbers = |count: usize, from: f32, to: f32| -> Vec<f32> {
        (0..count).map(|_| rng.random_range(from..to)).collect()
    };
    World {
        factors: Factors::new(dim, numbers(dim * n.max(1), -0.5, 0.5)).unwrap(),
        spectrum: numbers(dim, 0.0, 30.0),
        items: (0..n as u32).rev().collect(),
        confidences: numbers(n, 0.01, 20.0),
        targets: numbers(n, 0.0, 2.0).into_iter().map(f32::trunc).collect(),
        ridge: numbers(1, 0.5, 20.0)[0],
        prior_strength: 0.0,
        prior_mean: numbers(dim, -0.3, 0.3),
    }
}

impl World {
    fn problem(&self) -> RowProblem<'_> {
        RowProblem {
            items: &self.items,
            confidences: &self.confidences,
            targets: &self.targets,
            ridge: self.ridge,
            prior_strength: self.prior_strength,
            prior_mean: &self.prior_mean,
        }
    }

    fn solve_with(&self, solver: &mut RowSolver) -> Vec<f32> {
        let mut out = vec![f32::NAN; self.factors.dim()];
        solver.solve(&self.factors, &self.spectrum, &self.problem(), &mut out);
        out
    }

    fn solve(&self) -> Vec<f32> {
        self.solve_with(&mut RowSolver::default())
    }

    fn assert_solved(&self, solution: &[f32]) {
        let expected = oracle(&self.factors, &self.spectrum, &self.problem());
        let norm = |x: &mut dyn Iterator<Item = f64>| x.map(|x| x * x).sum::<f64>().sqrt();
        let size = norm(&mut expected.iter().copied());
        let error = norm(&mut expected.iter().zip(solution).map(|(e, s)| e - f64::from(*s)));
        assert!(error <= 1e-4 * size + 1e-7, "off by {error} of {size}");
    }
}

proptest! {
    #[test]
    fn every_row_is_solved(dim in 1..=5_usize, n in 0..200_usize, seed: u64, prior in 0.0..30.0_f32) {
        let world = World { prior_strength: (prior - 10.0).max(0.0), ..world(dim * 16, n, seed) };
        world.assert_solved(&world.solve());
    }

    #[test]
    fn dual_primal_and_dense_agree(n in 1..=48_usize, seed: u64, prior_strength in 0.0..9.0_f32) {
        let world = World { prior_strength, ..world(48, n, seed) };
        let (mut solver, mut out) = (RowSolver::default(), vec![0.0; 48]);
        for system in [RowSolver::solve_dual, RowSolver::solve_primal] {
            assert!(solver.penalise(&world.spectrum, &world.problem()));
            assert!(system(&mut solver, &world.factors, &world.problem()));
            assert!(solver.write(true, &mut out));
            world.assert_solved(&out);
        }
        solver.dense.solve(&world.factors, &world.spectrum, &world.problem(), &mut out);
        world.assert_solved(&out);
    }
}

#[test]
fn the_history_of_a_solver_leaves_no_trace() {
    let mut solver = RowSolver::default();
    for n in [150, 3, 20, 0, 64, 1, 70] {
        let world = world(32, n, n as u64);
        assert_eq!(world.solve_with(&mut solver), world.solve());
    }
}

#[test]
fn nothing_known_gives_zeros_and_a_prior_alone_its_shrunken_mean() {
    let mut world = world(16, 0, 1);
    assert_eq!(world.solve(), [0.0; 16]);
    world.prior_strength = 3.0;
    world.assert_solved(&world.solve());
}

#[test]
fn no_targets_means_all_for() {
    let mut world = world(16, 5, 2);
    world.targets = vec![1.0; 5];
    let reported = world.solve();
    world.targets.clear();
    assert_eq!(world.solve(), reported);
}

#[test]
fn confidences_that_are_no_confidence_count_nothing() {
    let mut world = world(16, 3, 3);
    for nothing in [0.0, -1.0, f32::NAN] {
        world.confidences = vec![nothing; 3];
        assert_eq!(world.solve(), [0.0; 16], "{nothing}");
    }
    world.confidences = vec![1e-40; 3];
    assert!(world.solve().iter().all(|x| x.abs() < 1e-20));
}

#[test]
fn huge_confidences_are_solved_in_double_precision() {
    for n in [2, 10, 40] {
        let mut world = world(16, n, 4);
        world.confidences = vec![1e7; n];
        world.assert_solved(&world.solve());
        world.confidences = vec![f32::INFINITY; n];
        assert!(world.solve().iter().all(|x| x.is_finite()), "{n}");
    }
}

#[test]
fn the_same_vector_many_times_is_one_vector_of_their_weight() {
    let mut many = world(16, 1, 5);
    many.items = vec![0; 12];
    many.confidences = vec![500.0; 12];
    many.targets = vec![1.0; 12];
    many.assert_solved(&many.solve());
}

#[test]
fn zero_vectors_and_vectors_beyond_the_last_say_nothing() {
    let mut world = world(16, 4, 6);
    let without = world.solve();
    world.items.push(1000);
    world.confidences.push(5.0);
    world.targets.push(1.0);
    assert_eq!(world.solve(), without);
    world.factors = Factors::new(16, vec![0.0; 16 * 4]).unwrap();
    assert_eq!(world.solve(), [0.0; 16]);
}

#[test]
fn without_any_penalty_the_answer_is_finite() {
    for n in [0, 1, 5, 16, 40] {
        let mut world = world(16, n, 7);
        world.spectrum = vec![0.0; 16];
        world.ridge = 0.0;
        assert!(world.solve().iter().all(|x| x.is_finite()), "{n}");
    }
}

#[test]
fn huge_vectors_give_finite_answers() {
    for n in [3, 30] {
        let mut world = world(16, n, 8);
        world.factors = Factors::new(16, vec![3e38; 16 * n]).unwrap();
        world.confidences = vec![1e38; n];
        assert!(world.solve().iter().all(|x| x.is_finite()), "{n}");
    }
}

/// Rows of all lengths, some with priors and targets, on one table.
struct Rows {
    worlds: Vec<World>,
}

impl Rows {
    fn new(dim: usize) -> Self {
        let lengths = [0, 1, 3, 16, 17, 40, 63, 64, 65, 128, 150];
        let worlds = lengths.iter().cycle().take(70).enumerate().map(|(at, &n)| {
            let mut one = world(dim, n, at as u64);
            if at % 3 != 0 {
                one.prior_strength = 0.0;
            }
            one
        });
        Self { worlds: worlds.collect() }
    }

    fn batch(&self) -> Vec<BatchRow<'_>> {
        let rows = self.worlds.iter().enumerate();
        rows.map(|(at, one)| BatchRow { problem: one.problem(), scale: 0.5 + (at % 4) as f32 })
            .collect()
    }
}

#[test]
fn rows_solved_together_are_those_solved_alone() {
    for dim in [16, 48, 64, 128, 144] {
        let rows = Rows::new(dim);
        let (factors, spectrum) = (&rows.worlds[10].factors, &rows.worlds[10].spectrum);
        let (mut out, mut objectives) = (vec![f32::NAN; 70 * dim], Vec::new());
        let batch = rows.batch();
        BatchSolver::default().solve(factors, spectrum, &batch, &mut out, &mut objectives);
        for (at, row) in batch.iter().enumerate() {
            let scaled: Vec<f32> = spectrum.iter().map(|g| g * row.scale).collect();
            let mut alone = vec![0.0; dim];
            RowSolver::default().solve(factors, &scaled, &row.problem, &mut alone);
            for (together, alone) in out[at * dim..].iter().zip(&alone) {
                assert!((together - alone).abs() < 1e-4 * (1.0 + alone.abs()), "row {at}");
            }
        }
    }
}

#[test]
fn a_batch_leaves_no_trace_in_batches_of_other_widths() {
    let mut reused = BatchSolver::default();
    for (dim, confidence) in [(128, 1e30), (16, 1.0), (64, f32::NAN), (48, 1.0), (64, 2.0)] {
        let mut rows = Rows::new(dim);
        for one in &mut rows.worlds {
            one.confidences.iter_mut().for_each(|c| *c *= confidence);
            // Item indices beyond the table.
            one.items.iter_mut().skip(2).step_by(5).for_each(|item| *item = u32::MAX);
        }
        let (factors, spectrum) = (&rows.worlds[10].factors, &rows.worlds[10].spectrum);
        let [mut first, mut again] = [(); 2].map(|()| vec![f32::NAN; 70 * dim]);
        let (mut objectives, mut others) = (Vec::new(), Vec::new());
        reused.solve(factors, spectrum, &rows.batch(), &mut again, &mut others);
        BatchSolver::default().solve(factors, spectrum, &rows.batch(), &mut first, &mut objectives);
        assert!(first.iter().zip(&again).all(|(a, b)| a.is_finite() && a.to_bits() == b.to_bits()));
        assert_eq!(objectives, others);
    }
}

#[test]
fn rows_of_huge_numbers_share_a_batch_without_a_trace() {
    // The first row of the table, which replaces the missing items of shorter rows, is too large to
    // be scaled.
    let long = world(64, 40, 1);
    let mut values = long.factors.values().to_vec();
    values[..64].fill(1e30);
    let factors = Factors::new(64, values).unwrap();
    let short = World { items: vec![5, 6, 7, 8], ..world(64, 4, 2) };
    let spectrum = vec![1e-20; 64];
    let rows = [&short, &long].map(|one| BatchRow { problem: one.problem(), scale: 1.0 });
    let rows =
        rows.map(|row| BatchRow { problem: RowProblem { ridge: 0.0, ..row.problem }, ..row });
    let (mut together, mut alone) = (vec![0.0; 128], vec![0.0; 64]);
    let mut reported = Vec::new();
    BatchSolver::default().solve(&factors, &spectrum, &rows, &mut together, &mut reported);
    BatchSolver::default().solve(&factors, &spectrum, &rows[..1], &mut alone, &mut reported);
    assert!(together.iter().zip(&alone).all(|(a, b)| a.to_bits() == b.to_bits()));
}

#[test]
fn rows_too_coarse_for_single_precision_are_solved_again_within_a_batch() {
    let mut rows = Rows::new(64);
    for one in &mut rows.worlds {
        one.confidences.fill(1e7);
        one.items.fill(0);
    }
    let (factors, spectrum) = (&rows.worlds[10].factors, &rows.worlds[10].spectrum);
    let (mut out, mut objectives) = (vec![f32::NAN; 70 * 64], Vec::new());
    BatchSolver::default().solve(factors, spectrum, &rows.batch(), &mut out, &mut objectives);
    for (at, row) in rows.batch().iter().enumerate() {
        let scaled: Vec<f32> = spectrum.iter().map(|g| g * row.scale).collect();
        let exact = oracle(factors, &scaled, &row.problem);
        for (x, exact) in out[at * 64..].iter().zip(exact) {
            assert!((f64::from(*x) - exact).abs() < 1e-5 * (1.0 + exact.abs()), "row {at}");
        }
    }
}

#[test]
fn the_objective_is_that_of_the_answer() {
    let rows = Rows::new(64);
    let (factors, spectrum) = (&rows.worlds[10].factors, &rows.worlds[10].spectrum);
    let (mut out, mut objectives) = (vec![0.0; 70 * 64], Vec::new());
    let batch = rows.batch();
    BatchSolver::default().solve(factors, spectrum, &batch, &mut out, &mut objectives);
    for (at, row) in batch.iter().enumerate().filter(|(_, row)| !row.problem.has_prior()) {
        let x = &out[at * 64..(at + 1) * 64];
        let penalty = |k: usize| row.scale * spectrum[k] + row.problem.ridge;
        let mut expected: f64 = (0..64).map(|k| f64::from(penalty(k) * x[k] * x[k])).sum();
        for (n, &item) in row.problem.items.iter().enumerate() {
            let error = row.problem.target(n) - kernel::dot(x, factors.row(item as usize).unwrap());
            expected += f64::from(row.problem.confidence(n) * error * error);
        }
        assert!((objectives[at] - expected).abs() < 1e-3 * (1.0 + expected), "row {at}");
    }
}

#[test]
fn which_rows_share_a_batch_changes_no_bit() {
    let rows = Rows::new(64);
    let (factors, spectrum) = (&rows.worlds[10].factors, &rows.worlds[10].spectrum);
    let (mut all, mut objectives) = (vec![0.0; 70 * 64], Vec::new());
    let batch = rows.batch();
    let mut solver = BatchSolver::default();
    solver.solve(factors, spectrum, &batch, &mut all, &mut objectives);
    let all_objectives = objectives.clone();
    let mut half = vec![0.0; 35 * 64];
    solver.solve(factors, spectrum, &batch[35..], &mut half, &mut objectives);
    assert!(half.iter().zip(&all[35 * 64..]).all(|(a, b)| a.to_bits() == b.to_bits()));
    assert_eq!(objectives, all_objectives[35..]);
}

#[test]
fn confidences_beyond_single_precision_are_solved_in_double_within_a_batch() {
    let mut rows = Rows::new(64);
    for one in &mut rows.worlds {
        one.confidences.iter_mut().for_each(|c| *c = 1e30);
    }
    let (factors, spectrum) = (&rows.worlds[10].factors, &rows.worlds[10].spectrum);
    let (mut out, mut objectives) = (vec![f32::NAN; 70 * 64], Vec::new());
    BatchSolver::default().solve(factors, spectrum, &rows.batch(), &mut out, &mut objectives);
    assert!(out.iter().all(|x| x.is_finite()) && objectives.iter().all(|x| x.is_finite()));
}

/// Takes `steps` steps from `x` and returns the reported values.
fn descend(rows: &[BatchRow<'_>], one: &World, steps: usize, x: &mut [f32]) -> Vec<f64> {
    let mut reported = vec![f64::NAN];
    GradientSolver::default().solve(&one.factors, &one.spectrum, rows, steps, x, &mut reported);
    assert_eq!(reported.len(), rows.len());
    reported
}

#[test]
fn conjugate_gradients_go_towards_the_exact_answer_and_know_the_value_of_theirs() {
    for dim in [16, 64] {
        let rows = Rows::new(dim);
        let batch = rows.batch();
        let world = &rows.worlds[10];
        let mut after_three = vec![0.1; batch.len() * dim];
        let reported = descend(&batch, world, 3, &mut after_three);
        let mut after_many = after_three.clone();
        descend(&batch, world, 300, &mut after_many);
        let answers = after_three.chunks(dim).zip(after_many.chunks(dim));
        for (at, ((row, reported), (three, many))) in
            batch.iter().zip(reported).zip(answers).enumerate()
        {
            let scaled: Vec<f32> = world.spectrum.iter().map(|g| g * row.scale).collect();
            let value = |x: &[f32]| objective(&world.factors, &scaled, &row.problem, x);
            assert!((reported - value(three)).abs() < 1e-4 * (1.0 + reported.abs()), "row {at}");
            let is_lower = value(three) <= value(&vec![0.1; dim]);
            assert!(row.problem.has_prior() || is_lower, "row {at}");
            let mut exact = vec![0.0; dim];
            RowSolver::default().solve(&world.factors, &scaled, &row.problem, &mut exact);
            for (x, exact) in many.iter().zip(&exact) {
                assert!((x - exact).abs() < 1e-4 * (1.0 + exact.abs()), "row {at}");
            }
        }
    }
}

#[test]
fn conjugate_gradients_stay_finite_beyond_single_precision() {
    let mut rows = Rows::new(64);
    for one in &mut rows.worlds {
        one.confidences.iter_mut().for_each(|c| *c = 1e30);
    }
    for start in [0.0, 1e30] {
        let mut out = vec![start; 70 * 64];
        let reported = descend(&rows.batch(), &rows.worlds[10], 3, &mut out);
        assert!(out.iter().all(|x| x.is_finite()) && reported.iter().all(|x| x.is_finite()));
    }
}

#[test]
fn a_row_beyond_single_precision_leaves_no_trace_in_the_next() {
    let (mut huge, plain) = (world(64, 20, 1), world(64, 20, 1));
    huge.confidences.iter_mut().for_each(|c| *c = 1e30);
    let rows = [&huge, &plain].map(|world| BatchRow { problem: world.problem(), scale: 1.0 });
    for start in [0.0, 1e30] {
        let mut together = [vec![start; 64], vec![0.1; 64]].concat();
        descend(&rows, &plain, 3, &mut together);
        let mut alone = vec![0.1; 64];
        descend(&rows[1..], &plain, 3, &mut alone);
        assert_eq!(together[64..], alone);
    }
}
