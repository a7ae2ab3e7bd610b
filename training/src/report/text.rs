//! The report as text for a terminal.

use std::fmt::{Display, Formatter, Result};

use super::{Choices, Comparison, DataSize, Group, HeldOut, Placed, Report, System};
use crate::blend::PerPart;
use crate::judge::bootstrap::Interval;

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
        self.quality.fmt(f)?;
        self.learned.fmt(f)?;
        self.placed.iter().try_for_each(|placed| placed.fmt(f))
    }
}

impl Display for Placed {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { untouched, placed, ridge, scale } = self;
        writeln!(
            f,
            "untouched items: {placed} of {untouched} placed by their features, ridge {ridge}, scale {scale:.2}"
        )
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{:<20} {:>9} {:>9}", "", "recall@10", "ndcg@10")?;
        writeln!(f, " {:>14} {:>14} {:>9}", "recall@20", "ndcg@20", "shown@20")?;
        self.systems.iter().try_for_each(|system| system.fmt(f))?;
        writeln!(f)?;
        self.write_differences(f)?;
        self.write_groups(f, "items", &self.by_items)?;
        self.write_groups(f, "friends", &self.by_friends)
    }
}

impl Comparison {
    /// Writes the differences to the embedding and to the best baseline.
    fn write_differences(&self, f: &mut Formatter<'_>) -> Result {
        let embedding = self.differences.iter().find(|other| other.to == "embedding alone");
        let Some(model) = self.systems.first() else { return Ok(()) };
        for other in embedding.into_iter().chain(self.to_best_baseline()) {
            let by = other.by.ndcg_at_20;
            let verdict = if by.is_beyond_noise() { "beyond noise" } else { "within noise" };
            let Interval { mean, low, high } = by;
            writeln!(
                f,
                "{} - {}: ndcg@20 {mean:+.4}, 95 % of {low:+.4} to {high:+.4}, {verdict}",
                model.name, other.to
            )?;
        }
        Ok(())
    }

    /// Writes the model beside the best baseline, by group.
    fn write_groups(&self, f: &mut Formatter<'_>, of: &str, groups: &[Group]) -> Result {
        let Some(baseline) = self.to_best_baseline().map(|best| best.to.as_str()) else {
            return Ok(());
        };
        let at = self.systems.iter().position(|system| system.name == baseline);
        if groups.len() < 2 {
            return Ok(());
        }
        writeln!(f, "\n{of:<20} {:>9} {:>14} {:>14}", "users", "ndcg@20", baseline)?;
        for group in groups {
            write!(f, "{:<20} {:>9}", group.label(), group.users)?;
            for system in [Some(0), at].into_iter().flatten() {
                write!(f, " {}", with_width(group.systems[system].ndcg_at_20))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// A mean with half of its interval's width, padded to at least 14 characters.
fn with_width(interval: Interval) -> String {
    format!("{:>6.4} +-{:.4}", interval.mean, interval.half_width())
}

impl Display for System {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (at_10, intervals) = (self.metrics.at_10, self.intervals);
        write!(f, "{:<20} {:>9.4} {:>9.4}", self.name, at_10.recall, at_10.ndcg)?;
        write!(f, " {} ", with_width(intervals.recall_at_20))?;
        writeln!(f, "{} {:>9.4}", with_width(intervals.ndcg_at_20), self.shown.coverage)
    }
}

impl Display for Choices {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let PerPart { embedding, ridge, graph, friends, popularity } = self.weights;
        writeln!(
            f,
            "\nweights: embedding {embedding}, local ridge {ridge}, graph {graph}, friends {friends}, popularity {popularity}"
        )?;
        writeln!(
            f,
            "embedding: unobserved {}, ridge {}, friends' prior {}; friends of friends {}",
            self.unobserved, self.ridge, self.friend_strength, self.blend.second_hop
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::figures::Figures;
    use crate::judge::metrics::Metrics;
    use crate::report::{Difference, Diversity};

    fn system(name: &str, ndcg: f64) -> System {
        let mut metrics = Metrics::default();
        metrics.at_10.recall = 0.25;
        metrics.at_20.ndcg = ndcg;
        let interval = Interval { mean: ndcg, low: ndcg - 0.01, high: ndcg + 0.01 };
        let intervals = Figures { ndcg_at_20: interval, ..Figures::default() };
        System { name: name.to_owned(), metrics, intervals, shown: Diversity::default() }
    }

    fn report() -> Report {
        let systems = vec![system("guanxi", 0.2), system("popularity", 0.1)];
        let by = Interval { mean: 0.1, low: 0.08, high: 0.12 };
        let by = Figures { ndcg_at_20: by, ..Figures::default() };
        let differences = vec![Difference { to: "popularity".to_owned(), by }];
        let group = |from, to| Group {
            from,
            to,
            users: 7,
            systems: systems.iter().map(|system| system.intervals).collect(),
        };
        let by_items = vec![group(0, Some(4)), group(5, None)];
        let quality = Comparison { systems, differences, by_items, ..Comparison::default() };
        Report { quality, ..Report::default() }
    }

    #[test]
    fn the_table_names_every_system_with_its_numbers_and_how_sure_they_are() {
        let table = report().to_string();
        let line =
            "popularity              0.2500    0.0000 0.0000 +-0.0000 0.1000 +-0.0100    0.0000";
        assert!(table.contains(line), "{table}");
        assert_eq!(report().system("popularity").map(|metrics| metrics.at_20.ndcg), Some(0.1));
        assert_eq!(report().system("luck"), None);
    }

    #[test]
    fn the_best_baseline_is_named_with_the_difference_and_beside_each_group() {
        let text = report().to_string();
        let line = "guanxi - popularity: ndcg@20 +0.1000, 95 % of +0.0800 to +0.1200, beyond noise";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("\n5+                           7 0.2000 +-0.0100 0.1000"), "{text}");
    }

    #[test]
    fn a_report_on_nobody_has_no_differences() {
        assert!(!Report::default().to_string().contains("noise"));
    }
}
