//! From factors to a frozen graph, by way of `hnsw_rs`.
//!
//! `hnsw_rs` wants distances that are never negative: all vectors are shrunk into the unit ball, where `1 - x.y` is none.
//! That orders neighbours as a search by inner product does. The usual way round, lifting the vectors onto a sphere by one
//! more number so that the largest inner product is the smallest angle, loses where lengths differ as much as those of
//! popular and rare items do: on embeddings of Gowalla (41 k items) it found .76 of the true ten at `ef` 128, this way .99.
//!
//! Items enter in the order of [`super::order`], which makes a small `ef_construction` good enough and building several
//! times faster; [`super::prune`] finds the links that were missed.

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;

use super::IndexParams;
use super::columns::{IndexColumns, IndexError, NO_LINK};
use super::order::insertion_order;
use super::prune::{adopt, refine};
use crate::column::{Column, Starts};
use crate::factors::Factors;
use crate::kernel::dot;

/// More layers than any set of items fills.
const MAX_LAYERS: usize = 16;

/// The vectors that have a direction, shrunk by one factor so that the longest has length 1.
pub(super) struct Vectors {
    /// The row of the factor table that each vector comes from, ascending.
    items: Vec<u32>,
    width: usize,
    values: Vec<f32>,
}

impl Vectors {
    fn new(factors: &Factors) -> Self {
        let square = |row: &[f32]| row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>();
        let rows = || factors.values().chunks_exact(factors.dim()).map(|row| (row, square(row)));
        let largest = rows().map(|row| row.1).fold(0.0, f64::max).sqrt();
        let mut vectors = Self { items: Vec::new(), width: factors.dim(), values: Vec::new() };
        for (item, (row, _)) in rows().enumerate().filter(|row| row.1.1 > 0.0) {
            vectors.items.push(item as u32);
            vectors.values.extend(row.iter().map(|x| (f64::from(*x) / largest) as f32));
        }
        vectors
    }

    pub(super) fn rows(&self) -> usize {
        self.items.len()
    }

    pub(super) fn row(&self, id: u32) -> &[f32] {
        &self.values[id as usize * self.width..(id as usize + 1) * self.width]
    }

    pub(super) fn score(&self, a: u32, b: u32) -> f32 {
        dot(self.row(a), self.row(b))
    }
}

/// `1 - x.y` of vectors no longer than 1; rounding must not make it negative, which `hnsw_rs` asserts.
struct Remoteness;

impl Distance<f32> for Remoteness {
    fn eval(&self, a: &[f32], b: &[f32]) -> f32 {
        (1.0 - dot(a, b)).max(0.0)
    }
}

pub(super) fn build(factors: &Factors, params: &IndexParams) -> Result<IndexColumns, IndexError> {
    if !(2..=64).contains(&params.m) {
        return Err(IndexError::Links { m: params.m });
    }
    if factors.rows() >= NO_LINK as usize {
        return Err(IndexError::Rows { rows: factors.rows() });
    }
    let vectors = Vectors::new(factors);
    if vectors.rows() < params.exact_below.max(2) {
        return Ok(IndexColumns::default());
    }
    let raw = insert_all(&vectors, params);
    let lowest =
        (0..params.refinements).fold(raw.lowest, |links, _| refine(&vectors, &links, 2 * params.m));
    let lowest = adopt(lowest, 2 * params.m);
    Ok(freeze(
        factors.rows(),
        &vectors,
        &Raw { lowest, entry: raw.entry, upper: raw.upper },
        params.m,
    ))
}

/// The graph in numbers of [`Vectors`].
struct Raw {
    entry: u32,
    lowest: Vec<Vec<u32>>,
    /// Per upper layer: its vectors, ascending, with their links.
    upper: Vec<Vec<(u32, Vec<u32>)>>,
}

/// One after another: parallel insertion would give another graph each time.
fn insert_all(vectors: &Vectors, params: &IndexParams) -> Raw {
    let ef = params.ef_construction.max(params.m);
    let hnsw = Hnsw::<f32, Remoteness>::new(params.m, vectors.rows(), MAX_LAYERS, ef, Remoteness);
    for id in insertion_order(vectors, params.seed) {
        hnsw.insert_slice((vectors.row(id), id as usize));
    }
    take_out(&hnsw, vectors.rows())
}

fn take_out(hnsw: &Hnsw<'_, f32, Remoteness>, rows: usize) -> Raw {
    let layers = usize::from(hnsw.get_max_level_observed());
    let mut raw = Raw { entry: 0, lowest: vec![Vec::new(); rows], upper: vec![Vec::new(); layers] };
    let mut highest = 0;
    for point in hnsw.get_point_indexation() {
        let (id, level) = (point.get_origin_id() as u32, usize::from(point.get_point_id().0));
        if level > highest {
            (highest, raw.entry) = (level, id);
        }
        // A point lists neighbours above its own level, too: those lead nowhere.
        let mut layers = point.get_neighborhood_id().into_iter().take(level + 1);
        let ids = |links: Vec<hnsw_rs::hnsw::Neighbour>| -> Vec<u32> {
            links.iter().map(|link| link.get_origin_id() as u32).collect()
        };
        raw.lowest[id as usize] = layers.next().map(ids).unwrap_or_default();
        for (upper, links) in raw.upper.iter_mut().zip(layers) {
            upper.push((id, ids(links)));
        }
    }
    raw.upper.iter_mut().for_each(|layer| layer.sort_unstable());
    raw
}

/// Writes the graph into flat arrays, in numbers of the factor table.
fn freeze(rows: usize, vectors: &Vectors, raw: &Raw, m: usize) -> IndexColumns {
    let item = |id: u32| vectors.items[id as usize];
    let mut links = vec![NO_LINK; rows * 2 * m];
    for (id, row) in raw.lowest.iter().enumerate() {
        let start = vectors.items[id] as usize * 2 * m;
        let places = &mut links[start..start + 2 * m];
        places.iter_mut().zip(row).for_each(|(place, &link)| *place = item(link));
    }
    let upper = || raw.upper.iter().flatten();
    let mut upper_links = vec![NO_LINK; upper().count() * m];
    for (places, (_, row)) in upper_links.chunks_exact_mut(m).zip(upper()) {
        places.iter_mut().zip(row).for_each(|(place, &link)| *place = item(link));
    }
    let layers = Starts::from_lengths(raw.upper.iter().map(Vec::len)).column().clone();
    IndexColumns {
        m: m as u32,
        entry: item(raw.entry),
        links: links.into(),
        layers,
        upper_nodes: upper().map(|(id, _)| item(*id)).collect::<Column<u32>>(),
        upper_links: upper_links.into(),
    }
}
