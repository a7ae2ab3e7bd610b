//! From factors to a frozen graph.
//!
//! Neighbours are looked for by inner product, as searches do. Lifting the vectors onto a sphere by one more number, so that the largest
//! inner product is the smallest angle, loses where lengths differ as much as those of popular and rare items do: on embeddings of Gowalla
//! (41 k items) a graph of `hnsw_rs` over lifted vectors found .76 of the true ten at `ef` 128, one by inner product .99.
//!
//! The longest vectors, the [head](super::head), are scanned by every search; so links lead to the others alone. Candidates for links come
//! from comparing all with all in the parts of a few trees, which are matrix products, and from what is near to the same asker; then
//! neighbours of neighbours are tried. A graph of upper layers would route no walk: the head gives better places to begin.
//!
//! Where items lie in islands that no link joins, the longest vectors are of a few of them, and walks from there find a third of the true ten.
//! Then the head has landmarks, too: the longest of every so many near items. On 1,000,000 items in 2,000 such islands
//! that finds .97 in 34 us (without landmarks .34, by a scan in 9.8 ms).

use arrow_buffer::{ArrowNativeType, MutableBuffer};

use super::candidates::Candidates;
use super::columns::{IndexColumns, IndexError, NO_LINK};
use super::links::{Links, choose_all, refine};
use super::vectors::Vectors;
use super::{IndexParams, MOST_NODES, codes};
use crate::column::Column;
use crate::factors::Factors;
use crate::kernel::PANEL;

/// Fewer make no graph.
const FEWEST: usize = 64;

pub(super) fn build(
    factors: &Factors,
    askers: &Factors,
    params: &IndexParams,
    landmark_of: usize,
) -> Result<IndexColumns, IndexError> {
    if !(2..=64).contains(&params.m) {
        return Err(IndexError::Links { m: params.m });
    }
    if factors.rows() > MOST_NODES {
        return Err(IndexError::Rows { rows: factors.rows() });
    }
    let vectors = Vectors::new(factors, params.head.max(PANEL), landmark_of, params.seed);
    if vectors.len() < params.exact_below.max(FEWEST) {
        return Ok(IndexColumns::default());
    }
    let mut candidates = Candidates::new(&vectors);
    (0..params.trees as u64).for_each(|tree| candidates.add_tree(params.seed + 1 + tree));
    if askers.dim() == factors.dim() {
        candidates.add_askers(askers);
    }
    let width = 2 * params.m;
    let links = choose_all(&vectors, candidates.into_lists(), width);
    let links = (0..params.refinements).fold(links, |links, _| refine(&vectors, &links, width));
    Ok(freeze(&vectors, &links, width, factors.rows()))
}

/// Writes the graph into flat arrays.
fn freeze(vectors: &Vectors, links: &Links, width: usize, rows: usize) -> IndexColumns {
    let mut flat = vec![NO_LINK; links.len() * width];
    for (places, links) in flat.chunks_exact_mut(width).zip(links) {
        places[..links.len()].copy_from_slice(links);
    }
    let scales = codes::scales(vectors.rows());
    let mut codes = Vec::with_capacity(vectors.rows().values().len());
    for row in vectors.rows().values().chunks_exact(scales.len()) {
        codes::encode(row, &scales, &mut codes);
    }
    IndexColumns {
        width: width as u32,
        rows: rows as u32,
        head: vectors.head() as u32,
        items: vectors.items().to_vec().into(),
        scales: scales.into(),
        codes: aligned(&codes),
        links: aligned(&flat),
        ..IndexColumns::default()
    }
}

/// A copy that begins with a cache line, so that rows of one line don't lie in two.
fn aligned<T: ArrowNativeType>(values: &[T]) -> Column<T> {
    let mut buffer = MutableBuffer::with_capacity(size_of_val(values));
    buffer.extend_from_slice(values);
    Column::from(buffer)
}
