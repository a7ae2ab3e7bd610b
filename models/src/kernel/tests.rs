//! Every compilation that this processor can run agrees with arithmetic written down plainly.

use super::*;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng};

/// `n` numbers around 0.
fn numbers(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
}

fn assert_close(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= 2e-4 * (1.0 + b.abs()), "{a} is not {b} at {i}");
    }
}

/// Calls a loop once per compilation that this processor can run, and `check` with each result.
macro_rules! on_each {
    ($name:ident($($argument:expr),*), $check:expr) => {{
        // A statement of its own ends the borrows of the arguments before the check.
        let result = lanes::$name(scalar::Scalar, $($argument),*);
        $check(result);
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                // SAFETY: the features were detected in the line above.
                let result = unsafe { avx2::$name($($argument),*) };
                $check(result);
            }
            if is_x86_feature_detected!("avx512f") {
                // SAFETY: the feature was detected in the line above.
                let result = unsafe { avx512::$name($($argument),*) };
                $check(result);
            }
        }
        let result = $name($($argument),*);
        $check(result);
    }};
}

#[test]
fn dot_takes_every_length() {
    for n in (0..70).chain([255, 256, 1000]) {
        let (a, b) = (numbers(n, 1), numbers(n, 2));
        let exact: f64 = a.iter().zip(&b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
        on_each!(dot(&a, &b), |sum: f32| assert_close(&[sum], &[exact as f32]));
    }
}

#[test]
fn dots_are_those_of_each_row() {
    let (query, rows) = (numbers(48, 1), numbers(48 * 7, 2));
    let expected: Vec<f32> = rows.chunks(48).map(|row| dot(&query, row)).collect();
    let out = std::cell::RefCell::new(vec![0.0; 7]);
    on_each!(dots(&query, &rows, &mut out.borrow_mut()), |()| {
        assert_close(&out.borrow(), &expected);
        out.borrow_mut().fill(0.0);
    });
}

#[test]
fn axpy_and_scale_by_take_every_length() {
    for n in [0, 1, 5, 8, 16, 31, 64, 67] {
        let (x, y, w) = (numbers(n, 1), numbers(n, 2), numbers(n, 3));
        let added: Vec<f32> = x.iter().zip(&y).map(|(x, y)| y + 1.5 * x).collect();
        let scaled: Vec<f32> = x.iter().zip(&w).map(|(x, w)| -0.5 * x * w).collect();
        let out = std::cell::RefCell::new(y.clone());
        on_each!(axpy(1.5, &x, &mut out.borrow_mut()), |()| {
            assert_close(&out.borrow(), &added);
            out.borrow_mut().copy_from_slice(&y);
        });
        on_each!(scale_by(-0.5, &x, &w, &mut out.borrow_mut()), |()| {
            assert_close(&out.borrow(), &scaled);
            out.borrow_mut().fill(0.0);
        });
    }
}

#[test]
fn transpose_writes_columns() {
    let panel = numbers(PANEL * 48, 1);
    let out = std::cell::RefCell::new(vec![0.0_f32; 48 * 32]);
    on_each!(transpose(&panel, &mut out.borrow_mut(), 32, 16), |()| {
        let mut out = out.borrow_mut();
        for (k, row) in out.chunks(32).enumerate() {
            assert_eq!(row[..16], [0.0; 16]);
            assert!((0..16).all(|r| row[16 + r].to_bits() == panel[r * 48 + k].to_bits()));
        }
        out.fill(0.0);
    });
}

/// `rows' rows + diagonal`, in full.
fn gram(rows: &[f32], width: usize, diagonal: f32) -> Vec<f32> {
    let mut a = vec![0.0; width * width];
    for (at, a) in a.iter_mut().enumerate() {
        let (i, j) = (at / width, at % width);
        *a = rows.chunks(width).map(|row| row[i] * row[j]).sum();
        *a += if i == j { diagonal } else { 0.0 };
    }
    a
}

fn upper(a: &[f32], width: usize, n: usize) -> Vec<f32> {
    let in_upper = |at: usize| at / width < n && at / width <= at % width;
    (0..a.len()).filter(|&at| in_upper(at)).map(|at| a[at]).collect()
}

#[test]
fn gram_is_added_to_the_upper_triangle() {
    for (width, n) in [(16, 16), (32, 20), (48, 48), (64, 64), (80, 68), (128, 128)] {
        let rows = numbers(width * 9, width as u64);
        let expected = upper(&gram(&rows, width, 0.0), width, n);
        let out = std::cell::RefCell::new(vec![1.0; width * width]);
        on_each!(add_gram(&rows, n, &mut out.borrow_mut(), width), |()| {
            let one_more: Vec<f32> = expected.iter().map(|x| x + 1.0).collect();
            assert_close(&upper(&out.borrow(), width, n), &one_more);
            out.borrow_mut().fill(1.0);
        });
    }
}

#[test]
fn cholesky_and_solve_undo_a_product() {
    for (width, n) in [(16, 4), (16, 16), (32, 20), (48, 48), (64, 60), (128, 128)] {
        let a = gram(&numbers(width * 5, 7), width, 2.0);
        let x = numbers(n, 8);
        let mut b = vec![0.0; width];
        for i in 0..n {
            b[i] = (0..n).map(|j| a[i * width + j] * x[j]).sum();
        }
        let floors = vec![0.0; n];
        let u = std::cell::RefCell::new(a.clone());
        on_each!(cholesky(&mut u.borrow_mut(), width, &floors), |done: bool| {
            assert!(done);
            let solved = std::cell::RefCell::new(b.clone());
            on_each!(solve(&u.borrow(), n, &mut solved.borrow_mut()), |()| {
                assert_close(&solved.borrow()[..n], &x);
                solved.borrow_mut().copy_from_slice(&b);
            });
            u.borrow_mut().copy_from_slice(&a);
        });
    }
}

#[test]
fn cholesky_gives_up_below_the_floor_and_at_nan() {
    for bad in [-1.0, 0.5, f32::NAN, f32::INFINITY] {
        let mut a = gram(&[0.0; 16], 16, 1.0);
        a[5 * 16 + 5] = bad;
        let u = std::cell::RefCell::new(a.clone());
        on_each!(cholesky(&mut u.borrow_mut(), 16, &[0.6; 16]), |done: bool| {
            assert!(!done, "{bad}");
            u.borrow_mut().copy_from_slice(&a);
        });
    }
}

#[test]
fn a_prefetch_changes_nothing() {
    let row = numbers(100, 1);
    prefetch(&row);
    prefetch::<f32>(&[]);
    assert_eq!(row, numbers(100, 1));
}
