//! The observer of a training run.

use crate::als::{self, Als, AlsError, AlsParams, Checkpoint, Matrix, Sweep};
use crate::recipe::Trial;

/// Receives the progress of a training run. Training reads no clock; an observer that needs time or
/// memory measures them itself.
///
/// Stages don't nest: each [`stage`](Self::stage) is followed by its
/// [`stage_done`](Self::stage_done). A name may occur twice: once while the blend is learned, once
/// for the model itself.
pub trait Observer {
    /// Called when a stage begins.
    fn stage(&mut self, name: &str);

    /// Called when the current stage ends.
    fn stage_done(&mut self);

    /// Called after each sweep of the embedding.
    fn sweep(&mut self, sweep: Sweep);

    /// Reports the mean NDCG@20 of the embedding alone on some held-out rows, after the latest
    /// reported sweep. Called only if rows are held out.
    fn held_out(&mut self, _ndcg: f64) {}

    /// Called before an embedding is trained. Returns the state that
    /// [`checkpoint`](Self::checkpoint) received under this fingerprint before an interruption.
    /// Observers that keep no state return `None`.
    fn embedding(&mut self, _params: &AlsParams, _fingerprint: u64) -> Option<Checkpoint> {
        None
    }

    /// Receives the state after the latest reported sweep, to resume from after an interruption.
    fn checkpoint(&mut self, _fingerprint: u64, _state: &Checkpoint) {}

    /// Reports a tried recipe: trial number `at`, counted from 0, of at most `of`.
    fn trial(&mut self, trial: &Trial, at: usize, of: usize);
}

/// An observer that ignores everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn stage(&mut self, _: &str) {}

    fn stage_done(&mut self) {}

    fn sweep(&mut self, _: Sweep) {}

    fn trial(&mut self, _: &Trial, _: usize, _: usize) {}
}

/// Runs one stage and reports its begin and end.
pub(crate) fn stage<T>(
    observer: &mut dyn Observer,
    name: &str,
    work: impl FnOnce(&mut dyn Observer) -> T,
) -> T {
    observer.stage(name);
    let done = work(observer);
    observer.stage_done();
    done
}

/// Trains an embedding, or resumes it from the observer's checkpoint. The sweeps before the
/// checkpoint are reported again.
pub(crate) fn embed(
    matrix: &Matrix,
    params: &AlsParams,
    observer: &mut dyn Observer,
) -> Result<Als, AlsError> {
    let fingerprint = als::fingerprint(matrix, params);
    let start = observer.embedding(params, fingerprint);
    let start = start.filter(|start| start.fits(matrix, params));
    let losses = start.iter().flat_map(|start| start.losses.iter().enumerate());
    for (at, &loss) in losses {
        observer.sweep(Sweep { sweep: at + 1, of: params.sweeps, loss });
    }
    als::fit_from(start, matrix, params, &mut |sweep, state| {
        observer.sweep(sweep);
        observer.checkpoint(fingerprint, state);
    })
}
