//! The penalties of the systems of a batch.

use super::Batch;
use crate::kernel::{self, LANES};

/// The largest allowed root; larger ones would bring squares close to infinity.
const LARGEST_ROOT: f32 = 1e12;

/// `D^1/2` and `b` of each lane, `dim` numbers apart.
#[derive(Debug, Default)]
pub(super) struct Penalty {
    roots: Vec<f32>,
    offsets: Vec<f32>,
    /// True for lanes that have a penalty in all coordinates.
    is_sound: [bool; LANES],
    /// The parameters of the previous lane's roots.
    last: (f32, f32),
    dim: usize,
}

impl Penalty {
    /// Prepares all lanes.
    pub(super) fn prepare(&mut self, batch: Batch<'_>) {
        self.dim = batch.factors.dim();
        let size = LANES * self.dim;
        self.roots.resize(size, 0.0);
        self.offsets.resize(size, 0.0);
        for lane in 0..batch.members.len() {
            self.prepare_root(batch, lane);
            self.prepare_offset(batch, lane);
        }
    }

    fn prepare_root(&mut self, batch: Batch<'_>, lane: usize) {
        let (row, dim) = (batch.row(lane), self.dim);
        let made_from = (row.scale, row.problem.ridge + row.problem.prior());
        let (known, root) = self.roots.split_at_mut(lane * dim);
        if lane > 0 && self.last == made_from {
            root[..dim].copy_from_slice(&known[(lane - 1) * dim..]);
            self.is_sound[lane] = self.is_sound[lane - 1];
            return;
        }
        self.last = made_from;
        let root = &mut root[..dim];
        kernel::inverse_roots(made_from.0, batch.spectrum, made_from.1, root);
        self.is_sound[lane] =
            kernel::are_finite(root) && root.iter().copied().fold(0.0, f32::max) < LARGEST_ROOT;
    }

    fn prepare_offset(&mut self, batch: Batch<'_>, lane: usize) {
        let problem = &batch.row(lane).problem;
        let of_lane = lane * self.dim..(lane + 1) * self.dim;
        let offset = &mut self.offsets[of_lane.clone()];
        offset.fill(0.0);
        if problem.has_prior() {
            for ((b, root), m) in
                offset.iter_mut().zip(&self.roots[of_lane]).zip(problem.prior_mean)
            {
                *b = *root * *root * problem.prior_strength * m;
            }
        }
    }

    /// `D^1/2` of a lane.
    pub(super) fn root(&self, lane: usize) -> &[f32] {
        &self.roots[lane * self.dim..(lane + 1) * self.dim]
    }

    /// `D^1/2` of all lanes, one after another.
    pub(super) fn roots(&self) -> &[f32] {
        &self.roots
    }

    /// `b` of a lane.
    pub(super) fn offset(&self, lane: usize) -> &[f32] {
        &self.offsets[lane * self.dim..(lane + 1) * self.dim]
    }

    pub(super) fn is_sound(&self, lane: usize) -> bool {
        self.is_sound[lane]
    }
}
