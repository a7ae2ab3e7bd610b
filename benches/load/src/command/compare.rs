//! `guanxi bench compare`: the ratio of two runs, with an interval.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use guanxi_output::{Output, Table};

use super::Failure;
use crate::{Comparison, Report};

/// The arguments of `guanxi bench compare`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The report of the run before, as `--json` wrote it.
    #[arg(value_name = "A.json")]
    a: PathBuf,
    /// The report of the run after.
    #[arg(value_name = "B.json")]
    b: PathBuf,
    /// Fails if a figure grew by more, even at the low end of its 95 % confidence interval.
    #[arg(long, value_name = "PERCENT", default_value = "5%")]
    max_regression: Percent,
}

/// A share, written like `5%`.
#[derive(Clone, Copy, Debug)]
struct Percent(f64);

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.trim().strip_suffix('%').and_then(|number| number.trim().parse().ok());
        let share = number.filter(|percent: &f64| percent.is_finite() && *percent >= 0.0);
        share
            .map(|percent| Self(percent / 100.0))
            .ok_or_else(|| format!("`{text}` is no share: write it like `5%`"))
    }
}

/// Runs the command. Exit code 1: it became slower.
pub(super) fn run(args: &Args, out: &mut Output) -> Result<ExitCode, Failure> {
    let compared = Comparison::new(&read(&args.a)?, &read(&args.b)?)?;
    let mut table = Table::new(["rate", "figure", "a us", "b us", "b/a", "low", "high"]);
    for change in &compared.changes {
        let values = [change.a, change.b].map(|us| format!("{us:.1}"));
        let ratios = [change.ratio.mean, change.ratio.low, change.ratio.high];
        let ratios = ratios.map(|ratio| format!("{ratio:.3}"));
        let named = [format!("{:.0}", change.rate), change.figure.to_owned()];
        table.row(named.into_iter().chain(values).chain(ratios));
    }
    out.line(table);
    let mut is_worse = false;
    for change in compared.regressions(args.max_regression.0) {
        is_worse = true;
        let more = 100.0 * (change.ratio.low - 1.0);
        out.note(format_args!(
            "{} at {:.0}/s grew by at least {more:.1} %",
            change.figure, change.rate
        ));
    }
    for (rate, before, after) in &compared.more_errors {
        is_worse = true;
        out.note(format_args!("at {rate:.0}/s {after} requests failed, before {before}"));
    }
    Ok(ExitCode::from(u8::from(is_worse)))
}

fn read(path: &Path) -> Result<Report, Failure> {
    let text =
        std::fs::read(path).map_err(|error| format!("can't read `{}`: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| {
        format!("`{}` is no report of `guanxi bench --json`: {error}", path.display()).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_a_percent_sign() {
        assert!((Percent::from_str("5 %").unwrap().0 - 0.05).abs() < 1e-12);
        for text in ["5", "-1%", "x%", "inf%"] {
            assert!(Percent::from_str(text).unwrap_err().contains("`5%`"), "{text}");
        }
    }
}
