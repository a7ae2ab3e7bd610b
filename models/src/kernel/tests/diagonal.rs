//! Operations of rows with a diagonal matrix.

use super::*;

const WIDTHS: [usize; 4] = [16, 48, 64, 128];

#[test]
fn a_diagonal_is_made_with_its_inverse() {
    for n in WIDTHS {
        let x: Vec<f32> = numbers(n, 1).iter().map(|x| x + 1.5).collect();
        let expected: Vec<f32> = x.iter().map(|x| 3.0 * x + 0.25).collect();
        let inverses: Vec<f32> = expected.iter().map(|d| 1.0 / d).collect();
        let values = std::cell::RefCell::new(vec![f32::NAN; n]);
        let inverse = values.clone();
        on_each!(
            diagonal(3.0, &x, 0.25, &mut values.borrow_mut(), &mut inverse.borrow_mut()),
            |()| {
                assert_close(&values.borrow(), &expected);
                assert_close(&inverse.borrow(), &inverses);
                values.borrow_mut().fill(f32::NAN);
                inverse.borrow_mut().fill(f32::NAN);
            }
        );
    }
}

#[test]
fn a_row_is_taken_away_as_often_as_the_diagonal_says() {
    for n in WIDTHS {
        let (d, x) = (numbers(n, 1), numbers(n, 2));
        let expected: Vec<f32> = d.iter().zip(&x).map(|(d, x)| -d * x).collect();
        let value: f32 = d.iter().zip(&x).map(|(d, x)| d * x * x).sum();
        let out = std::cell::RefCell::new(vec![f32::NAN; n]);
        on_each!(subtract_diagonal(&d, &x, &mut out.borrow_mut()), |found: f32| {
            assert_close(&[found], &[value]);
            assert_close(&out.borrow(), &expected);
            out.borrow_mut().fill(f32::NAN);
        });
    }
}

#[test]
fn the_next_direction_keeps_of_the_last_what_is_left() {
    for n in WIDTHS {
        let (r, inverse, before) = (numbers(n, 1), numbers(n, 2), numbers(n, 3));
        let left: f32 = r.iter().zip(&inverse).map(|(r, d)| r * r * d).sum();
        let turned = |at: usize, kept: f32| r[at] * inverse[at] + kept * before[at];
        for of in [2.0, f32::INFINITY] {
            let expected: Vec<f32> = (0..n).map(|at| turned(at, left / of)).collect();
            let out = std::cell::RefCell::new(before.clone());
            on_each!(next_direction(&r, &inverse, of, &mut out.borrow_mut()), |found: f32| {
                assert_close(&[found], &[left]);
                assert_close(&out.borrow(), &expected);
                out.borrow_mut().copy_from_slice(&before);
            });
        }
    }
}

#[test]
fn scaled_rows_are_added_and_what_is_not_finite_is_told_wherever_it_is() {
    for n in WIDTHS {
        let (base, scales, x) = (numbers(n, 1), numbers(n, 2), numbers(n, 3));
        let expected: Vec<f32> = (0..n).map(|at| base[at] + scales[at] * x[at]).collect();
        let out = std::cell::RefCell::new(vec![f32::NAN; n]);
        on_each!(add_scaled(&base, &scales, &x, &mut out.borrow_mut()), |finite: bool| {
            assert!(finite);
            assert_close(&out.borrow(), &expected);
            out.borrow_mut().fill(f32::NAN);
        });
        for at in 0..n {
            let mut bad = x.clone();
            bad[at] = f32::INFINITY;
            on_each!(add_scaled(&base, &scales, &bad, &mut out.borrow_mut()), |finite: bool| {
                assert!(!finite, "at {at}");
            });
        }
    }
}
