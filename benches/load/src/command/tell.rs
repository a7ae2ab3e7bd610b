//! Prints the result of a run.

use guanxi_output::{NOTHING, Output, Table};

use crate::{Figures, Highest, Recall, Report, StepReport};

/// Prints tables, what went wrong, and what the figures are worth.
pub(super) fn tell(report: &Report, out: &mut Output) {
    out.line(rates(&report.steps));
    out.line("");
    out.line(parts(&report.steps));
    report.steps.iter().for_each(|step| doubts(step, out));
    if let Some(found) = &report.highest {
        highest(found, out);
    }
    match &report.recall {
        Some(Recall { recall_at_10, from }) => {
            out.line(format_args!("recall@10 {recall_at_10:.4}, by {from}"));
        }
        None => {
            out.line("recall not stated: `guanxi recall --json FILE`, then `--recall-from FILE`");
        }
    }
}

/// Prints the failures, and a warning if the figures are not the server's.
fn doubts(step: &StepReport, out: &mut Output) {
    let rate = step.rate;
    for (error, count) in &step.errors {
        out.line(format_args!("{rate:.0}/s: {count} failed: {error}"));
    }
    if !step.client_kept_up() {
        let late = 100.0 * step.client_late_share;
        let doubt = format!("the client sent {late:.1} % too late: these figures are its own");
        out.line(format_args!("{rate:.0}/s: {doubt}"));
    }
}

fn highest(found: &Highest, out: &mut Output) {
    let bound = found.max_p99_us / 1e3;
    match found.rate {
        Some(rate) => {
            out.line(format_args!("highest rate with p99 within {bound} ms: {rate:.0}/s"));
        }
        None => out.line(format_args!("p99 was within {bound} ms at no rate")),
    }
    if found.limited_by_client {
        out.line("the client could not send more; the server may bear it");
    }
}

const TIMES: [&str; 6] = ["p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "p99.99 ms", "max ms"];

fn times(figures: &Figures) -> [String; 6] {
    let Figures { count, p50_us, p90_us, p99_us, p999_us, p9999_us, max_us, .. } = figures;
    let reported =
        |us: f64| if *count == 0 { NOTHING.to_owned() } else { format!("{:.3}", us / 1e3) };
    [*p50_us, *p90_us, *p99_us, *p999_us, *p9999_us, *max_us].map(reported)
}

fn rates(steps: &[StepReport]) -> Table {
    let head = ["rate", "answers/s", "requests", "failed"].into_iter().chain(TIMES);
    let mut table = Table::new(head.chain(["cpu us/request", "MiB"]));
    let known =
        |value: Option<f64>| value.map_or(NOTHING.to_owned(), |value| format!("{value:.0}"));
    for step in steps {
        let counts = [step.rate, step.achieved].map(|rate| format!("{rate:.0}"));
        let numbers = [step.requests, step.failed()].map(|count| count.to_string());
        let mib = step.server_resident_bytes.map(|bytes| bytes as f64 / f64::from(1 << 20));
        let used = [step.server_cpu_us_per_request, mib].map(known);
        table.row(counts.into_iter().chain(numbers).chain(times(&step.latency)).chain(used));
    }
    table
}

fn parts(steps: &[StepReport]) -> Table {
    let mut table = Table::new(["rate", "question", "timed", "answers/s"].into_iter().chain(TIMES));
    for step in steps {
        for part in &step.parts {
            let [rate, achieved] = [step.rate, part.achieved].map(|rate| format!("{rate:.0}"));
            let named = [rate, part.name.clone(), part.latency.count.to_string(), achieved];
            table.row(named.into_iter().chain(times(&part.latency)));
        }
    }
    table
}
