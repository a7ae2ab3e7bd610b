//! The frozen graph: flat arrays that a file can hold.

use crate::column::{Column, Starts};

/// Stands where a row has no further link.
pub const NO_LINK: u32 = u32::MAX;

/// A graph over the rows of a factor table. All numbers in it are rows of that table.
#[derive(Clone, Debug, Default)]
pub struct IndexColumns {
    /// Links per row on the upper layers; the lowest has twice as many.
    pub m: u32,
    /// The row where every search begins.
    pub entry: u32,
    /// The lowest layer: `2 m` numbers per row, filled up with [`NO_LINK`]. Empty where there is no graph.
    pub links: Column<u32>,
    /// Where each upper layer, from the lowest up, begins in `upper_nodes`, and where the last one ends: one more than there are.
    pub layers: Column<u64>,
    /// The rows that are on each upper layer, ascending within the layer.
    pub upper_nodes: Column<u32>,
    /// `m` numbers for each of `upper_nodes`, filled up with [`NO_LINK`]: its links on that layer, all to rows of that layer.
    pub upper_links: Column<u32>,
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
    /// A link or node leads out of the graph, or follows an empty place.
    #[error("column `{column}` leads to row {target} at {at}, which can't be")]
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
    /// How many rows the graph is over.
    pub fn rows(&self) -> usize {
        self.links.len() / self.width().max(1)
    }

    /// Links per row on the lowest layer.
    pub(super) fn width(&self) -> usize {
        2 * self.m as usize
    }

    /// The links of a row on the lowest layer.
    pub(super) fn row(&self, row: u32) -> &[u32] {
        let start = row as usize * self.width();
        &self.links[start..start + self.width()]
    }

    /// How many upper layers there are.
    pub(super) fn upper_layers(&self) -> usize {
        self.layers.len().saturating_sub(1)
    }

    /// The links of a row on an upper layer, from 0; none where it isn't on that layer.
    pub(super) fn upper_row(&self, layer: usize, row: u32) -> &[u32] {
        let (start, end) = (self.layers[layer] as usize, self.layers[layer + 1] as usize);
        let Ok(at) = self.upper_nodes[start..end].binary_search(&row) else {
            return &[];
        };
        let m = self.m as usize;
        &self.upper_links[(start + at) * m..(start + at + 1) * m]
    }

    /// Checks that no walk from the entry along links can leave the columns.
    pub(super) fn check(&self) -> Result<(), IndexError> {
        if self.links.is_empty() {
            return Ok(());
        }
        if !(2..=64).contains(&self.m) {
            return Err(IndexError::Links { m: self.m as usize });
        }
        if !self.links.len().is_multiple_of(self.width()) {
            return Err(IndexError::Ragged { column: "links", values: self.links.len() });
        }
        let rows = self.rows() as u32;
        if self.entry >= rows {
            return Err(IndexError::Target { column: "entry", at: 0, target: self.entry });
        }
        check_links("links", &self.links, self.width(), rows)?;
        self.check_upper(rows)
    }

    fn check_upper(&self, rows: u32) -> Result<(), IndexError> {
        let nodes = self.upper_nodes.len();
        let ragged = |column, values| IndexError::Ragged { column, values };
        let starts = Starts::new(self.layers.clone(), nodes);
        let starts = starts.map_err(|_| ragged("layers", self.layers.len()))?;
        if self.upper_links.len() != nodes * self.m as usize {
            return Err(ragged("upper_links", self.upper_links.len()));
        }
        for layer in 0..starts.rows() {
            let range = starts.range(layer);
            let on_layer = &self.upper_nodes[range.clone()];
            let wrong = |at: usize| at > 0 && on_layer[at - 1] >= on_layer[at];
            if let Some(at) = (0..on_layer.len()).find(|&at| on_layer[at] >= rows || wrong(at)) {
                let (at, target) = (range.start + at, on_layer[at]);
                return Err(IndexError::Target { column: "upper_nodes", at, target });
            }
        }
        check_links("upper_links", &self.upper_links, self.m as usize, rows)
    }
}

/// Checks that every link is a row and none stands behind an empty place.
fn check_links(
    column: &'static str,
    links: &[u32],
    width: usize,
    rows: u32,
) -> Result<(), IndexError> {
    for (row, links) in links.chunks_exact(width).enumerate() {
        let degree = links.iter().position(|link| *link == NO_LINK).unwrap_or(width);
        let is_wrong =
            |at: usize| if at < degree { links[at] >= rows } else { links[at] != NO_LINK };
        if let Some(at) = (0..width).find(|&at| is_wrong(at)) {
            return Err(IndexError::Target { column, at: row * width + at, target: links[at] });
        }
    }
    Ok(())
}
