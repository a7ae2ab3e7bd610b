//! Candidates that a page must not list, whatever they are: dense numbers of items or of people.

/// The candidates that a page must not list.
#[derive(Debug, Default)]
pub(in crate::recommend) struct Excluded<'a> {
    /// Named by the caller, or on the page already; ascending.
    named: Vec<u32>,
    /// The asker's own, ascending.
    own: &'a [u32],
    sketch: Sketch,
}

impl<'a> Excluded<'a> {
    /// Excludes the `named` ones, in any order, and the asker's `own`, ascending.
    pub(in crate::recommend) fn new(mut named: Vec<u32>, own: &'a [u32]) -> Self {
        named.sort_unstable();
        let sketch = Sketch::of(own.iter().chain(&named));
        Self { named, own, sketch }
    }

    /// Excludes some more: those on the page already.
    pub(in crate::recommend) fn add(&mut self, rows: impl Iterator<Item = u32>) {
        let before = self.named.len();
        self.named.extend(rows);
        self.named[before..].iter().for_each(|&row| self.sketch.insert(row));
        self.named.sort_unstable();
    }

    pub(in crate::recommend) fn contains(&self, row: u32) -> bool {
        self.sketch.may_hold(row)
            && (self.own.binary_search(&row).is_ok() || self.named.binary_search(&row).is_ok())
    }
}

/// A Bloom filter of one hash in 128 bytes: most candidates are cleared without a search.
#[derive(Clone, Copy, Debug, Default)]
struct Sketch([u64; 16]);

impl Sketch {
    fn of<'i>(rows: impl Iterator<Item = &'i u32>) -> Self {
        let mut sketch = Self::default();
        rows.for_each(|&row| sketch.insert(row));
        sketch
    }

    fn insert(&mut self, row: u32) {
        let (word, bit) = Self::place(row);
        self.0[word] |= bit;
    }

    fn may_hold(&self, row: u32) -> bool {
        let (word, bit) = Self::place(row);
        self.0[word] & bit != 0
    }

    /// Ten bits of a multiplicative hash.
    fn place(row: u32) -> (usize, u64) {
        let hash = row.wrapping_mul(0x9E37_79B1) >> 22;
        ((hash >> 6) as usize, 1 << (hash & 63))
    }
}
