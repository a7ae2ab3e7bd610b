//! Prices in buckets, eight to the octave: each spans 6 to 13 % of its price.
//!
//! The edges are the same for every catalogue, so a price never changes its bucket. A range is a
//! run of buckets; only the first and the last may have items outside of it.

use std::ops::RangeInclusive;

use super::Cover;
use super::cells::{Cell, Cells};
use crate::filter::Range;

/// The bits of a price that choose its bucket within the octave.
const STEP_BITS: u32 = 3;

/// The bucket of a price, ascending with it; the row is the octave, with the sign.
fn bucket(price: f64) -> Cell {
    // The bits of a float, with the sign adjusted so that they sort like numbers. Adding 0 makes -0
    // and 0 equal.
    let bits = (price + 0.0).to_bits();
    let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    let step = ordered >> (52 - STEP_BITS);
    ((step >> STEP_BITS) as u16, (step & ((1 << STEP_BITS) - 1)) as u16)
}

/// Adds an item to the bucket of its price, or removes it. NaN is in no bucket.
pub(in crate::world) fn change(cells: &mut Cells, price: f64, item: u32, belongs: bool) {
    if !price.is_nan() {
        cells.change(bucket(price), item, belongs);
    }
}

/// The buckets of a range.
pub(in crate::world) fn cover<'a>(cells: &'a Cells, range: &Range) -> Cover<'a> {
    let mut cover = Cover::default();
    let Some(ends) = ends(range) else { return cover };
    let (first, last) = (bucket(*ends.start()), bucket(*ends.end()));
    if first > last {
        return cover;
    }
    for (cell, set) in cells.in_rows(first.0..=last.0) {
        if cell > first && cell < last {
            cover.full.push(set);
        } else if cell == first || cell == last {
            cover.edge.push(set);
        }
    }
    cover
}

/// The least and the greatest price of the range; none if a bound is NaN, because then nothing
/// passes.
fn ends(range: &Range) -> Option<RangeInclusive<f64>> {
    let bounds = [range.gte, range.gt, range.lte, range.lt];
    if bounds.into_iter().flatten().any(f64::is_nan) {
        return None;
    }
    let from = range.gte.into_iter().chain(range.gt).fold(f64::NEG_INFINITY, f64::max);
    let to = range.lte.into_iter().chain(range.lt).fold(f64::INFINITY, f64::min);
    Some(from..=to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_ascend_with_the_price_and_zero_is_one() {
        let prices = [
            f64::NEG_INFINITY,
            -2.0,
            -1.9,
            -0.5,
            0.0,
            1e-9,
            0.01,
            1.0,
            1.13,
            9.99,
            1e9,
            f64::INFINITY,
        ];
        assert!(prices.windows(2).all(|pair| bucket(pair[0]) <= bucket(pair[1])));
        assert_eq!(bucket(-0.0), bucket(0.0));
        assert!(bucket(1.0) < bucket(1.13) && bucket(1.0) == bucket(1.12));
    }

    #[test]
    fn only_the_buckets_at_the_ends_are_looked_at() {
        let mut cells = Cells::default();
        (1..=1_000).for_each(|item| change(&mut cells, f64::from(item), item, true));
        let range = Range { gte: Some(100.0), lt: Some(500.0), ..Range::default() };
        let cover = cover(&cells, &range);
        assert!(cover.at_least() > 330 && cover.unsure() < 70, "{cover:?}");
        assert!(
            cover.full.iter().flat_map(|set| set.iter()).all(|item| (100..500).contains(&item))
        );
        let all = cover.at_least() + cover.unsure();
        assert!(all >= 400, "{all}");
    }
}
