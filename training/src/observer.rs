//! Who watches a training run.

use crate::als::Sweep;
use crate::tuning::search::Trial;

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
