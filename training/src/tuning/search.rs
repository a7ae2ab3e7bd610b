//! A budgeted search for a better recipe. It hill-climbs one knob at a time, until nothing improves
//! or the budget is spent.
//!
//! Every trial is judged by its complete lists on held-out rows. So a parameter of the embedding is
//! chosen for its effect beside the lists and friends, not for the embedding alone.

use crate::error::FitError;
use crate::judge::metrics::Quality;
use crate::observer::Observer;
use crate::recipe::{Recipe, Trial};
use crate::tuning::knob::{KNOBS, Knob};
use crate::tuning::workbench::{Bench, Judged};

/// The result of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchOutcome {
    /// The best recipe.
    pub recipe: Recipe,
    /// All trials, in order.
    pub trials: Vec<Trial>,
}

/// The minimum relative gain for which a trial is kept; less is noise.
const LEAST_GAIN: f64 = 5e-4;

/// Changes knobs, starting from `recipe`, until `budget` further recipes were tried or no knob
/// improves.
pub(crate) fn search(
    bench: Bench<'_>,
    recipe: &Recipe,
    budget: usize,
    observer: &mut dyn Observer,
) -> Result<SearchOutcome, FitError> {
    let start = single(recipe);
    let best = bench.judge(&start, None)?;
    let mut search = Search { bench, best, trials: Vec::new(), budget: budget + 1, observer };
    search.tell(String::new(), String::new(), search.best.quality(), true);
    while search.round()? {}
    Ok(SearchOutcome { recipe: search.best.recipe, trials: search.trials })
}

/// The recipe reduced to the first value of each list of choices.
fn single(recipe: &Recipe) -> Recipe {
    let mut recipe = recipe.clone();
    recipe.embedding.unobserved.truncate(1);
    recipe.embedding.ridge.truncate(1);
    recipe
}

struct Search<'a> {
    bench: Bench<'a>,
    best: Judged,
    trials: Vec<Trial>,
    budget: usize,
    observer: &'a mut dyn Observer,
}

impl Search<'_> {
    /// Tries every knob once. Returns false if none improved or the budget is spent.
    fn round(&mut self) -> Result<bool, FitError> {
        let mut gained = false;
        for knob in &KNOBS {
            if !self.best.has(knob.needs) {
                continue;
            }
            gained |= self.climb(knob, true)? || self.climb(knob, false)?;
        }
        Ok(gained && self.trials.len() < self.budget)
    }

    /// Moves a knob in one direction while that improves. Returns true if it improved.
    fn climb(&mut self, knob: &Knob, up: bool) -> Result<bool, FitError> {
        let mut gained = false;
        while self.trials.len() < self.budget
            && let Some(recipe) = knob.step(&self.best.recipe, up)
        {
            if !self.attempt(knob, &recipe)? {
                break;
            }
            gained = true;
        }
        Ok(gained)
    }

    fn attempt(&mut self, knob: &Knob, recipe: &Recipe) -> Result<bool, FitError> {
        let judged = self.bench.judge(recipe, Some(&self.best))?;
        let (seen, best) = (judged.quality(), self.best.quality());
        let is_better = seen.ndcg > best.ndcg * (1.0 + LEAST_GAIN);
        if is_better {
            self.best = judged;
        }
        self.tell(knob.key.to_owned(), reported(knob.value(recipe)), seen, is_better);
        Ok(is_better)
    }

    fn tell(&mut self, key: String, value: String, seen: Quality, kept: bool) {
        let trial = Trial { key, value, ndcg: seen.ndcg, recall: seen.recall, kept };
        self.observer.trial(&trial, self.trials.len(), self.budget);
        self.trials.push(trial);
    }
}

fn reported(value: f32) -> String {
    if value.is_finite() { value.to_string() } else { "never".to_owned() }
}
