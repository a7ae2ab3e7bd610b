//! `similar`: the nearest items of each item in the embedding.

use guanxi_models::column::WeightedRows;
use guanxi_models::factors::Factors;
use guanxi_models::index::{ItemIndex, SearchScratch, WalkLimits};
use guanxi_models::kernel::dot;
use rayon::prelude::*;

/// The number of items kept per item: one page, plus a reserve for items that must not be shown.
const LENGTH: usize = 32;
/// The number of candidates scored exactly per kept item. More than 1, because the index ranks by
/// inner product on rounded codes.
const CANDIDATES: usize = 2;
/// The number of passes that refine the lists.
const ROUNDS: usize = 2;
/// The largest catalogue that is compared exhaustively if the index has no graph.
const MOST_COMPARED: usize = 20_000;

type Neighbors = Vec<(u32, f32)>;

/// The 32 nearest other items per item by cosine of their rows, nearest first, ties by index. The
/// lists are approximate but miss few true neighbours. Rows of zeros have empty lists.
///
/// The first candidates are the results of `index`, which ranks by inner product, and the items in
/// `lists`. Neighbours of neighbours are likely near as well. So each list is then rebuilt from a
/// walk through all lists, in both directions (W. Dong, C. Moses, K. Li, Efficient k-nearest
/// neighbor graph construction for generic similarity measures, WWW 2011). O(n) searches.
///
/// Catalogues so small that the index has no graph are compared exhaustively. Larger ones without a
/// graph get no lists.
pub fn similar(factors: &Factors, index: &ItemIndex, lists: &WeightedRows) -> WeightedRows {
    let near = Near::new(factors);
    let items = || (0..factors.rows()).into_par_iter();
    if index.is_exact() {
        let all = || (0..factors.rows() as u32).collect();
        let is_small = factors.rows() <= MOST_COMPARED;
        let rows = items().map(|item| near.nearest(item, |_| all()));
        return if is_small {
            WeightedRows::from_rows(&rows.collect::<Vec<_>>())
        } else {
            WeightedRows::default()
        };
    }
    let (ef, wide) = (index.ef(), LENGTH * CANDIDATES + 1);
    let found = |scratch: &mut SearchScratch, item| {
        near.nearest(item, |unit| {
            let found = index.search(factors, unit, wide, ef, &|_| true, scratch);
            let listed = lists.row(item).0.iter().copied();
            found.into_iter().map(|(_, other)| other).chain(listed).collect()
        })
    };
    let mut rows: Vec<Neighbors> = items().map_init(SearchScratch::default, found).collect();
    for _ in 0..ROUNDS {
        let both = WeightedRows::from_rows(&in_both_directions(&rows));
        let walked = |scratch: &mut SearchScratch, item: usize| {
            near.nearest(item, |unit| {
                let ways = (&both, &[item as u32][..]);
                let limits = WalkLimits { ef: wide, most: usize::MAX };
                let found = index.walk_by_cosine(factors, unit, ways, limits, &|_| true, scratch);
                found.unwrap_or_default()
            })
        };
        rows = items().map_init(SearchScratch::default, walked).collect();
    }
    WeightedRows::from_rows(&rows)
}

/// The 32 nearest items from each item's list and from the lists that contain it.
fn in_both_directions(rows: &[Neighbors]) -> Vec<Neighbors> {
    let mut back = vec![Neighbors::new(); rows.len()];
    for (item, row) in rows.iter().enumerate() {
        for &(other, cosine) in row {
            back[other as usize].push((item as u32, cosine));
        }
    }
    let both = rows
        .par_iter()
        .zip(back)
        .map(|(row, back)| row.iter().copied().chain(nearest_of(back)).collect());
    both.collect()
}

/// The 32 items of largest cosine, ties by index.
fn nearest_of(mut row: Neighbors) -> Neighbors {
    let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if row.len() > LENGTH {
        row.select_nth_unstable_by(LENGTH, order);
        row.truncate(LENGTH);
    }
    row.sort_unstable_by(order);
    row.shrink_to_fit();
    row
}

/// The rows whose cosines are computed.
struct Near<'a> {
    factors: &'a Factors,
    norms: Vec<f32>,
}

impl<'a> Near<'a> {
    fn new(factors: &'a Factors) -> Self {
        let norm = |item| factors.row(item).map_or(0.0, |row| dot(row, row).sqrt());
        Self { factors, norms: (0..factors.rows()).into_par_iter().map(norm).collect() }
    }

