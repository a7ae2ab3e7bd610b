//! Quality by the number of a user's items or friends.

use serde::{Deserialize, Serialize};

use crate::judge::bootstrap::{Bootstrap, Interval};
use crate::judge::figures::{Figures, Marks};

/// The users with a number of items or friends in one range, and each system's quality for them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The smallest number in the range.
    pub from: usize,
    /// The largest number in the range; `None` if there is no limit.
    pub to: Option<usize>,
    /// The number of reported users in the group.
    pub users: usize,
    /// The figures of each system, in the order of the report.
    pub systems: Vec<Figures<Interval>>,
}

/// The lower bounds of the groups by a user's training items.
pub(super) const BY_ITEMS: [usize; 5] = [0, 5, 10, 20, 50];

/// The lower bounds of the groups by a user's friends.
pub(super) const BY_FRIENDS: [usize; 4] = [0, 1, 5, 20];

impl Group {
    /// The label of the range, such as `5-9` or `50+`.
    pub fn label(&self) -> String {
        match self.to {
            Some(to) if to == self.from => to.to_string(),
            Some(to) => format!("{}-{to}", self.from),
            None => format!("{}+", self.from),
        }
    }
}

/// Groups the users of `marks` (one row per system) by `counts`, with the lower bounds `starts`.
/// Empty groups are left out.
pub(super) fn groups(
    starts: &[usize],
    counts: &[usize],
    marks: &[&[Marks]],
    seed: u64,
) -> Vec<Group> {
    let ends = starts.iter().skip(1).map(|next| Some(next - 1)).chain([None]);
    let ranges = starts.iter().copied().zip(ends);
    ranges.filter_map(|(from, to)| group(from, to, counts, marks, seed)).collect()
}

fn group(
    from: usize,
    to: Option<usize>,
    counts: &[usize],
    marks: &[&[Marks]],
    seed: u64,
) -> Option<Group> {
    let is_member = |&at: &usize| counts[at] >= from && to.is_none_or(|to| counts[at] <= to);
    let members: Vec<usize> = (0..counts.len()).filter(is_member).collect();
    if members.is_empty() {
        return None;
    }
    let of = |marks: &&[Marks]| -> Vec<Marks> { members.iter().map(|&at| marks[at]).collect() };
    let marks: Vec<Vec<Marks>> = marks.iter().map(of).collect();
    let marks: Vec<&[Marks]> = marks.iter().map(Vec::as_slice).collect();
    let bootstrap = Bootstrap::new(&marks, seed);
    let systems = (0..marks.len()).map(|system| bootstrap.figures(system)).collect();
    Some(Group { from, to, users: members.len(), systems })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_user_is_in_one_group_and_groups_of_nobody_are_left_out() {
        let marks: Vec<Marks> = (0..4).map(|at| Figures::from_fn(|_| at as f32)).collect();
        let found = groups(&BY_ITEMS, &[4, 5, 9, 700], &[&marks, &marks], 1);
        let reported: Vec<_> = found.iter().map(|group| (group.label(), group.users)).collect();
        assert_eq!(reported, [("0-4".to_owned(), 1), ("5-9".to_owned(), 2), ("50+".to_owned(), 1)]);
        let mean = found[1].systems[1].ndcg_at_20.mean;
        assert!((mean - 1.5).abs() < 1e-9, "{mean}");
    }

    #[test]
    fn a_group_of_one_number_is_called_by_it() {
        let marks = [Marks::default()];
        assert_eq!(groups(&BY_FRIENDS, &[0], &[&marks], 1)[0].label(), "0");
    }
}
