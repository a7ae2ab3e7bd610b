//! Friends of friends: evidence for users with little history.
//!
//! `v_ug = sum_f w_uf w_fg` over the friends `f` of `u`, where the strengths `w` of each user's
//! ties sum to 1. It is the distribution of a two-step walk. A friend of `u` who is also a friend
//! of a friend is reached too, and so counts more than other friends.
//!
//! Training and serving both call this code, so the learned weights fit the answers.

use std::cmp::Reverse;

/// The maximum number of own items for which friends of friends are used.
pub const FEW_ITEMS: usize = 3;

/// The maximum number of people reached, the nearest first. More would slow down a new user's list,
/// and distant people carry little information.
pub const MOST_REACHED: usize = 50;

/// The maximum number of friends' ties that are followed, starting with the strongest friends.
pub const MOST_STEPS: usize = 20_000;

/// Friends, ascending, and the parallel tie strengths.
pub type Ties<'a> = (&'a [u32], &'a [f32]);

/// The people nearest to `asker` in two steps, with their `v`, ascending by index. `asker` itself
/// is left out.
///
/// If all ties are 0, they count equally. Friends whose ties don't fit into [`MOST_STEPS`] are
/// skipped. O(n log n) for the n ties of all friends.
///
/// ```
/// use guanxi_models::friends_of_friends::friends_of_friends;
/// // User 0 knows 1 and 2; user 2 knows 0 and 3.
/// let ties: [(&[u32], &[f32]); 4] =
///     [(&[1, 2], &[1.0, 3.0]), (&[0], &[1.0]), (&[0, 3], &[1.0, 1.0]), (&[2], &[1.0])];
/// assert_eq!(friends_of_friends(0, ties[0], |person| ties[person as usize]), [(3, 0.375)]);
/// ```
pub fn friends_of_friends<'a>(
    asker: u32,
    ties: Ties<'_>,
    ties_of: impl Fn(u32) -> Ties<'a>,
) -> Vec<(u32, f32)> {
    let mut steps: Vec<(u32, f32)> = Vec::new();
    for (friend, share) in strongest_first(ties) {
        let theirs = ties_of(friend);
        if steps.len() + theirs.0.len() <= MOST_STEPS {
            let further = shares(theirs).filter(|&(other, _)| other != asker);
            steps.extend(further.map(|(other, step)| (other, share * step)));
        }
    }
    nearest(summed(steps))
}

/// Each friend's share of the total strength.
fn shares((friends, strengths): Ties<'_>) -> impl Iterator<Item = (u32, f32)> + use<'_> {
    let total: f32 = strengths.iter().sum();
    let alike = 1.0 / friends.len().max(1) as f32;
    let share = move |&strength: &f32| if total > 0.0 { strength / total } else { alike };
    friends.iter().copied().zip(strengths.iter().map(share))
}

fn strongest_first(ties: Ties<'_>) -> Vec<(u32, f32)> {
    let mut friends: Vec<(u32, f32)> = shares(ties).collect();
    friends.sort_by(|a, b| b.1.total_cmp(&a.1));
    friends
}

/// One entry per person, ascending. The sort is stable, so equal steps give bit-identical sums.
fn summed(mut steps: Vec<(u32, f32)>) -> Vec<(u32, f32)> {
    steps.sort_by_key(|&(person, _)| person);
    steps.dedup_by(|next, first| {
        let is_same = next.0 == first.0;
        first.1 += if is_same { next.1 } else { 0.0 };
        is_same
    });
    steps
}

fn nearest(mut reached: Vec<(u32, f32)>) -> Vec<(u32, f32)> {
    if reached.len() > MOST_REACHED {
        let order = |&(person, nearness): &(u32, f32)| (Reverse(nearness.to_bits()), person);
        reached.select_nth_unstable_by_key(MOST_REACHED, order);
        reached.truncate(MOST_REACHED);
        reached.sort_unstable_by_key(|&(person, _)| person);
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn friends_who_know_each_other_reach_each_other_and_ties_of_no_strength_count_alike() {
        let ties: [Ties<'_>; 3] =
            [(&[1, 2], &[0.0; 2]), (&[0, 2], &[0.0; 2]), (&[0, 1], &[0.0; 2])];
        let reached = friends_of_friends(0, ties[0], |person| ties[person as usize]);
        assert_eq!(reached, [(1, 0.25), (2, 0.25)]);
        assert!(friends_of_friends(7, (&[], &[]), |person| ties[person as usize]).is_empty());
    }

    #[test]
    fn the_nearest_are_kept_and_of_equals_those_of_lower_number() {
        let (others, strengths): (Vec<u32>, Vec<f32>) =
            (1..=100).map(|person| (person, if person > 95 { 2.0 } else { 1.0 })).unzip();
        let reached = friends_of_friends(0, (&[500], &[1.0]), |_| (&others, &strengths));
        let people: Vec<u32> = reached.iter().map(|&(person, _)| person).collect();
        assert_eq!(people, (1..=45).chain(96..=100).collect::<Vec<u32>>());
    }

    #[test]
    fn ties_beyond_what_is_followed_are_those_of_the_weakest_friends() {
        let everybody: Vec<u32> = (1_000..1_000 + MOST_STEPS as u32).collect();
        let alike = vec![1.0; MOST_STEPS];
        let of = |friend: u32| -> Ties<'_> {
            if friend == 2 { (&everybody, &alike) } else { (&[9], &[1.0]) }
        };
        let reached = friends_of_friends(0, (&[1, 2], &[0.9, 0.1]), of);
        assert_eq!(reached, [(9, 0.9)]);
    }
}
