//! The deadline of an answer, watched by a caller that has a clock: this crate asks none.

use std::fmt::Debug;

/// A stage of the work for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankingStage {
    /// Looking up who asks: the history, friends.
    Asker,
    /// Deciding what may be listed.
    Filter,
    /// Gathering candidates: the asker's taste, the index, the item lists, what friends bought.
    Candidates,
    /// Choosing the best of them.
    Score,
}

impl RankingStage {
    /// Every stage, in the order of the work.
    pub const ALL: [Self; 4] = [Self::Asker, Self::Filter, Self::Candidates, Self::Score];

    /// The name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asker => "asker",
            Self::Filter => "filter",
            Self::Candidates => "candidates",
            Self::Score => "score",
        }
    }
}

/// The deadline of one answer, kept by the caller.
///
/// The ranking reports each stage at most once, in order, and stops once the deadline has passed.
pub trait Deadline: Debug {
    /// Notes that a stage is done.
    fn done(&self, stage: RankingStage);

    /// True if the answer is due now and must be made of the candidates found so far.
    fn has_passed(&self) -> bool;
}

/// No deadline: the best answer, however long it takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDeadline;

impl Deadline for NoDeadline {
    fn done(&self, _: RankingStage) {}

    fn has_passed(&self) -> bool {
        false
    }
}
