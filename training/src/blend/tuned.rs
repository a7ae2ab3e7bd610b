//! The decisions of tuning, and the arms of the ablation.

use super::PerPart;
use crate::recipe::EmbeddingChoice;
use crate::social::tried::StrengthTried;

/// What was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuned {
    /// The embedding's numbers.
    pub embedding: EmbeddingChoice,
    /// `sigma`.
    pub friend_strength: f32,
    /// What was tried for it.
    pub strengths: Vec<StrengthTried>,
    /// `eta`: how much friends of friends count for whoever is little known.
    pub second_hop: f32,
    /// The weights of the parts.
    pub weights: Weights,
}

/// The weights of the parts on a common scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// With which the model serves.
    pub all: PerPart,
    /// The best where only the parts of an arm may count, in the order of [`ARMS`].
    pub arms: [PerPart; ARMS.len()],
}

/// One arm of the ablation: a model that may use only some parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arm {
    /// What it is called in the report.
    pub name: &'static str,
    /// 1 for a part that may count.
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
    /// What counts where nothing could be learned.
    pub const UNLEARNED: Self =
        Self { all: PerPart::UNLEARNED, arms: [PerPart::UNLEARNED; ARMS.len()] };
}
