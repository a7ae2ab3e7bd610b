//! The best of many scored candidates: largest score first, ties by dense number.

/// The `k` largest, descending, ties by number.
pub(in crate::recommend) fn best(mut scored: Vec<(f32, u32)>, k: usize) -> Vec<(f32, u32)> {
    let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if scored.len() > k && k > 0 {
        scored.select_nth_unstable_by(k - 1, order);
        scored.truncate(k);
    }
    scored.sort_unstable_by(order);
    scored.truncate(k);
    scored
}

/// Keeps the best `k` of the candidates pushed, and a few more until it next drops them.
pub(in crate::recommend) struct TopRows {
    k: usize,
    scored: Vec<(f32, u32)>,
    /// The score below which a candidate can no longer be among the best.
    bar: f32,
}

impl TopRows {
    pub(in crate::recommend) fn new(k: usize) -> Self {
        Self { k, scored: Vec::new(), bar: f32::NEG_INFINITY }
    }

    /// The score below which a candidate can no longer be among the best.
    pub(in crate::recommend) fn bar(&self) -> f32 {
        self.bar
    }

    pub(in crate::recommend) fn push(&mut self, score: f32, row: u32) {
        /// The list grows to this many times `k + 8` before all but the best are dropped.
        const ROOM: usize = 4;
        self.scored.push((score, row));
        if self.scored.len() >= ROOM * (self.k + 8) {
            self.scored = best(std::mem::take(&mut self.scored), self.k);
            self.bar = self.scored.last().map_or(self.bar, |last| last.0);
        }
    }

    /// The best `k`, in order.
    pub(in crate::recommend) fn into_best(self) -> Vec<(f32, u32)> {
        best(self.scored, self.k)
    }
}
