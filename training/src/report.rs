//! What a training run tells.

use std::fmt::{Display, Formatter, Result};

use guanxi_models::params::Blend;
use serde::{Deserialize, Serialize};

use crate::blend::PerPart;
use crate::metrics::Metrics;
use crate::tuning::search::Trial;

/// What a model was made of, what was learned, and how good it is beside popularity and item-kNN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The size of the data.
    pub data: DataSize,
    /// How the rows to report on were held out.
    pub held_out: HeldOut,
    /// The quality of each system on the same users, the model first.
    pub systems: Vec<System>,
    /// What was learned.
    pub learned: Choices,
    /// The recipes that were tried to find this one; empty where none was.
    #[serde(default)]
    pub trials: Vec<Trial>,
}

/// The size of the data that a model was trained on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataSize {
    /// Users, with or without a history.
    pub users: usize,
    /// Items, touched or not.
    pub items: usize,
    /// Pairs of a user and an item.
    pub interactions: usize,
    /// Pairs of friends.
    pub friendships: usize,
}

/// Where the rows come from that the report is on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldOut {
    /// How they were chosen.
    pub how: String,
    /// How many users the weights were learned on; none of them is reported on.
    pub learned_on: usize,
    /// How many users the report is on.
    pub users: usize,
}

/// One system that makes lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct System {
    /// What it is called.
    pub name: String,
    /// How good its lists are.
    pub metrics: Metrics,
}

/// What held-out rows decided.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    /// `a0 m`.
    pub unobserved: f32,
    /// The ridge of a user of mean activity.
    pub ridge: f32,
    /// `sigma`: 0 where friends don't help the embedding.
    pub friend_strength: f32,
    /// The weights of the parts on a common scale.
    pub weights: PerPart,
    /// The weights with which the model serves.
    pub blend: Blend,
    /// What was tried for `friend_strength`; empty where there are no friends.
    pub strengths: Vec<StrengthTried>,
}

/// How the embedding alone does with a friends' prior of some strength, as NDCG@20.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StrengthTried {
    /// `sigma`.
    pub strength: f32,
    /// On users with their history.
    pub warm: f64,
    /// On users whose history was hidden whole.
    pub cold: f64,
    /// On the same with three items handed back.
    pub three_items: f64,
}

impl Report {
    /// The quality of the system of this name.
    pub fn system(&self, name: &str) -> Option<&Metrics> {
        self.systems.iter().find(|system| system.name == name).map(|system| &system.metrics)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let DataSize { users, items, interactions, friendships } = self.data;
        writeln!(
            f,
            "{users} users, {items} items, {interactions} interactions, {friendships} friendships"
        )?;
        let HeldOut { how, learned_on, users } = &self.held_out;
        writeln!(f, "{how}; weights learned on {learned_on} users, quality on {users} users")?;
        writeln!(f)?;
        writeln!(
            f,
            "{:<16} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "", "recall@10", "ndcg@10", "prec@10", "recall@20", "ndcg@20", "prec@20"
        )?;
        self.systems.iter().try_for_each(|system| system.fmt(f))?;
        writeln!(f)?;
        self.learned.fmt(f)
    }
}

impl Display for System {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{:<16}", self.name)?;
        for quality in [self.metrics.at_10, self.metrics.at_20] {
            let numbers = [quality.recall, quality.ndcg, quality.precision];
            numbers.iter().try_for_each(|number| write!(f, " {number:>9.4}"))?;
        }
        writeln!(f)
    }
}

impl Display for Choices {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let PerPart { embedding, ridge, graph, friends } = self.weights;
        writeln!(
            f,
            "weights: embedding {embedding}, local ridge {ridge}, graph {graph}, friends {friends}"
        )?;
        writeln!(
            f,
            "embedding: unobserved {}, ridge {}, friends' prior {}",
            self.unobserved, self.ridge, self.friend_strength
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_system_with_its_numbers() {
        let mut metrics = Metrics::default();
        metrics.at_10.recall = 0.25;
        let system = System { name: "popularity".to_owned(), metrics };
        let report = Report { systems: vec![system], ..Report::default() };
        let table = report.to_string();
        assert!(table.contains("popularity          0.2500    0.0000"), "{table}");
        assert_eq!(report.system("popularity"), Some(&metrics));
        assert_eq!(report.system("luck"), None);
    }
}
