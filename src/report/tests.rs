//! The page shows the figures of the report and is self-contained.

use guanxi_training::judge::bootstrap::Interval;
use guanxi_training::judge::figures::Figures;
use guanxi_training::judge::metrics::Metrics;
use guanxi_training::recipe::Trial;
use guanxi_training::report::{Comparison, Difference, Diversity, Group, Report, System};
use guanxi_training::social::tried::StrengthTried;

use super::*;
use crate::system::format::assert_golden;

fn interval(mean: f64) -> Interval {
    Interval { mean, low: mean - 0.01, high: mean + 0.01 }
}

fn system(name: &str, mean: f64) -> System {
    System {
        name: name.to_owned(),
        metrics: Metrics::default(),
        intervals: Figures::from_fn(|_| interval(mean)),
        shown: Diversity { coverage: 0.4, gini: 0.7, popularity: 0.9 },
    }
}

fn verdict() -> Verdict {
    let bound = Judged {
        metric: "ndcg@20".to_owned(),
        new: 0.2,
        current: None,
        difference: None,
        limit: Some(0.3),
        holds: false,
    };
    Verdict { condition: "ndcg@20 >= 0.3".to_owned(), current: None, bounds: vec![bound] }
}

/// A report that fills every section.
fn run_report() -> RunReport {
    let systems = vec![system("guanxi", 0.2), system("<script>alert(1)</script>", 0.1)];
    let by = Figures::from_fn(|_| interval(0.1));
    let group = |from, to| {
        let systems = systems.iter().map(|system| system.intervals).collect();
        Group { from, to, users: 3, systems }
    };
    let quality = Comparison {
        differences: vec![Difference { to: systems[1].name.clone(), by }],
        by_items: vec![group(0, Some(4)), group(5, None)],
        by_friends: vec![group(0, Some(0)), group(1, None)],
        systems,
        marks: Vec::new(),
    };
    let mut report = Report { quality, ..Report::default() };
    report.learned.strengths = vec![StrengthTried::default(); 2];
    report.held_out.how = "held out: <i>some</i>".to_owned();
    report.trials =
        vec![Trial { value: "<7>".to_owned(), key: "a.b".to_owned(), ..Trial::default() }];
    let curve = LossCurve {
        dim: 64,
        unobserved_weight: 0.1,
        mean_ridge: 6.0,
        losses: vec![9.0, 5.0, 4.0],
        held_out: vec![None, Some(0.125), Some(0.25)],
    };
    RunReport {
        metrics: [("ndcg@20".to_owned(), 0.2)].into(),
        report,
        stages: vec![StageCost { stage: "<read>".to_owned(), seconds: 1.5, peak_bytes: 3 << 20 }],
        losses: vec![curve.clone(), curve],
        guard: Some(verdict()),
    }
}

#[test]
fn every_section_is_there_with_its_figures() {
    let page = page("Title", &run_report(), "seed = 7\n");
    for text in [
        "Quality",
        "0.2000 ±0.0100",
        "+0.1000",
        "beyond noise",
        "By number of friends",
        "40.0 %",
        "Loss",
        "Held-out rows by sweep",
        "0.2500",
        "What was tried",
        "1.50 s",
        "3 MiB",
        "seed = 7",
        "below 0.3000",
        "without held-out rows: width 64",
    ] {
        assert!(page.contains(text), "`{text}` is missing");
    }
}

#[test]
fn what_comes_from_outside_is_escaped() {
    let page = page("<Title>", &run_report(), "# <script>\n");
    assert!(!page.contains("<script") && !page.contains("<i>some") && !page.contains("<read>"));
    assert!(!page.contains("<Title>"));
    assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("&lt;Title&gt;"));
}

#[test]
fn nothing_outside_of_the_file_is_asked_for() {
    let page = page("Title", &run_report(), "");
    for text in ["http:", "https:", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(text), "`{text}`");
    }
}

#[test]
fn every_chart_tells_what_it_shows_and_no_number_is_broken() {
    let page = page("Title", &run_report(), "");
    let charts = page.matches("class=\"chart\"").count();
    assert_eq!((charts, page.matches("role=\"img\"").count()), (6, 6));
    assert!(!page.contains("NaN") && !page.contains("inf"));
}

#[test]
fn a_report_on_nobody_is_a_page_too() {
    let page = page("Title", &RunReport::default(), "");
    assert!(page.contains("No user has rows to hold out"));
    assert!(!page.contains("<svg"));
}

#[test]
fn the_stored_shape_is_that_of_a_model_of_format_3() {
    let golden = include_bytes!("../../tests/formats/golden/report/3/report.json");
    assert_golden("report", 3, &serde_json::to_vec_pretty(&run_report()).unwrap(), golden);
    assert_eq!(serde_json::from_slice::<RunReport>(golden).unwrap(), run_report());
}

#[test]
fn a_report_reads_back_from_its_file() {
    let written = serde_json::to_string(&run_report()).unwrap();
    assert_eq!(serde_json::from_str::<RunReport>(&written).unwrap(), run_report());
}
