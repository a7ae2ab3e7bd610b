//! Watching a training run: lines while it goes, time and memory of each stage for the report.

use std::time::Instant;

use guanxi_training::als::Sweep;
use guanxi_training::observer::Observer;
use guanxi_training::tuning::search::Trial;
use serde::Serialize;

use super::Output;

/// What one stage cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct StageCost {
    /// The stage.
    pub stage: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// The most memory that the process held during the stage, in bytes; 0 where the system does not tell.
    pub peak_bytes: u64,
}

/// Prints what a training run does and adds up what it costs.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    out: &'a mut Output,
    running: Option<(String, Instant)>,
    costs: Vec<StageCost>,
}

impl<'a> Watch<'a> {
    /// Starts watching.
    pub(super) fn new(out: &'a mut Output) -> Self {
        Self { out, running: None, costs: Vec::new() }
    }

    /// Runs one stage that is not the training's own, such as reading the log.
    pub(super) fn stage_of<T>(&mut self, name: &str, work: impl FnOnce() -> T) -> T {
        self.stage(name);
        let done = work();
        self.stage_done();
        done
    }

    /// What every stage cost, in their order.
    pub(super) fn into_costs(self) -> Vec<StageCost> {
        self.costs
    }
}

impl Observer for Watch<'_> {
    fn stage(&mut self, name: &str) {
        forget_peak();
        self.running = Some((name.to_owned(), Instant::now()));
    }

    fn stage_done(&mut self) {
        let Some((stage, began)) = self.running.take() else { return };
        let cost =
            StageCost { stage, seconds: began.elapsed().as_secs_f64(), peak_bytes: peak_bytes() };
        self.out.note(format_args!("{cost}"));
        self.costs.push(cost);
    }

    fn sweep(&mut self, sweep: Sweep) {
        let Sweep { sweep, of, loss } = sweep;
        self.out.note(format_args!("  sweep {sweep} of {of}: loss {loss:.6e}"));
    }

    fn trial(&mut self, trial: &Trial, at: usize, of: usize) {
        let Trial { key, value, ndcg, recall, kept } = trial;
        let what = if key.is_empty() { "as given".to_owned() } else { format!("{key} = {value}") };
        let mark = if *kept { "*" } else { "" };
        self.out.note(format_args!(
            "  trial {at:>3} of {}: {what:<40} ndcg@20 {ndcg:.5} recall@20 {recall:.5} {mark}",
            of - 1
        ));
    }
}

impl std::fmt::Display for StageCost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mib = self.peak_bytes / (1 << 20);
        write!(f, "{:<28} {:>8.2} s {mib:>6} MiB", self.stage, self.seconds)
    }
}

/// Asks the kernel to measure the peak anew from here. Where it does not, peaks only ever grow.
fn forget_peak() {
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}

fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_measured() {
        let mut out = Output::default();
        let mut watch = Watch::new(&mut out);
        assert_eq!(watch.stage_of("sum", || 1 + 1), 2);
        let costs = watch.into_costs();
        assert_eq!(costs[0].stage, "sum");
        assert!(costs[0].peak_bytes > 1 << 20);
    }
}