    /// The best of the candidates that are found for the item's normalized row.
    fn nearest(&self, item: usize, candidates: impl FnOnce(&[f32]) -> Vec<u32>) -> Neighbors {
        let row = self.factors.row(item).filter(|_| self.norms[item] > 0.0);
        let Some(row) = row else { return Vec::new() };
        let unit: Vec<f32> = row.iter().map(|value| value / self.norms[item]).collect();
        let mut others = candidates(&unit);
        others.sort_unstable();
        others.dedup();
        others.retain(|&other| other as usize != item);
        let cosines =
            others.into_iter().filter_map(|other| Some((other, self.cosine(&unit, other)?)));
        nearest_of(cosines.collect())
    }

    fn cosine(&self, unit: &[f32], other: u32) -> Option<f32> {
        let norm = *self.norms.get(other as usize).filter(|&&norm| norm > 0.0)?;
        Some(dot(unit, self.factors.row(other as usize)?) / norm)
    }
}

#[cfg(test)]
mod tests {
    use guanxi_models::index::IndexParams;

    use super::*;
    use crate::data::draw::uniform;

    const ITEMS: usize = 3_000;

    fn factors() -> Factors {
        let value = |at| uniform(7, at, 0) as f32 - 0.5;
        let mut values: Vec<f32> = (0..16 * ITEMS as u32).map(value).collect();
        // Row lengths vary like those of trained rows, because a search by inner product favours
        // long rows.
        for (row, item) in values.chunks_mut(16).zip(0..) {
            let length = 0.1 + 3.0 * (uniform(8, item, 0) as f32).powi(4);
            for value in row {
                *value *= length;
            }
        }
        values[5 * 16..6 * 16].fill(0.0);
        Factors::new(16, values).unwrap()
    }

    /// The true list, by exhaustive search.
    fn exact(factors: &Factors, item: usize) -> Vec<(u32, f32)> {
        let norm = |row: &[f32]| dot(row, row).sqrt();
        let row = factors.row(item).unwrap();
        let unit: Vec<f32> = row.iter().map(|value| value / norm(row)).collect();
        let others = (0..ITEMS).filter(|&other| other != item && other != 5);
        let mut all: Vec<(u32, f32)> = others
            .map(|other| {
                let other_row = factors.row(other).unwrap();
                (other as u32, dot(&unit, other_row) / norm(other_row))
            })
            .collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.truncate(LENGTH);
        all
    }

    #[test]
    fn each_item_gets_nearly_all_that_are_nearest_nearest_first() {
        let factors = factors();
        let params = IndexParams { exact_below: 0, ..IndexParams::default() };
        let index = ItemIndex::build(&factors, &Factors::empty(), &params).unwrap();
        let made = similar(&factors, &index, &WeightedRows::default());
        assert_eq!((made.rows(), made.row(5).0.len()), (ITEMS, 0));
        let sample = [0, 1, 77, 1_500, ITEMS - 1];
        let found = sample.map(|item| {
            let (items, cosines) = made.row(item);
            assert_eq!(items.len(), LENGTH);
            assert!(cosines.is_sorted_by(|a, b| a >= b));
            let exact = exact(&factors, item);
            exact
                .iter()
                .filter(|(other, cosine)| {
                    items.iter().zip(cosines).any(|pair| pair == (other, cosine))
                })
                .count()
        });
        let share = found.iter().sum::<usize>() as f32 / (LENGTH * sample.len()) as f32;
        assert!(share > 0.9, "{share}");
    }

    #[test]
    fn what_is_on_a_list_is_looked_at_too() {
        let factors = factors();
        let params = IndexParams { exact_below: 0, ..IndexParams::default() };
        let index = ItemIndex::build(&factors, &Factors::empty(), &params).unwrap();
        let exact = exact(&factors, 0);
        let lists =
            WeightedRows::from_rows(&[exact.iter().map(|&(other, _)| (other, 1.0)).collect()]);
        let made = similar(&factors, &index, &lists);
        assert_eq!(made.row(0).0, exact.iter().map(|pair| pair.0).collect::<Vec<_>>());
    }

    #[test]
    fn without_a_graph_all_are_compared_with_all() {
        let factors = factors();
        let index = ItemIndex::build(&factors, &Factors::empty(), &IndexParams::default()).unwrap();
        assert!(index.is_exact());
        let made = similar(&factors, &index, &WeightedRows::default());
        for item in [0, 700, ITEMS - 1] {
            let (items, cosines) = made.row(item);
            let made: Vec<_> = items.iter().copied().zip(cosines.iter().copied()).collect();
            assert_eq!(made, exact(&factors, item));
        }
    }
}
