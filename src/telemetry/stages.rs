//! The durations of an answer's stages, by scenario.

use guanxi_models::Scenario;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::Latencies;
use guanxi_models::recommend::RankingStage;

/// One part of the work for a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// From bytes to a question.
    Parse,
    /// One part of the way from a question to a list.
    Recommend(RankingStage),
    /// From a list to bytes.
    Encode,
}

impl Stage {
    const ALL: [Self; 6] = [
        Self::Parse,
        Self::Recommend(RankingStage::Asker),
        Self::Recommend(RankingStage::Filter),
        Self::Recommend(RankingStage::Candidates),
        Self::Recommend(RankingStage::Score),
        Self::Encode,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Recommend(stage) => stage.name(),
            Self::Encode => "encode",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabels {
    scenario: &'static str,
    stage: &'static str,
}

/// The histograms of all scenarios, in the order of their table.
#[derive(Debug)]
pub struct StageLatencies(Vec<ScenarioLatencies>);

/// The histograms of the stages of one scenario.
#[derive(Debug)]
pub struct ScenarioLatencies([Latencies; Stage::ALL.len()]);

impl StageLatencies {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let family = Family::<StageLabels, Latencies>::default();
        let of = |scenario: Scenario, stage: Stage| {
            let labels = StageLabels { scenario: scenario.name(), stage: stage.name() };
            family.get_or_create_owned(&labels)
        };
        let stages = |&scenario| ScenarioLatencies(Stage::ALL.map(|stage| of(scenario, stage)));
        let handles = Scenario::ALL.iter().map(stages).collect();
        registry.register("guanxi_recommend_seconds", "How long the parts of a list take", family);
        Self(handles)
    }

    /// The histograms of a scenario.
    pub fn of(&self, scenario: Scenario) -> &ScenarioLatencies {
        &self.0[scenario.place()]
    }
}

impl ScenarioLatencies {
    /// The histogram of a stage.
    pub fn at(&self, stage: Stage) -> &Latencies {
        let place = match stage {
            Stage::Parse => 0,
            Stage::Recommend(stage) => 1 + stage as usize,
            Stage::Encode => Stage::ALL.len() - 1,
        };
        &self.0[place]
    }
}
