//! The strength of ties between friends.

use guanxi_models::column::WeightedRows;
use guanxi_models::model::Rows;
use guanxi_models::tie::{Person, strength};
use rayon::prelude::*;

use crate::data::dataset::Positives;

/// Every friendship with the strength of its tie, in the order of `friends`. See
/// [`guanxi_models::tie`].
pub fn ties(friends: &Rows, positives: &Positives) -> WeightedRows {
    let person = |user: usize| Person { friends: friends.row(user), items: positives.row(user) };
    let rows: Vec<Vec<(u32, f32)>> = (0..friends.rows())
        .into_par_iter()
        .map(|user| {
            let others = friends.row(user).iter();
            others.map(|&other| (other, strength(person(user), person(other as usize)))).collect()
        })
        .collect();
    WeightedRows::from_rows(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::{DatasetBuilder, Seen};
    use guanxi_models::tie::FLOOR;

    #[test]
    fn ties_are_mutual_and_stronger_where_tastes_and_friends_are_shared() {
        let mut builder = DatasetBuilder::default();
        for (user, item) in [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"), ("c", "z")] {
            builder.observe(user, item, Seen::default());
        }
        for (one, other) in [("a", "b"), ("a", "c"), ("b", "c")] {
            builder.friend(one, other);
        }
        let data = builder.build();
        let ties = ties(&data.ground.ties.friends.links(), &data.positives());
        let (friends, strengths) = ties.row(0);
        assert_eq!(friends, [1, 2]);
        assert!((strengths[0] - (FLOOR + (1.0 - FLOOR) * 0.5_f32.sqrt())).abs() < 1e-6);
        assert!((strengths[1] - FLOOR).abs() < f32::EPSILON);
        assert_eq!(ties.row(1).1[0].to_bits(), strengths[0].to_bits());
    }
}
