//! The allowed ranges of a recipe's numbers.

use guanxi_models::factors::Factors;

use super::{ListRecipe, Recipe, RecipeError};

impl Recipe {
    /// Checks every number against its range.
    pub fn check(&self) -> Result<(), RecipeError> {
        self.check_events()?;
        self.check_embedding()?;
        self.check_lists()?;
        self.check_blend()
    }

    fn check_events(&self) -> Result<(), RecipeError> {
        for &weight in self.events.weights.values() {
            at_least_zero("events.weights", weight)?;
        }
        positive("events.cap", self.events.cap)?;
        positive("events.half_life_days", self.events.half_life_days.unwrap_or(1.0))
    }

    fn check_embedding(&self) -> Result<(), RecipeError> {
        let embedding = &self.embedding;
        let width = embedding.dim > 0 && embedding.dim <= 1024;
        if !width || !embedding.dim.is_multiple_of(Factors::LANES) {
            let allowed = "it must be a multiple of 16 from 16 to 1024";
            return Err(range("embedding.dim", embedding.dim as f64, allowed));
        }
        count("embedding.sweeps", embedding.sweeps)?;
        choices("embedding.unobserved", &embedding.unobserved, positive)?;
        choices("embedding.ridge", &embedding.ridge, positive)?;
        at_least_zero("embedding.ridge_exponent", embedding.ridge_exponent)?;
        at_least_zero("embedding.item_frequency_exponent", embedding.item_frequency_exponent)
    }

    fn check_lists(&self) -> Result<(), RecipeError> {
        let lists = &self.lists;
        count("lists.graph_links", lists.graph_links)?;
        count("lists.length", lists.length)?;
        count("lists.longest_history", lists.longest_history)?;
        if lists.neighbors == 0 || lists.neighbors > ListRecipe::MAX_NEIGHBORS {
            return Err(range("lists.neighbors", lists.neighbors as f64, "it must be 1 to 64"));
        }
        positive("lists.lambda", lists.lambda)?;
        at_least_zero("lists.source_exponent", lists.source_exponent)?;
        at_least_zero("lists.user_exponent", lists.user_exponent)?;
        at_least_zero("lists.recency", lists.recency)?;
        at_least_zero("lists.target_exponent", lists.target_exponent)
    }

    fn check_blend(&self) -> Result<(), RecipeError> {
        choices("friends.strengths", &self.friends.strengths, at_least_zero)?;
        positive("friends.shrinkage", self.friends.shrinkage)?;
        choices("friends.second_hop", &self.friends.second_hop, at_least_zero)?;
        if !(self.split.share > 0.0 && self.split.share < 1.0) {
            let allowed = "it must be more than 0 and less than 1";
            return Err(range("split.share", f64::from(self.split.share), allowed));
        }
        count("split.negatives", self.split.negatives.unwrap_or(1))?;
        count("split.report_users", self.split.report_users)?;
        count("blend.users", self.blend.users)?;
        count("blend.candidates", self.blend.candidates)?;
        choices("blend.weights", &self.blend.weights, at_least_zero)?;
        count("baselines.neighbors", self.baselines.neighbors)?;
        at_least_zero("baselines.shrinkage", self.baselines.shrinkage)
    }
}

fn range(key: &'static str, value: f64, allowed: &'static str) -> RecipeError {
    RecipeError::Range { key, value, allowed }
}

fn positive(key: &'static str, value: f32) -> Result<(), RecipeError> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(range(key, f64::from(value), "it must be positive and finite"))
}

fn at_least_zero(key: &'static str, value: f32) -> Result<(), RecipeError> {
    if value >= 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(range(key, f64::from(value), "it must be 0 or more, and finite"))
}

fn count(key: &'static str, value: usize) -> Result<(), RecipeError> {
    if value > 0 { Ok(()) } else { Err(range(key, 0.0, "it must be at least 1")) }
}

fn choices(
    key: &'static str,
    values: &[f32],
    check: fn(&'static str, f32) -> Result<(), RecipeError>,
) -> Result<(), RecipeError> {
    if values.is_empty() {
        return Err(RecipeError::NoChoice { key });
    }
    values.iter().try_for_each(|&value| check(key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_refused_by_their_key() {
        let key = |text: &str| match Recipe::from_toml(text) {
            Err(RecipeError::Range { key, .. } | RecipeError::NoChoice { key }) => key,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(key("[embedding]\ndim = 60"), "embedding.dim");
        assert_eq!(key("[embedding]\nunobserved = []"), "embedding.unobserved");
        assert_eq!(key("[embedding]\nridge = [nan]"), "embedding.ridge");
        assert_eq!(key("[lists]\nneighbors = 65"), "lists.neighbors");
        assert_eq!(key("[split]\nshare = 1.0"), "split.share");
        assert_eq!(key("[events.weights]\nview = -1"), "events.weights");
    }
}
