//! The progress of a training run on the terminal.

use guanxi_training::recipe::Trial;
use indicatif::{ProgressBar, ProgressStyle};

use super::Output;
use crate::job::Progress;

/// Prints progress as lines on standard error, with a moving bar while recipes are tried.
pub(super) fn on_terminal(out: &mut Output) -> impl FnMut(Progress<'_>) {
    let mut bar = ProgressBar::hidden();
    move |progress| match progress {
        // A moving bar would overwrite the line.
        Progress::Note(text) => bar.suspend(|| out.note(text)),
        Progress::Trial { trial, at, of } => {
            if at == 0 && out.is_watched() {
                bar = search_bar(of);
            }
            advance(&bar, trial, at);
        }
        Progress::SearchDone => {
            bar.finish_and_clear();
            bar = ProgressBar::hidden();
        }
    }
}

fn search_bar(trials: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} recipes {eta}")
        .expect("the template is valid");
    ProgressBar::new(trials as u64).with_style(style)
}

fn advance(bar: &ProgressBar, trial: &Trial, at: usize) {
    bar.set_position(at as u64 + 1);
    if trial.kept || at == 0 {
        bar.set_message(format!("best ndcg@20 {:.5}", trial.ndcg));
    }
}
