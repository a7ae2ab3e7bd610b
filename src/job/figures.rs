//! The metric names that manifests, reports and the command line share.

use std::collections::BTreeMap;

use guanxi_training::judge::metrics::Metrics;
use guanxi_training::report::Report;

/// The metrics of the trained model: `recall@10`, `ndcg@20` and so on. Empty if nothing was held
/// out.
pub fn served_metrics(report: &Report) -> BTreeMap<String, f64> {
    report.quality.systems.first().map(|system| named(&system.metrics)).unwrap_or_default()
}

fn named(metrics: &Metrics) -> BTreeMap<String, f64> {
    let mut named = BTreeMap::new();
    for (k, quality) in [(10, metrics.at_10), (20, metrics.at_20)] {
        named.insert(format!("recall@{k}"), quality.recall);
        named.insert(format!("precision@{k}"), quality.precision);
        named.insert(format!("ndcg@{k}"), quality.ndcg);
        named.insert(format!("hit@{k}"), quality.hit_rate);
    }
    named
}
