//! `similar`: the items that lie nearest to each item in the embedding.

use guanxi_models::column::WeightedRows;
use guanxi_models::factors::Factors;
use guanxi_models::index::{ItemIndex, SearchScratch};
use guanxi_models::kernel::dot;
use rayon::prelude::*;

/// So many are kept for each item: a page, and what of it may not be shown.
const LENGTH: usize = 32;
/// So many are searched for each that is kept, because the index ranks by inner product.
const CANDIDATES: usize = 2;
/// So often the lists of those on a list are looked through.
const ROUNDS: usize = 3;

type Row = Vec<(u32, f32)>;

/// Per item about the 32 others of largest cosine with its row, nearest first, ties by number, after the cosine. Empty for rows of zeros.
///
/// First candidates are what `index` finds, which ranks by inner product, and what `lists` names. As what is near to something near is
/// likely near, each list is then made again (W. Dong, C. Moses, K. Li, Efficient k-nearest neighbor
/// graph construction for generic similarity measures, WWW 2011, without its sampling): of itself, the lists that it is on, and the lists of those items. O(n 32^2 d) and n searches.
///
/// No rows where there is no graph: such a catalogue is small, or searching would take O(n^2 d).
pub fn similar(factors: &Factors, index: &ItemIndex, lists: &WeightedRows) -> WeightedRows {
    if index.is_exact() {
        return WeightedRows::default();
    }
    let near = Near::new(factors);
    let found = |scratch: &mut SearchScratch, item| {
        near.nearest(item, |unit| {
            let k = LENGTH * CANDIDATES + 1;
            let found = index.search(factors, unit, k, index.ef(), &|_| true, scratch);
            let listed = lists.row(item).0.iter().copied();
            found.into_iter().map(|(_, other)| other).chain(listed).collect()
        })
    };
    let items = || (0..factors.rows()).into_par_iter();
    let mut rows: Vec<Row> = items().map_init(SearchScratch::default, found).collect();
    for _ in 0..ROUNDS {
        let back = reversed(&rows);
        rows = items().map(|item| near.nearest(item, |_| reached(&rows, &back, item))).collect();
    }
    WeightedRows::from_rows(&rows)
}

/// On whose lists each item is: the first 32 of them.
fn reversed(rows: &[Row]) -> Vec<Vec<u32>> {
    let mut back = vec![Vec::new(); rows.len()];
    for (item, row) in rows.iter().enumerate() {
        for &(other, _) in row {
            let back = &mut back[other as usize];
            if back.len() < LENGTH {
                back.push(item as u32);
            }
        }
    }
    back
}

/// Those on the list of an item and those on whose lists it is, and who is on theirs.
fn reached(rows: &[Row], back: &[Vec<u32>], item: usize) -> Vec<u32> {
    let on_list = |item: usize| rows[item].iter().map(|&(other, _)| other);
    let near = || on_list(item).chain(back[item].iter().copied());
    near().chain(near().flat_map(|other| on_list(other as usize))).collect()
}

/// Rows whose cosines are asked for.
struct Near<'a> {
    factors: &'a Factors,
    norms: Vec<f32>,
}

impl<'a> Near<'a> {
    fn new(factors: &'a Factors) -> Self {
        let norm = |item| factors.row(item).map_or(0.0, |row| dot(row, row).sqrt());
        Self { factors, norms: (0..factors.rows()).into_par_iter().map(norm).collect() }
    }

    /// The best of the candidates that are found for the item's row, scaled to length 1.
    fn nearest(&self, item: usize, candidates: impl FnOnce(&[f32]) -> Vec<u32>) -> Row {
        let row = self.factors.row(item).filter(|_| self.norms[item] > 0.0);
        let Some(row) = row else { return Vec::new() };
        let unit: Vec<f32> = row.iter().map(|value| value / self.norms[item]).collect();
        let mut others = candidates(&unit);
        others.sort_unstable();
        others.dedup();
        others.retain(|&other| other as usize != item);
        let cosines =
            others.into_iter().filter_map(|other| Some((other, self.cosine(&unit, other)?)));
        let mut row: Row = cosines.collect();
        let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if row.len() > LENGTH {
            row.select_nth_unstable_by(LENGTH, order);
            row.truncate(LENGTH);
        }
        row.sort_unstable_by(order);
        row.shrink_to_fit();
        row
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
    use crate::draw::uniform;

    const ITEMS: usize = 3_000;

    fn factors() -> Factors {
        let value = |at| uniform(7, at, 0) as f32 - 0.5;
        let mut values: Vec<f32> = (0..16 * ITEMS as u32).map(value).collect();
        values[5 * 16..6 * 16].fill(0.0);
        Factors::new(16, values).unwrap()
    }

    /// The true list, by looking at every item.
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
    fn without_a_graph_there_is_none() {
        let index =
            ItemIndex::build(&factors(), &Factors::empty(), &IndexParams::default()).unwrap();
        assert!(index.is_exact());
        assert_eq!(similar(&factors(), &index, &WeightedRows::default()).rows(), 0);
    }
}
