//! Tables of metrics.

use guanxi_output::page::table;
use guanxi_training::judge::bootstrap::Interval;
use guanxi_training::judge::figures::NAMES;
use guanxi_training::report::{Comparison, Group};
use maud::Markup;

/// A mean with the half-width of its interval.
pub(super) fn with_width(interval: &Interval) -> String {
    format!("{:.4} ±{:.4}", interval.mean, interval.half_width())
}

/// All metrics of all systems.
pub(super) fn systems(quality: &Comparison) -> Markup {
    let head: Vec<&str> = std::iter::once("system").chain(NAMES).collect();
    let rows = quality.systems.iter().map(|system| {
        let figures = system.intervals.to_array();
        std::iter::once(system.name.clone()).chain(figures.iter().map(with_width)).collect()
    });
    table("Means and half of the 95 % interval", &head, &rows.collect::<Vec<_>>())
}

/// The difference between the model and each other system.
pub(super) fn differences(quality: &Comparison) -> Markup {
    let head = ["less", "ndcg@20", "95 %", "recall@20", "95 %", "by ndcg@20"];
    let rows = quality.differences.iter().map(|other| {
        let (ndcg, recall) = (other.by.ndcg_at_20, other.by.recall_at_20);
        let verdict = if ndcg.is_beyond_noise() { "beyond noise" } else { "within noise" };
        let range = |by: &Interval| format!("{:+.4} to {:+.4}", by.low, by.high);
        vec![
            other.to.clone(),
            format!("{:+.4}", ndcg.mean),
            range(&ndcg),
            format!("{:+.4}", recall.mean),
            range(&recall),
            verdict.to_owned(),
        ]
    });
    table("The model less each other system, on the same users", &head, &rows.collect::<Vec<_>>())
}

/// NDCG@20 of every system in every group.
pub(super) fn groups(caption: &str, of: &str, groups: &[Group], systems: &[&str]) -> Markup {
    let head: Vec<&str> = [of, "users"].into_iter().chain(systems.iter().copied()).collect();
    let rows = groups.iter().map(|group| {
        let figures = group.systems.iter().map(|system| with_width(&system.ndcg_at_20));
        [group.label(), group.users.to_string()].into_iter().chain(figures).collect()
    });
    table(caption, &head, &rows.collect::<Vec<_>>())
}
