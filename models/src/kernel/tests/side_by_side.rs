//! Interleaved systems: their construction and their solutions.

use super::*;

#[test]
fn rows_of_many_systems_are_gathered_side_by_side_and_what_is_not_there_is_0() {
    let (dim, weights) = (32, numbers(LANES, 3));
    let (table, scales) = (numbers(dim * 10, 1), numbers(dim * LANES, 2));
    let items: [u32; LANES] = std::array::from_fn(|lane| lane as u32 * 7 % 13);
    let ahead = std::array::from_fn(|lane| if lane == 3 { u32::MAX } else { 1 });
    for table in [&table[..], &[]] {
        let value = |k: usize, lane: usize| {
            let at = items[lane] as usize * dim + k;
            table.get(at).map_or(0.0, |x| weights[lane] * x * scales[k * LANES + lane])
        };
        let expected: Vec<f32> = (0..dim * LANES).map(|at| value(at / LANES, at % LANES)).collect();
        let weights = &weights.as_chunks().0[0];
        let rows = LaneRows { table, items, ahead, weights, scales: &scales };
        for at in 0..3 {
            let out = std::cell::RefCell::new(vec![f32::NAN; 3 * dim * LANES]);
            on_each!(gather_lanes(rows, at, &mut out.borrow_mut()), |()| {
                let mut others = rows_of(&out.borrow(), 3);
                assert_close(&others.remove(at), &expected);
                assert!(others.concat().iter().all(|value| value.is_nan()));
                out.borrow_mut().fill(f32::NAN);
            });
        }
    }
}

/// Reassembles `n` rows from their sheets.
fn rows_of(sheets: &[f32], n: usize) -> Vec<Vec<f32>> {
    let blocks = |row: usize| sheets.chunks_exact(PANEL * LANES).skip(row).step_by(n);
    (0..n).map(|row| blocks(row).flatten().copied().collect()).collect()
}

/// The rows of one of the interleaved systems.
fn of_lane(rows: &[f32], lane: usize) -> Vec<f32> {
    rows.iter().copied().skip(lane).step_by(LANES).collect()
}

/// The first `n` columns of a matrix. Asserts that the rest of its width is untouched.
fn within_width(matrix: &[f32], width: usize, n: usize) -> Vec<f32> {
    let (inside, beyond): (Vec<_>, Vec<_>) =
        matrix.chunks(width).map(|row| row.split_at(n)).unzip();
    assert!(beyond.concat().iter().all(|value| value.is_nan()));
    inside.concat()
}

#[test]
fn gram_matrices_side_by_side_are_those_of_each_system() {
    for (n, dim) in [(4, 16), (8, 48), (20, 32), (64, 16), (128, 128)] {
        let (sheets, width) = (numbers(n * dim * LANES, n as u64), n + 3);
        let rows = rows_of(&sheets, n).concat();
        let out = std::cell::RefCell::new(vec![f32::NAN; n * width * LANES]);
        on_each!(gram_lanes(&sheets, n, &mut out.borrow_mut(), width), |()| {
            for lane in 0..LANES {
                let mut columns = vec![0.0; dim * n];
                for (at, value) in of_lane(&rows, lane).into_iter().enumerate() {
                    columns[at % dim * n + at / dim] = value;
                }
                let expected = upper(&plain_gram(&columns, n, 0.0), n, n);
                let matrix = within_width(&of_lane(&out.borrow(), lane), width, n);
                assert_close(&upper(&matrix, n, n), &expected);
                let below = |row: usize| matrix[row * n..][..row / 4 * 4].iter();
                assert!((0..n).flat_map(below).all(|value| value.is_nan()));
            }
            out.borrow_mut().fill(f32::NAN);
        });
    }
}

#[test]
fn rows_side_by_side_are_combined_by_the_weights_of_their_systems() {
    for (n, dim) in [(0, 16), (3, 16), (4, 48), (12, 64)] {
        let (sheets, weights) = (numbers(n * dim * LANES, 1), numbers(n * LANES, 2));
        let rows = rows_of(&sheets, n).concat();
        let sum = |k: usize, lane: usize| -> f32 {
            (0..n).map(|i| weights[i * LANES + lane] * rows[(i * dim + k) * LANES + lane]).sum()
        };
        let expected: Vec<f32> = (0..dim * LANES).map(|at| sum(at / LANES, at % LANES)).collect();
        let out = std::cell::RefCell::new(vec![f32::NAN; dim * LANES]);
        on_each!(combine_lanes(&sheets, &weights, &mut out.borrow_mut()), |()| {
            assert_close(&out.borrow(), &expected);
            out.borrow_mut().fill(f32::NAN);
        });
    }
}

