//! Measures the stages of an answer and checks its deadline.

use std::cell::Cell;
use std::time::{Duration, Instant};

use guanxi_models::Scenario;
use guanxi_models::recommend::{Deadline, RankingStage};

use crate::telemetry::{ScenarioLatencies, Stage, StageLatencies};

/// Runs from the arrival of the request's head.
#[derive(Debug)]
pub(in crate::http) struct Stopwatch<'a> {
    stages: &'a ScenarioLatencies,
    /// The deadline of the answer.
    due: Option<Instant>,
    /// The end of the last stage.
    last: Cell<Instant>,
}

impl<'a> Stopwatch<'a> {
    /// Starts with the stage of reading, which began at `began` and ends now.
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

    /// Ends a stage.
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
