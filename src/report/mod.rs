//! The report as one self-contained HTML page, which can be sent and archived.
//!
//! All external text (names, recipes, conditions) passes through the template, which escapes it.

mod run_report;
mod sections;
mod tables;
#[cfg(test)]
mod tests;
mod verdict;

use guanxi_output::page::whole;
use maud::{Markup, html};

pub use run_report::{LossCurve, RunReport, StageCost};
pub use verdict::{Judged, Verdict};

/// The title of a report for a model without a version.
pub const TITLE: &str = "guanxi: training report";

/// The page of a training run.
pub fn page(title: &str, run_report: &RunReport, recipe: &str) -> String {
    whole(title, &body(run_report, recipe))
}

fn body(run_report: &RunReport, recipe: &str) -> Markup {
    let report = &run_report.report;
    html! {
        (sections::summary(run_report))
        (sections::guard(run_report.guard.as_ref()))
        (sections::quality(&report.quality))
        (sections::groups(&report.quality))
        (sections::shown(&report.quality.systems))
        (sections::losses(&run_report.losses))
        (sections::held_out(report))
        (sections::trials(&report.trials))
        (sections::stages(&run_report.stages))
        h2 { "Recipe" }
        details open[recipe.lines().count() < 30] { summary { "The recipe of the run" } pre { code { (recipe) } } }
    }
}
