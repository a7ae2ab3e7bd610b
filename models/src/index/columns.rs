//! The frozen graph: flat arrays that a file can hold.

use super::{MOST_NODES, PANEL};
use crate::column::Column;

/// Stands where a row has no further link.
pub const NO_LINK: u32 = u32::MAX;

/// Stands where a row of the table is no node.
pub(super) const NO_NODE: u32 = u32::MAX;

/// A graph over rows of a factor table. Nodes are numbered so that near ones lie near each other, after those of the head.
#[derive(Clone, Debug, Default)]
pub struct IndexColumns {
    /// Links per node.
    pub width: u32,
    /// How many rows the factor table has. Not all are nodes: zero rows have no direction.
    pub rows: u32,
    /// So many nodes, the longest and any landmarks, come first; every search looks at all of them. A multiple of 16.
    pub head: u32,
    /// How many candidates a search must keep to find what [`IndexParams::recall`](super::IndexParams) asks for.
    pub ef: u32,
    /// The share of the true ten that was found at `ef`, by searches for vectors that the builder did not know.
    pub recall: f32,
    /// The row of the factor table that each node stands for. Empty where there is no graph.
    pub items: Column<u32>,
    /// What one step of each column of `codes` is worth.
    pub scales: Column<f32>,
    /// The rows of the nodes in steps, as many numbers for each as there are `scales`.
    pub codes: Column<i8>,
    /// `width` nodes per node, filled up with [`NO_LINK`]: its links.
    pub links: Column<u32>,
}

/// Why an index can't be built or columns are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// The number of links is one that no graph can have.
    #[error("`m` is {m}; give from 2 to 64 links")]
    Links {
        /// What was given.
        m: usize,
    },
    /// The items are more than numbers reach.
    #[error("{rows} items are too many for one index")]
    Rows {
        /// How many there are.
        rows: usize,
    },
    /// A column doesn't hold whole rows.
    #[error("column `{column}` has {values} values, which is not what the other columns ask for")]
    Ragged {
        /// Its name.
        column: &'static str,
        /// How many values it has.
        values: usize,
    },
    /// A number leads out of the graph or its table, or to where another one leads.
    #[error("column `{column}` leads to {target} at {at}, which can't be")]
    Target {
        /// Its name.
        column: &'static str,
        /// Where in the column.
        at: usize,
        /// What stands there.
        target: u32,
    },
}

impl IndexColumns {
    /// How many nodes the graph has.
    pub fn nodes(&self) -> usize {
        self.items.len()
    }

    /// How many bytes the columns take.
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

    /// The places of a node's links, for whoever fetches them ahead.
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

    /// The node of each row of the table, or [`NO_NODE`]; an error where two nodes are one row. O(rows).
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

/// Checks that no number of a column is wrong. For links: one more than [`NO_LINK`] is 0.
fn check_below(
    column: &'static str,
    numbers: &[u32],
    is_wrong: impl Fn(u32) -> bool,
) -> Result<(), IndexError> {
    // Without an early end, whole vectors are checked at a time.
    if !numbers.iter().fold(false, |wrong, &number| wrong | is_wrong(number)) {
        return Ok(());
    }
    let at = numbers.iter().position(|&number| is_wrong(number)).expect("one was found");
    Err(IndexError::Target { column, at, target: numbers[at] })
}
