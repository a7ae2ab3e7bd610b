//! Who watches a training run.

use crate::als::{self, Als, AlsError, AlsParams, Checkpoint, Matrix, Sweep};
use crate::recipe::Trial;

/// Is told what a training run does. Training asks no clock, so that whoever watches measures time and memory.
///
/// Stages don't nest: each [`stage`](Self::stage) is followed by its [`stage_done`](Self::stage_done). Names may come twice,
/// once while the blend is learned and once for the model itself.
pub trait Observer {
    /// A stage begins.
    fn stage(&mut self, name: &str);

    /// The stage that began last is over.
    fn stage_done(&mut self);

    /// A sweep of the embedding is over.
    fn sweep(&mut self, sweep: Sweep);

    /// The mean NDCG@20 of some held-out rows by the embedding alone, after the sweep that was told last. Only told where rows are held out.
    fn held_out(&mut self, _ndcg: f64) {}

    /// The training of an embedding begins. Returns what [`checkpoint`](Self::checkpoint) was told under this fingerprint before
    /// an interruption; nothing, unless the observer keeps such things.
    fn embedding(&mut self, _params: &AlsParams, _fingerprint: u64) -> Option<Checkpoint> {
        None
    }

    /// The state after the sweep that was told last, to be kept for the case of an interruption.
    fn checkpoint(&mut self, _fingerprint: u64, _state: &Checkpoint) {}

    /// A recipe was tried, the `at`-th of at most `of`, from 0.
    fn trial(&mut self, trial: &Trial, at: usize, of: usize);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn stage(&mut self, _: &str) {}

    fn stage_done(&mut self) {}

    fn sweep(&mut self, _: Sweep) {}

    fn trial(&mut self, _: &Trial, _: usize, _: usize) {}
}

/// Runs one stage.
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

/// Trains an embedding, from where the observer says that an interrupted run left it. The sweeps before are told again.
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
