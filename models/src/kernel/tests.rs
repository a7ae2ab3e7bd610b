//! Every compilation that this processor can run agrees with a plain scalar computation.

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
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") {
                // SAFETY: the features were detected in the line above.
                let result = unsafe { avx512::$name($($argument),*) };
                $check(result);
            }
        }
        let result = $name($($argument),*);
        $check(result);
    }};
}

mod diagonal;
mod side_by_side;

#[test]
fn dot_takes_every_length() {
    for n in (0..70).chain([255, 256, 1000]) {
        let (a, b) = (numbers(n, 1), numbers(n, 2));
        let exact: f64 = a.iter().zip(&b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
        on_each!(dot(&a, &b), |sum: f32| assert_close(&[sum], &[exact as f32]));
    }
}

#[test]
fn one_number_that_is_not_finite_is_found_wherever_it_is() {
    for n in [0, 1, 5, 16, 31, 64, 67, 130] {
        let mut values: Vec<f32> = numbers(n, 1).iter().map(|x| x * f32::MAX).collect();
        on_each!(are_finite(&values), |finite: bool| assert!(finite));
        for at in 0..n {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let good = std::mem::replace(&mut values[at], bad);
                on_each!(are_finite(&values), |finite: bool| assert!(!finite, "{bad} at {at}"));
                values[at] = good;
            }
        }
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
fn plain_gram(rows: &[f32], width: usize, diagonal: f32) -> Vec<f32> {
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
        let expected = upper(&plain_gram(&rows, width, 0.0), width, n);
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
        let a = plain_gram(&numbers(width * 5, 7), width, 2.0);
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
        let mut a = plain_gram(&[0.0; 16], 16, 1.0);
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

#[test]
fn gram_is_add_gram_onto_zeros() {
    for (width, height) in [(16, 3), (16, 64), (32, 5), (48, 64), (64, 9)] {
        let rows = numbers(width * height, 3);
        let mut expected = vec![0.0; width * width];
        add_gram(&rows, width, &mut expected, width);
        let expected = upper(&expected, width, width);
        let out = std::cell::RefCell::new(vec![f32::NAN; width * width]);
        on_each!(gram(&rows, width, &mut out.borrow_mut(), width), |()| {
            assert_close(&upper(&out.borrow(), width, width), &expected);
            out.borrow_mut().fill(f32::NAN);
        });
    }
}

#[test]
fn rows_are_gathered_weighed_and_what_is_not_there_is_0() {
    let (table, scales) = (numbers(32 * 10, 1), numbers(32, 2));
    let (items, weights) = ([3, 99, 0], [2.0, 1.0, -0.5]);
    let mut expected = vec![0.0; 32 * 5];
    for (row, item, weight) in [(0, 3, 2.0), (2, 0, -0.5)] {
        for k in 0..32 {
            expected[row * 32 + k] = weight * table[item * 32 + k] * scales[k];
        }
    }
    let out = std::cell::RefCell::new(vec![f32::NAN; 32 * 5]);
    on_each!(gather(&table, &items, &weights, &scales, &mut out.borrow_mut()), |()| {
        assert_close(&out.borrow(), &expected);
        out.borrow_mut().fill(f32::NAN);
    });
}

#[test]
fn residuals_are_what_each_row_leaves_of_what_is_wanted() {
    for width in [16, 32, 64, 80, 128] {
        let (table, x) = (numbers(width * 10, 1), numbers(width, 2));
        let items = [3, 99, 0, 3, 1, 2, 4, 5, 9, 99, 7];
        let confidences: Vec<f32> = items.iter().map(|item| 0.25 + *item as f32 / 8.0).collect();
        let start = numbers(width, 3);
        for wanted in [&[1.5, 7.0, 0.5, 0.1, 0.9, 0.3][..], &[]] {
            let (mut expected, mut value) = (start.clone(), 0.0);
            for at in (0..items.len()).filter(|at| items[*at] < 10) {
                let row = &table[items[at] as usize * width..][..width];
                let product: f32 = row.iter().zip(&x).map(|(y, x)| y * x).sum();
                let wanted = wanted.get(at).copied().unwrap_or(0.0);
                let left = wanted - confidences[at] * product;
                expected.iter_mut().zip(row).for_each(|(out, y)| *out += left * y);
                value += confidences[at] * product * product - 2.0 * wanted * product;
            }
            let (table, items, confidences) = (&table, &items, &confidences);
            let cells = Cells { table, items, confidences, wanted, ahead: &[1, u32::MAX] };
            let out = std::cell::RefCell::new(start.clone());
            on_each!(add_residuals(cells, &x, &mut out.borrow_mut()), |found: f32| {
                assert_close(&[found], &[value]);
                assert_close(&out.borrow(), &expected);
                out.borrow_mut().copy_from_slice(&start);
            });
            on_each!(cells_value(cells, &x), |found: f32| assert_close(&[found], &[value]));
        }
    }
}

#[test]
fn rows_are_multiplied_with_a_matrix() {
    for (width, height) in [(16, 1), (48, 6), (64, 13), (80, 8), (128, 12), (16, 0)] {
        let (rows, matrix) = (numbers(width * height, 1), numbers(width * width, 2));
        let cell = |row: usize, column: usize| -> f32 {
            (0..width).map(|k| rows[row * width + k] * matrix[k * width + column]).sum()
        };
        let expected: Vec<f32> =
            (0..width * height).map(|at| cell(at / width, at % width)).collect();
        let out = std::cell::RefCell::new(vec![f32::NAN; width * height]);
        on_each!(product(&rows, &matrix, width, &mut out.borrow_mut()), |()| {
            assert_close(&out.borrow(), &expected);
            out.borrow_mut().fill(f32::NAN);
        });
    }
}

#[test]
fn products_are_the_dots_of_queries_and_rows() {
    for dim in [1, 16, 64, 100] {
        let (panel, queries) = (numbers(dim * PRODUCTS, 1), numbers(dim * QUERIES, 2));
        let product = |query: usize, row: usize| -> f32 {
            (0..dim).map(|k| panel[k * PRODUCTS + row] * queries[k * QUERIES + query]).sum()
        };
        let expected: Vec<f32> =
            (0..QUERIES * PRODUCTS).map(|at| product(at / PRODUCTS, at % PRODUCTS)).collect();
        let out = std::cell::RefCell::new(vec![f32::NAN; QUERIES * PRODUCTS]);
        on_each!(products(&panel, &queries, &mut out.borrow_mut()), |()| {
            assert_close(&out.borrow(), &expected);
            out.borrow_mut().fill(f32::NAN);
        });
    }
}

#[test]
fn products_of_codes_are_exact_on_every_processor() {
    let mut rng = StdRng::seed_from_u64(5);
    for dim in [16, 32, 48, 64, 128, 1024] {
        let most = (i32::MAX / (127 * dim as i32)).min(8191) as i16;
        let mut codes: Vec<i8> = (0..dim * 5).map(|_| rng.random_range(-127..=127)).collect();
        codes[..dim].fill(-127);
        let mut query: Vec<i16> = (0..dim).map(|_| rng.random_range(-most..=most)).collect();
        query[..dim / 2].fill(most);
        let nodes = [4, 0, 2, 2];
        let exact = |node: u32| -> i64 {
            let row = &codes[node as usize * dim..][..dim];
            row.iter().zip(&query).map(|(c, q)| i64::from(*c) * i64::from(*q)).sum()
        };
        let expected = nodes.map(|node| i32::try_from(exact(node)).unwrap());
        let out = std::cell::RefCell::new(vec![7]);
        on_each!(code_products(&query, &codes, &nodes, &mut out.borrow_mut()), |()| {
            assert_eq!(*out.borrow(), expected);
        });
    }
}

#[test]
fn products_of_panels_are_those_of_their_rows() {
    let mut rng = StdRng::seed_from_u64(6);
    for (dim, rows) in [(16, 16), (48, 48), (64, 32), (128, 16)] {
        let codes: Vec<i8> = (0..dim * rows).map(|_| rng.random_range(-127..=127)).collect();
        let query: Vec<i16> = (0..dim).map(|_| rng.random_range(-8191..=8191)).collect();
        let mut panels = vec![0; codes.len()];
        for (at, &code) in codes.iter().enumerate() {
            let (row, k) = (at / dim, at % dim);
            panels[row / PANEL * PANEL * dim + (k / 2 * PANEL + row % PANEL) * 2 + k % 2] = code;
        }
        let nodes: Vec<u32> = (0..rows as u32).collect();
        let mut expected = Vec::new();
        code_products(&query, &codes, &nodes, &mut expected);
        let out = std::cell::RefCell::new(vec![7; 3]);
        on_each!(panel_products(&query, &panels, &mut out.borrow_mut()), |()| {
            assert_eq!(*out.borrow(), expected);
        });
    }
}
