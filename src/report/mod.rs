//! The report as one self-contained HTML page, which can be sent and archived.
//!
//! All external text (names, recipes, conditions) passes through the template, which escapes it.

mod papers;
mod sections;
mod tables;
#[cfg(test)]
mod tests;
mod verdict;

use guanxi_output::page::whole;
use maud::{Markup, html};

pub use papers::{LossCurve, Papers, StageCost};
pub use verdict::{Judged, Verdict};

/// The title of a report for a model without a version.
pub const TITLE: &str = "guanxi: training report";

/// The page of a training run.
pub fn page(title: &str, papers: &Papers, recipe: &str) -> String {
    whole(title, &body(papers, recipe))
}

fn body(papers: &Papers, recipe: &str) -> Markup {
    let report = &papers.report;
    html! {
        (sections::summary(papers))
        (sections::guard(papers.guard.as_ref()))
        (sections::quality(&report.quality))
        (sections::groups(&report.quality))
        (sections::shown(&report.quality.systems))
        (sections::losses(&papers.losses))
        (sections::held_out(report))
        (sections::trials(&report.trials))
        (sections::stages(&papers.stages))
        h2 { "Recipe" }
        details open[recipe.lines().count() < 30] { summary { "What the run was told" } pre { code { (recipe) } } }
    }
}
