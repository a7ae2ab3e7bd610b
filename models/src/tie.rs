//! The strength of a tie between two friends:
//! `sqrt(cosine of common friends x cosine of common items)`, above a floor. If one of them has no
//! items yet, it is the first cosine alone.
//!
//! Training computes it for every friendship, the live state for each
//! newer one; both call this code.

/// The minimum strength of a tie, used for friends who share nothing yet.
///
/// They are the majority in a large circle, and their purchases still carry information. A floor
/// near 0 ranks worse if friends matter, and no better if they don't.
pub const FLOOR: f32 = 0.03;

/// The minimum strength of a tie with a user who has no items, of whom only the circle is known.
///
/// Such a tie is the cosine of common friends alone. For users whose whole history was hidden, this
/// ranks their friends' purchases better than equal ties do. A floor of 0.1 ranks better than 0.03.
pub const COLD_FLOOR: f32 = 0.1;

/// One side of a tie.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// The indices of the person's friends, ascending and distinct.
    pub friends: &'a [u32],
    /// The indices of the items that the person touched and didn't reject, ascending and distinct.
    pub items: &'a [u32],
}

/// The strength of the tie between two friends, from [`FLOOR`] to 1. Symmetric.
///
/// ```
/// use guanxi_models::tie::{FLOOR, Person, strength};
/// let a = Person { friends: &[1, 2, 5, 9], items: &[3, 4] };
/// let b = Person { friends: &[0, 2, 5, 7], items: &[3, 4, 6, 8, 9, 10, 11, 12] };
/// // Both cosines are 1/2, and so is the root of their product.
/// assert!((strength(a, b) - (FLOOR + (1.0 - FLOOR) / 2.0)).abs() < 1e-6);
/// ```
pub fn strength(a: Person<'_>, b: Person<'_>) -> f32 {
    let friends = cosine(a.friends, b.friends);
    if a.items.is_empty() || b.items.is_empty() {
        return COLD_FLOOR + (1.0 - COLD_FLOOR) * friends;
    }
    FLOOR + (1.0 - FLOOR) * (friends * cosine(a.items, b.items)).sqrt()
}

/// The cosine of two sets: the size of their intersection over the geometric mean of their sizes. 0
/// if one is empty.
pub fn cosine(a: &[u32], b: &[u32]) -> f32 {
    match common(a, b) {
        0 => 0.0,
        shared => shared as f32 / (a.len() as f32 * b.len() as f32).sqrt(),
    }
}

/// The number of common values of two ascending lists. O(short log(long)) if one is much longer,
/// else O(short + long).
pub fn common(a: &[u32], b: &[u32]) -> usize {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len() / 16 > short.len() { gallop(short, long) } else { merge(short, long) }
}

fn merge(a: &[u32], b: &[u32]) -> usize {
    let (mut i, mut j, mut shared) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        // Branch-free, because the order of the two can't be predicted.
        let (x, y) = (a[i], b[j]);
        shared += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    shared
}

fn gallop(short: &[u32], mut long: &[u32]) -> usize {
    let mut shared = 0;
    for &wanted in short {
        let at = long.partition_point(|&x| x < wanted);
        long = &long[at..];
        shared += usize::from(long.first() == Some(&wanted));
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_and_galloping_count_the_same() {
        let long: Vec<u32> = (0..1000).map(|x| x * 3).collect();
        for short in [vec![], vec![0], vec![2997], vec![1, 3, 500, 600, 2997, 4000]] {
            assert_eq!(merge(&short, &long), gallop(&short, &long));
            assert_eq!(common(&long, &short), gallop(&short, &long));
        }
        assert_eq!(common(&long, &[1, 3, 600, 2997, 4000]), 3);
    }

    #[test]
    fn the_cosine_is_one_for_equal_sets_and_zero_for_none_in_common() {
        assert!((cosine(&[1, 2, 3], &[1, 2, 3]) - 1.0).abs() < 1e-6);
        assert!(cosine(&[1, 2], &[3, 4]).abs() < f32::EPSILON);
        assert!(cosine(&[], &[3, 4]).abs() < f32::EPSILON);
    }

    #[test]
    fn friends_who_share_nothing_have_the_floor() {
        let a = Person { friends: &[1], items: &[3] };
        let b = Person { friends: &[0], items: &[4] };
        assert!((strength(a, b) - FLOOR).abs() < f32::EPSILON);
    }

    #[test]
    fn with_someone_who_has_no_items_common_friends_decide() {
        let newcomer = |friends| Person { friends, items: &[] };
        let b = Person { friends: &[0, 2, 3, 4], items: &[4] };
        let (near, far) = (strength(newcomer(&[1, 2, 3, 4]), b), strength(newcomer(&[1]), b));
        assert!((near - (COLD_FLOOR + (1.0 - COLD_FLOOR) * 0.75)).abs() < 1e-6);
        assert!((far - COLD_FLOOR).abs() < f32::EPSILON);
    }

    #[test]
    fn the_tie_is_the_same_from_both_ends() {
        let a = Person { friends: &[1, 4, 6], items: &[7, 9] };
        let b = Person { friends: &[0, 4], items: &[1, 9, 12] };
        assert!((strength(a, b) - strength(b, a)).abs() < f32::EPSILON);
    }
}
