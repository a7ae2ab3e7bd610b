//! The values of a recipe that a search may change.

use crate::recipe::Recipe;

/// The precondition under which a knob has an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// None.
    Nothing,
    /// The times of interactions.
    Times,
    /// A local ridge with a weight in the blend.
    Ridge,
    /// A co-occurrence graph with a weight in the blend.
    Graph,
}

/// One number of a recipe and its possible values.
#[derive(Clone, Copy)]
pub(crate) struct Knob {
    /// The key in the recipe, with its section.
    pub key: &'static str,
    /// The values to try, ascending.
    pub ladder: &'static [f32],
    /// The precondition under which the knob has an effect.
    pub needs: Needs,
    get: fn(&Recipe) -> f32,
    set: fn(&mut Recipe, f32),
}

impl std::fmt::Debug for Knob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Knob").field("key", &self.key).finish_non_exhaustive()
    }
}

/// All knobs, the most influential first.
pub(crate) const KNOBS: [Knob; 15] = [
    Knob {
        key: "lists.recency",
        ladder: &[0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4],
        needs: Needs::Times,
        get: |recipe| recipe.lists.recency,
        set: |recipe, value| recipe.lists.recency = value,
    },
    Knob {
        key: "events.half_life_days",
        ladder: &[10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, f32::INFINITY],
        needs: Needs::Times,
        get: |recipe| recipe.events.half_life_days.unwrap_or(f32::INFINITY),
        set: |recipe, value| {
            recipe.events.half_life_days = value.is_finite().then_some(value);
        },
    },
    Knob {
        key: "embedding.unobserved",
        ladder: &[15.0, 30.0, 60.0, 120.0, 230.0, 460.0, 920.0, 1_800.0],
        needs: Needs::Nothing,
        get: |recipe| recipe.embedding.unobserved[0],
        set: |recipe, value| recipe.embedding.unobserved = vec![value],
    },
    Knob {
        key: "embedding.ridge",
        ladder: &[1.0, 2.0, 3.0, 4.5, 6.0, 8.0, 11.0, 15.0, 20.0, 30.0],
        needs: Needs::Nothing,
        get: |recipe| recipe.embedding.ridge[0],
        set: |recipe, value| recipe.embedding.ridge = vec![value],
    },
    Knob {
        key: "lists.target_exponent",
        ladder: &[0.0, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6],
        needs: Needs::Graph,
        get: |recipe| recipe.lists.target_exponent,
        set: |recipe, value| recipe.lists.target_exponent = value,
    },
    Knob {
        key: "lists.source_exponent",
        ladder: &[0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
        needs: Needs::Graph,
        get: |recipe| recipe.lists.source_exponent,
        set: |recipe, value| recipe.lists.source_exponent = value,
    },
    Knob {
        key: "lists.lambda",
        ladder: &[0.3, 1.0, 3.0, 5.0, 10.0, 20.0, 30.0, 100.0],
        needs: Needs::Ridge,
        get: |recipe| recipe.lists.lambda,
        set: |recipe, value| recipe.lists.lambda = value,
    },
    Knob {
        key: "embedding.item_frequency_exponent",
        ladder: &[0.0, 0.125, 0.25, 0.375, 0.5],
        needs: Needs::Nothing,
        get: |recipe| recipe.embedding.item_frequency_exponent,
        set: |recipe, value| recipe.embedding.item_frequency_exponent = value,
    },
    Knob {
        key: "lists.graph_links",
        ladder: &[50.0, 100.0, 200.0, 400.0, 800.0],
        needs: Needs::Graph,
        get: |recipe| recipe.lists.graph_links as f32,
        set: |recipe, value| recipe.lists.graph_links = value as usize,
    },
    Knob {
        key: "lists.user_exponent",
        ladder: &[0.0, 0.25, 0.5, 0.75, 1.0],
        needs: Needs::Graph,
        get: |recipe| recipe.lists.user_exponent,
        set: |recipe, value| recipe.lists.user_exponent = value,
    },
    Knob {
        key: "embedding.ridge_exponent",
        ladder: &[0.0, 0.25, 0.5, 0.75, 1.0, 1.25],
        needs: Needs::Nothing,
        get: |recipe| recipe.embedding.ridge_exponent,
        set: |recipe, value| recipe.embedding.ridge_exponent = value,
    },
    Knob {
        key: "lists.length",
        ladder: &[25.0, 50.0, 100.0, 200.0, 400.0],
        needs: Needs::Nothing,
        get: |recipe| recipe.lists.length as f32,
        set: |recipe, value| recipe.lists.length = value as usize,
    },
    Knob {
        key: "lists.neighbors",
        ladder: &[20.0, 35.0, 50.0, 64.0],
        needs: Needs::Ridge,
        get: |recipe| recipe.lists.neighbors as f32,
        set: |recipe, value| recipe.lists.neighbors = value as usize,
    },
    Knob {
        key: "embedding.dim",
        ladder: &[32.0, 64.0, 96.0, 128.0],
        needs: Needs::Nothing,
        get: |recipe| recipe.embedding.dim as f32,
        set: |recipe, value| recipe.embedding.dim = value as usize,
    },
    Knob {
        key: "embedding.sweeps",
        ladder: &[4.0, 6.0, 8.0, 12.0, 16.0],
        needs: Needs::Nothing,
        get: |recipe| recipe.embedding.sweeps as f32,
        set: |recipe, value| recipe.embedding.sweeps = value as usize,
    },
];

impl Knob {
    /// The recipe's current value.
    pub(crate) fn value(&self, recipe: &Recipe) -> f32 {
        (self.get)(recipe)
    }

    /// The recipe with the next larger (`up`) or next smaller value of the ladder; `None` at the
    /// end of the ladder.
    pub(crate) fn step(&self, recipe: &Recipe, up: bool) -> Option<Recipe> {
        let now = self.value(recipe);
        let next = if up {
            self.ladder.iter().find(|&&value| value > now)
        } else {
            self.ladder.iter().rev().find(|&&value| value < now)
        };
        let mut stepped = recipe.clone();
        (self.set)(&mut stepped, *next?);
        Some(stepped)
    }
}
