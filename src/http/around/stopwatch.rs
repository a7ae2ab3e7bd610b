//! How long the parts of an answer took, and whether it is due.

use std::cell::Cell;
use std::time::{Duration, Instant};

use guanxi_models::Scenario;
use guanxi_models::recommend::{Deadline, RankingStage};

use crate::telemetry::{ScenarioLatencies, Stage, StageLatencies};

/// Runs from the head of a question on.
#[derive(Debug)]
pub(in crate::http) struct Stopwatch<'a> {
    stages: &'a ScenarioLatencies,
    /// When the answer is due.
    due: Option<Instant>,
    /// When the last part was done.
    last: Cell<Instant>,
}

impl<'a> Stopwatch<'a> {
    /// `began` is when the reading of the question did, which is done now.
    pub(in crate::http) fn new(
        stages: &'a StageLatencies,
        scenario: Scenario,
        began: Instant,
        deadline: Option<Duration>,
    ) -> Self {
        let due = deadline.and_then(|deadline| began.checked_add(deadline));
        let watch = Self { stages: stages.of(scenario), due, last: Cell::new(began) };
        watch.lap(Stage::Parse);
        watch
    }

    /// A stage is done.
    pub(in crate::http) fn lap(&self, stage: Stage) {
        let now = Instant::now();
        let took = now.saturating_duration_since(self.last.replace(now));
        self.stages.at(stage).observe(took);
    }
}

impl Deadline for Stopwatch<'_> {
    fn done(&self, stage: RankingStage) {
        self.lap(Stage::Recommend(stage));
    }

    fn has_passed(&self) -> bool {
        self.due.is_some_and(|due| Instant::now() >= due)
    }
}
