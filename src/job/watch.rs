//! Observes a training run: its progress, and the time and memory of each stage.

use std::fmt;
use std::time::Instant;

use guanxi_training::als::{AlsParams, Checkpoint, Sweep};
use guanxi_training::observer::Observer;
use guanxi_training::recipe::Trial;

use super::checkpoints::{Checkpoints, HalfWay};
use crate::report::{LossCurve, StageCost};

/// Progress of a training run.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A line about the work.
    Note(fmt::Arguments<'a>),
    /// The search tried a recipe; `at` counts from 0, up to `of` trials.
    Trial {
        /// The recipe and its score.
        trial: &'a Trial,
        /// The index of the trial.
        at: usize,
        /// The most trials of the search.
        of: usize,
    },
    /// The search has ended, perhaps before all trials were used.
    SearchDone,
}

/// Reports the progress of a training run and sums up its costs.
pub struct Watch<'a> {
    tell: Box<dyn FnMut(Progress<'_>) + 'a>,
    running: Option<(String, Instant)>,
    reported: Reported,
    /// Stores checkpoints; `None` if the run can't be resumed.
    checkpoints: Option<Checkpoints>,
}

/// The measurements of a training run.
#[derive(Debug, Default)]
pub struct Reported {
    /// The cost of each stage, in order.
    pub stages: Vec<StageCost>,
    /// The loss curve of each embedding, in order.
    pub losses: Vec<LossCurve>,
}

impl<'a> Watch<'a> {
    /// Starts measuring. `tell` receives the progress.
    pub fn new(tell: impl FnMut(Progress<'_>) + 'a) -> Self {
        Self {
            tell: Box::new(tell),
            running: None,
            reported: Reported::default(),
            checkpoints: None,
        }
    }

    /// Measures a stage outside of the training itself, such as reading the log.
    pub fn stage_of<T>(&mut self, name: &str, work: impl FnOnce() -> T) -> T {
        self.stage(name);
        let done = work();
        self.stage_done();
        done
    }

    /// Stores and loads the embeddings of later stages as checkpoints here.
    pub(super) fn keep(&mut self, checkpoints: Checkpoints) {
        self.checkpoints = Some(checkpoints);
    }

    /// Reports a line about the run.
    pub(super) fn note(&mut self, text: impl fmt::Display) {
        (self.tell)(Progress::Note(format_args!("{text}")));
    }

    /// Reports the end of the search.
    pub(super) fn search_done(&mut self) {
        (self.tell)(Progress::SearchDone);
    }

    /// Returns the measurements.
    pub fn into_reported(self) -> Reported {
        self.reported
    }

    fn load(&mut self, fingerprint: u64) -> Option<HalfWay> {
        match self.checkpoints.as_ref()?.load(fingerprint) {
            Ok(found) => found,
            Err(flaw) => {
                self.note(format_args!("{flaw}: this embedding starts anew"));
                None
            }
        }
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("running", &self.running).finish_non_exhaustive()
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
        self.note(format_args!("{cost}"));
        self.reported.stages.push(cost);
    }

    fn sweep(&mut self, sweep: Sweep) {
        let Sweep { sweep, of, loss } = sweep;
        if let Some(curve) = self.reported.losses.last_mut() {
            curve.losses.push(loss);
        }
        self.note(format_args!("  sweep {sweep} of {of}: loss {loss:.6e}"));
    }

    fn held_out(&mut self, ndcg: f64) {
        if let Some(curve) = self.reported.losses.last_mut() {
            curve.held_out.resize(curve.losses.len().saturating_sub(1), None);
            curve.held_out.push(Some(ndcg));
        }
    }

    fn embedding(&mut self, params: &AlsParams, fingerprint: u64) -> Option<Checkpoint> {
        let AlsParams { dim, unobserved_weight, mean_ridge, .. } = *params;
        self.reported.losses.push(LossCurve {
            dim,
            unobserved_weight,
            mean_ridge,
            losses: Vec::new(),
            held_out: Vec::new(),
        });
        let HalfWay { state, held_out } = self.load(fingerprint)?;
        if let Some(curve) = self.reported.losses.last_mut() {
            curve.held_out = held_out;
        }
        self.note(format_args!("  goes on after sweep {}", state.losses.len()));
        Some(state)
    }

    fn checkpoint(&mut self, fingerprint: u64, state: &Checkpoint) {
        let Some(checkpoints) = &self.checkpoints else { return };
        let held_out = self.reported.losses.last().map_or(&[][..], |curve| &curve.held_out);
        if let Err(error) = checkpoints.save(fingerprint, state, held_out) {
            let path = checkpoints.directory().display();
            let reported = format!("no checkpoints from here on: can't write `{path}`: {error}");
            self.checkpoints = None;
            self.note(reported);
        }
    }

    fn trial(&mut self, trial: &Trial, at: usize, of: usize) {
        let Trial { key, value, ndcg, recall, kept } = trial;
        let what = if key.is_empty() { "as given".to_owned() } else { format!("{key} = {value}") };
        let mark = if *kept { "*" } else { "" };
        (self.tell)(Progress::Trial { trial, at, of });
        self.note(format_args!(
            "  trial {at:>3} of {}: {what:<40} ndcg@20 {ndcg:.5} recall@20 {recall:.5} {mark}",
            of - 1
        ));
    }
}

/// Resets the kernel's peak memory counter. Peaks never fall on a kernel that lacks this.
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
    fn a_stage_is_measured_and_told() {
        let mut lines = Vec::new();
        let mut watch = Watch::new(|progress| {
            if let Progress::Note(text) = progress {
                lines.push(text.to_string());
            }
        });
        assert_eq!(watch.stage_of("sum", || 1 + 1), 2);
        let costs = watch.into_reported().stages;
        assert_eq!(costs[0].stage, "sum");
        assert!(costs[0].peak_bytes > 1 << 20);
        assert!(lines[0].starts_with("sum"));
    }
}
