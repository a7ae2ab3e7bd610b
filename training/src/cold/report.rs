//! The report on cold users.

use std::fmt::{Display, Formatter, Result};

use serde::{Deserialize, Serialize};

use crate::blend::PerPart;
use crate::judge::bootstrap::Interval;
use crate::judge::figures::Marks;

/// The quality of hidden users' lists, by the number of items handed back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColdReport {
    /// The number of users.
    pub users: ColdCounts,
    /// True if friends were replaced by random users.
    pub shuffled: bool,
    /// One round per number of items handed back.
    pub rounds: Vec<ColdRound>,
}

/// The numbers of users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColdCounts {
    /// All users in the data.
    pub all: usize,
    /// The hidden users among them.
    pub hidden: usize,
}

/// The quality after a number of items was handed back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColdRound {
    /// The number of known items per user.
    pub handed_back: usize,
    /// The number of users evaluated. Each half is served with the choices of the other.
    pub users: usize,
    /// The most popular items.
    pub popularity: ColdQuality,
    /// Fold-in and item lists, tuned without friends.
    pub without_friends: ColdQuality,
    /// The same with friends in the prior and in the score. It equals `without_friends` unless
    /// friends win beyond noise.
    pub with_friends: ColdQuality,
    /// The gain from friends in NDCG@20, with a bootstrap interval.
    pub gain: Interval,
    /// The choices without friends, per half.
    pub chosen_without: [Strengths; 2],
    /// The choices, per half.
    pub chosen: [Strengths; 2],
}

/// The recovery of hidden items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColdQuality {
    /// Recall@20, ranked among all items.
    #[serde(rename = "recall@20")]
    pub recall: f64,
    /// NDCG@20, ranked among all items.
    #[serde(rename = "ndcg@20")]
    pub ndcg: f64,
}

/// The chosen parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Strengths {
    /// `sigma`; 0 if friends don't enter the embedding.
    pub friends: f32,
    /// `kappa`.
    pub shrinkage: f32,
    /// The strength that draws a row without friends towards the mean user.
    pub mean: f32,
    /// `eta`: the weight of friends of friends beside friends.
    #[serde(default)]
    pub second_hop: f32,
    /// The weights of the parts on a common scale.
    pub weights: PerPart,
}

impl ColdQuality {
    /// The mean over users; 0 if there are none.
    pub fn mean_of(marks: &[Marks]) -> Self {
        let n = marks.len().max(1) as f64;
        let mean =
            |mark: fn(&Marks) -> f32| marks.iter().map(|m| f64::from(mark(m))).sum::<f64>() / n;
        Self { recall: mean(|marks| marks.recall_at_20), ndcg: mean(|marks| marks.ndcg_at_20) }
    }
}

impl Display for ColdReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let ColdCounts { all, hidden } = self.users;
        let whose = if self.shuffled { "random people as friends" } else { "friends" };
        writeln!(f, "{hidden} of {all} users hidden, all with {whose}")?;
        write!(f, "{:>5} {:>6}  {:>14}", "known", "users", "popularity")?;
        writeln!(f, "  {:>15}  {:>14}  ndcg@20 gained", "without friends", "with friends")?;
        self.rounds.iter().try_for_each(|round| round.fmt(f))?;
        writeln!(f, "recall@20 and ndcg@20; each half of the hidden users chose for the other:")?;
        self.rounds.iter().try_for_each(|round| {
            for chosen in &round.chosen {
                writeln!(f, "{:>5}  {chosen}", round.handed_back)?;
            }
            let mut without = round.chosen_without.iter();
            without.try_for_each(|chosen| writeln!(f, "       without friends: {chosen}"))
        })
    }
}

impl Display for ColdRound {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { handed_back, users, popularity, without_friends, with_friends, .. } = self;
        write!(f, "{handed_back:>5} {users:>6}  {popularity}   {without_friends}  {with_friends}")?;
        let Interval { mean, low, high } = self.gain;
        writeln!(f, "  {mean:+.4} ({low:+.4} to {high:+.4})")
    }
}

impl Display for ColdQuality {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{:>6.4}  {:>6.4}", self.recall, self.ndcg)
    }
}

impl Display for Strengths {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let PerPart { embedding, ridge, graph, friends, popularity } = self.weights;
        write!(f, "sigma {} kappa {} mean {}", self.friends, self.shrinkage, self.mean)?;
        write!(f, "; embedding {embedding:.2}, ridge {ridge:.2}, graph {graph:.2}")?;
        write!(f, ", friends {friends:.2}, popularity {popularity:.2}")?;
        write!(f, "; friends of friends {}", self.second_hop)
    }
}
