//! The weights of the parts of the score, learned on held-out rows.
//!
//! Each part is first brought to a common scale, measured over random users and items that they
//! don't have. The scale of the embedding is its standard deviation; the others use the root mean
//! square of their positive scores. Then weights are tried on the best items of each part, which
//! are scored once and kept. Any part may get weight 0: on some data friends carry no signal, on
//! some the lists alone are best.

mod candidates;
mod learn;
mod sources;
mod tuned;

use serde::{Deserialize, Serialize};

pub use candidates::Candidates;
pub use learn::{LearnedWeights, learn};
pub use sources::Sources;
pub use tuned::{ARMS, Arm, Tuned, Weights};

/// One number per part of the score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PerPart {
    /// `p_u.q_j`.
    pub embedding: f32,
    /// The local ridge `s`.
    pub ridge: f32,
    /// The co-occurrence graph `g`.
    pub graph: f32,
    /// The friends' purchases `f`.
    pub friends: f32,
    /// The items' bias `b`.
    #[serde(default)]
    pub popularity: f32,
}

const PARTS: usize = 5;

impl PerPart {
    /// The weights to use if nothing could be learned.
    pub const UNLEARNED: Self =
        Self { embedding: 1.0, ridge: 0.5, graph: 0.5, friends: 0.25, popularity: 0.0 };

    /// Weight 1 for every part.
    pub const ONES: Self =
        Self { embedding: 1.0, ridge: 1.0, graph: 1.0, friends: 1.0, popularity: 1.0 };

    fn array(self) -> [f32; PARTS] {
        [self.embedding, self.ridge, self.graph, self.friends, self.popularity]
    }

    fn from_array([embedding, ridge, graph, friends, popularity]: [f32; PARTS]) -> Self {
        Self { embedding, ridge, graph, friends, popularity }
    }

    /// The element-wise product.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        let (mut product, other) = (self.array(), other.array());
        product.iter_mut().zip(other).for_each(|(one, other)| *one *= other);
        Self::from_array(product)
    }
}
