//! How far the work for an answer is, told to whoever has a clock: here nobody asks one.

use std::fmt::Debug;

/// A part of the work for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Who asks: the history, friends.
    Asker,
    /// What may be listed.
    Filter,
    /// Where candidates come from: the asker's taste, the index, the item lists, what friends bought.
    Candidates,
    /// Which of them are the best.
    Score,
}

impl Part {
    /// Every part, in the order of the work.
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

/// Whoever waits for an answer.
pub trait Pace: Debug {
    /// A part of the work is done; each comes once at most, in order.
    fn done(&self, part: Part);

    /// Whether the answer is due: then it is made of what there is.
    fn is_due(&self) -> bool;
}

/// Waits for the best answer, however long that takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unhurried;

impl Pace for Unhurried {
    fn done(&self, _: Part) {}

    fn is_due(&self) -> bool {
        false
    }
}