#[test]
fn inverse_roots_take_every_length() {
    for n in [0, 1, 5, 16, 31, 64] {
        let x: Vec<f32> = numbers(n, 1).iter().map(|x| x + 1.5).collect();
        let expected: Vec<f32> = x.iter().map(|x| 1.0 / (3.0 * x + 0.25).sqrt()).collect();
        let out = std::cell::RefCell::new(vec![f32::NAN; n]);
        on_each!(inverse_roots(3.0, &x, 0.25, &mut out.borrow_mut()), |()| {
            assert_close(&out.borrow(), &expected);
            out.borrow_mut().fill(f32::NAN);
        });
    }
}

#[test]
fn matrices_are_interleaved_number_by_number_and_what_is_beyond_their_width_stays() {
    for size in [16, 48] {
        let (matrices, width) = (numbers(LANES * size * size, 5), size + 1);
        let out = std::cell::RefCell::new(vec![f32::NAN; size * width * LANES]);
        on_each!(interleave(&matrices, size, &mut out.borrow_mut(), width), |()| {
            for (lane, matrix) in matrices.chunks(size * size).enumerate() {
                let of_lane = within_width(&of_lane(&out.borrow(), lane), width, size);
                assert_eq!(upper(&of_lane, size, size), upper(matrix, size, size));
            }
            out.borrow_mut().fill(f32::NAN);
        });
    }
}

#[test]
fn interleaved_systems_are_solved_each_for_itself() {
    for (size, n) in [(16, 4), (16, 8), (16, 16), (32, 20), (64, 60)] {
        let mut matrices = vec![0.0; LANES * size * size];
        let mut right = vec![0.0; size * LANES];
        let mut expected = vec![0.0; n * LANES];
        for lane in 0..LANES {
            let rows = numbers(size * size, lane as u64);
            let matrix = &mut matrices[lane * size * size..][..size * size];
            gram(&rows, size, matrix, size);
            (0..size).for_each(|at| matrix[at * size + at] += 1.0);
            let b = numbers(size, 100 + lane as u64);
            (0..n).for_each(|at| right[at * LANES + lane] = b[at]);
            let x = plain_solve(matrix, size, &b[..n]);
            (0..n).for_each(|at| expected[at * LANES + lane] = x[at]);
        }
        let width = size + 1;
        let mut pristine = vec![f32::NAN; size * width * LANES];
        interleave(&matrices, size, &mut pristine, width);
        let lanes_of = std::cell::RefCell::new(pristine.clone());
        let (b, pivots) = (std::cell::RefCell::new(right.clone()), vec![0.0; n * LANES]);
        let pivots = std::cell::RefCell::new(pivots);
        on_each!(
            solve_lanes(
                &mut lanes_of.borrow_mut(),
                width,
                &mut pivots.borrow_mut(),
                &mut b.borrow_mut()
            ),
            |()| {
                assert_close(&b.borrow()[..n * LANES], &expected);
                assert!(pivots.borrow().iter().all(|pivot| *pivot >= 1.0));
                b.borrow_mut().copy_from_slice(&right);
                lanes_of.borrow_mut().copy_from_slice(&pristine);
            }
        );
    }
}

/// Gaussian elimination in double precision on the first unknowns of a symmetric matrix, given by
/// its upper triangle.
fn plain_solve(matrix: &[f32], size: usize, b: &[f32]) -> Vec<f32> {
    let n = b.len();
    let upper = |i: usize, j: usize| f64::from(matrix[i.min(j) * size + i.max(j)]);
    let mut a: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| upper(i, j)).collect()).collect();
    let mut x: Vec<f64> = b.iter().map(|b| f64::from(*b)).collect();
    for k in 0..n {
        for i in k + 1..n {
            let factor = a[i][k] / a[k][k];
            let pivot = a[k].clone();
            a[i].iter_mut().zip(&pivot).for_each(|(a, p)| *a -= factor * p);
            x[i] -= factor * x[k];
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| a[k][j] * x[j]).sum();
        x[k] = (x[k] - known) / a[k][k];
    }
    x.into_iter().map(|x| x as f32).collect()
}
