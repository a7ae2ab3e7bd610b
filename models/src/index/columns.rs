//! The frozen graph as flat arrays that a file can hold.

use super::{MOST_NODES, PANEL};
use crate::column::Column;

/// The placeholder for a missing link.
pub const NO_LINK: u32 = u32::MAX;

/// The placeholder for a row of the table that is not a node.
pub(super) const NO_NODE: u32 = u32::MAX;

/// A graph over rows of a factor table. The head comes first; the other nodes are numbered so that
/// near ones are adjacent.
#[derive(Clone, Debug, Default)]
pub struct IndexColumns {
    /// The number of link slots per node.
    pub width: u32,
    /// The number of rows of the factor table. Zero rows have no direction and are not nodes.
    pub rows: u32,
    /// The number of nodes in the head, a multiple of 16. Every search scans them: the longest
    /// vectors and any landmarks.
    pub head: u32,
    /// The number of candidates that a search keeps to reach
    /// [`IndexParams::recall`](super::IndexParams).
    pub ef: u32,
    /// The recall@10 measured at `ef`, with queries that the builder did not know.
    pub recall: f32,
    /// The row of the factor table for each node. Empty if there is no graph.
    pub items: Column<u32>,
    /// The value of one step, per column of `codes`.
    pub scales: Column<f32>,
    /// The nodes' rows in steps; each has as many numbers as there are `scales`.
    pub codes: Column<i8>,
    /// The links: `width` nodes per node, padded with [`NO_LINK`].
    pub links: Column<u32>,
}

/// The reason why an index can't be built or its columns are invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// The number of links is out of range.
    #[error("`m` is {m}; give from 2 to 64 links")]
    Links {
        /// The given value.
        m: usize,
    },
    /// There are more items than node numbers.
    #[error("{rows} items are too many for one index")]
    Rows {
        /// The number of items.
        rows: usize,
    },
    /// The length of a column doesn't match the others.
    #[error("column `{column}` has {values} values, which does not match the other columns")]
    Ragged {
        /// The column's name.
        column: &'static str,
        /// The number of its values.
        values: usize,
    },
    /// A value is out of range or a duplicate.
    #[error("column `{column}` holds {target} at {at}, which is out of range or a duplicate")]
    Target {
        /// The column's name.
        column: &'static str,
        /// The position in the column.
        at: usize,
        /// The value at this position.
        target: u32,
    },
}

impl IndexColumns {
    /// The number of nodes of the graph.
    pub fn nodes(&self) -> usize {
        self.items.len()
    }

    /// The size of the columns in bytes.
    pub(super) fn bytes(&self) -> usize {
        let numbers = self.items.len() + self.scales.len() + self.links.len();
        numbers * size_of::<u32>() + self.codes.len()
    }

    /// The links of a node.
    pub(super) fn row(&self, node: u32) -> &[u32] {
        let width = self.width as usize;
        let links = &self.links[node as usize * width..][..width];
        let end = links.iter().position(|link| *link == NO_LINK).unwrap_or(width);
        &links[..end]
    }

    /// The link slots of a node, for prefetching.
    pub(super) fn places(&self, node: u32) -> &[u32] {
        let width = self.width as usize;
        &self.links[node as usize * width..][..width]
    }

    /// The codes of a node.
    pub(super) fn code(&self, node: u32) -> &[i8] {
        let dim = self.scales.len();
        &self.codes[node as usize * dim..][..dim]
    }

    /// Checks that no walk along links can leave the columns.
    pub(super) fn check(&self) -> Result<(), IndexError> {
        if self.items.is_empty() {
            return Ok(());
        }
        let (nodes, dim, width) = (self.nodes(), self.scales.len(), self.width as usize);
        let whole = |column, values, holds: bool| {
            if holds { Ok(()) } else { Err(IndexError::Ragged { column, values }) }
        };
        if !(4..=128).contains(&width) {
            return Err(IndexError::Links { m: width / 2 });
        }
        if nodes > MOST_NODES {
            return Err(IndexError::Rows { rows: nodes });
        }
        let head = self.head as usize;
        whole("head", head, head.is_multiple_of(PANEL) && (PANEL..=nodes).contains(&head))?;
        whole("scales", dim, dim > 0 && dim.is_multiple_of(PANEL))?;
        whole("codes", self.codes.len(), self.codes.len() == nodes.saturating_mul(dim))?;
        whole("links", self.links.len(), self.links.len() == nodes.saturating_mul(width))?;
        check_below("links", &self.links, |link| link.wrapping_add(1) > nodes as u32)?;
        check_below("items", &self.items, |item| item >= self.rows)
    }

    /// The node of each row of the table, or [`NO_NODE`]. Fails if two nodes share a row. O(rows).
    pub(super) fn nodes_by_item(&self) -> Result<Vec<u32>, IndexError> {
        if self.items.is_empty() {
            return Ok(Vec::new());
        }
        let mut nodes = vec![NO_NODE; self.rows as usize];
        let has_two = |(&item, node): (&u32, u32)| {
            std::mem::replace(&mut nodes[item as usize], node) != NO_NODE
        };
        match self.items.iter().zip(0..).position(has_two) {
            Some(at) => Err(IndexError::Target { column: "items", at, target: self.items[at] }),
            None => Ok(nodes),
        }
    }
}

/// Checks that all values of a column are in range. For links, [`NO_LINK`] plus one wraps to 0 and
/// passes.
fn check_below(
    column: &'static str,
    numbers: &[u32],
    is_wrong: impl Fn(u32) -> bool,
) -> Result<(), IndexError> {
    // Without an early exit, whole vectors are checked at a time.
    if !numbers.iter().fold(false, |wrong, &number| wrong | is_wrong(number)) {
        return Ok(());
    }
    let at = numbers.iter().position(|&number| is_wrong(number)).expect("one was found");
    Err(IndexError::Target { column, at, target: numbers[at] })
}
