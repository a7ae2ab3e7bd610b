//! What cold users tell.

use std::fmt::{Display, Formatter, Result};

use serde::{Deserialize, Serialize};

use crate::blend::PerPart;
use crate::judge::bootstrap::Interval;
use crate::judge::figures::Marks;

/// How well hidden users are served, by how much is known of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColdReport {
    /// How many users there are.
    pub users: ColdCounts,
    /// Whether friends were replaced by random people.
    pub shuffled: bool,
    /// One for each number of items handed back.
    pub rounds: Vec<ColdRound>,
}

/// How many users there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColdCounts {
    /// In the data.
    pub all: usize,
    /// Of these hidden.
    pub hidden: usize,
}

/// The quality with so many items handed back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColdRound {
    /// How many items are known of each user.
    pub handed_back: usize,
    /// How many users the quality is of; one half of them decides what the other is served with.
    pub users: usize,
    /// What most people have.
    pub popularity: ColdQuality,
    /// Fold-in and lists, decided as if there were no friends.
    pub without_friends: ColdQuality,
    /// The same with friends in the prior and in the score; equal where friends don't win beyond noise.
    pub with_friends: ColdQuality,
    /// What friends add to NDCG@20, with a bootstrap interval.
    pub gain: Interval,
    /// What was decided without friends, by each half.
    pub chosen_without: [Strengths; 2],
    /// What was decided, by each half.
    pub chosen: [Strengths; 2],
}

/// How much of what was hidden is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColdQuality {
    /// Over all items.
    #[serde(rename = "recall@20")]
    pub recall: f64,
    /// Over all items.
    #[serde(rename = "ndcg@20")]
    pub ndcg: f64,
}

/// What was decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Strengths {
    /// `sigma`; 0 where friends have no say in the embedding.
    pub friends: f32,
    /// `kappa`.
    pub shrinkage: f32,
    /// How strongly a row without friends is drawn towards the mean user.
    pub mean: f32,
    /// `eta`: what friends of friends count beside friends.
    #[serde(default)]
    pub second_hop: f32,
    /// The weights of the parts on a common scale.
    pub weights: PerPart,
}

impl ColdQuality {
    /// The mean over users; 0 without any.
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
        writeln!(
            f,
            "recall@20 and ndcg@20; by each half of the hidden users was chosen for the other:"
        )?;
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
