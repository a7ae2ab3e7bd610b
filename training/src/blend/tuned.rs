//! The results of tuning, and the arms of the ablation.

use super::PerPart;
use crate::recipe::EmbeddingChoice;
use crate::social::tried::StrengthTried;

/// The parameters and weights that tuning decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuned {
    /// The parameters of the embedding.
    pub embedding: EmbeddingChoice,
    /// `sigma`: the strength of the friend prior.
    pub friend_strength: f32,
    /// The strengths that were tried.
    pub strengths: Vec<StrengthTried>,
    /// `eta`: the weight of friends of friends for users with little history.
    pub second_hop: f32,
    /// The weights of the parts.
    pub weights: Weights,
}

/// The weights of the parts on a common scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// The weights that the model serves with.
    pub all: PerPart,
    /// The best weights if only the parts of an arm may count, in the order of [`ARMS`].
    pub arms: [PerPart; ARMS.len()],
}

/// One arm of the ablation: a model that may use only some parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arm {
    /// The arm's name in the report.
    pub name: &'static str,
    /// 1 for each part that the arm may use, else 0.
    pub parts: PerPart,
}

/// The arms of the ablation beside the whole model and the embedding alone.
pub const ARMS: [Arm; 4] = {
    let none = 0.0;
    let all = PerPart { popularity: none, ..PerPart::ONES };
    [
        Arm { name: "without popularity", parts: all },
        Arm { name: "embedding + lists", parts: PerPart { friends: none, ..all } },
        Arm { name: "embedding + friends", parts: PerPart { ridge: none, graph: none, ..all } },
        Arm { name: "lists alone", parts: PerPart { embedding: none, friends: none, ..all } },
    ]
};

impl Weights {
    /// The weights to use if nothing could be learned.
    pub const UNLEARNED: Self =
        Self { all: PerPart::UNLEARNED, arms: [PerPart::UNLEARNED; ARMS.len()] };
}
