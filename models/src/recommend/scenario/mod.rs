//! One file per scenario, each with its [`Spec`], and the table that lists them.
//!
//! A new scenario is one file here, its `mod` line and one line of [`Scenario::ALL`]. Everything
//! that lists scenarios reads that table: paths, checks, the `OpenAPI` document, metrics, the
//! command line, the recall report and the benches.

mod also_bought;
mod for_you;
mod friends_also_bought;
mod new;
mod popular;
mod similar_items;
mod spec;

use std::fmt::{self, Debug, Formatter};
use std::hash::{Hash, Hasher};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(super) use spec::ItemList;
pub use spec::{Ask, Gives, Input, Spec};

/// A kind of list: a handle into the table of scenarios.
///
/// ```
/// use guanxi_models::Scenario;
///
/// let scenario = Scenario::from_name("for-you").unwrap();
/// assert_eq!(scenario, Scenario::FOR_YOU);
/// assert_eq!(scenario.spec().gives.name(), "items");
/// ```
#[derive(Clone, Copy)]
pub struct Scenario(&'static Spec);

impl Scenario {
    /// The table: every scenario, in the order in which pages and reports list them.
    ///
    /// A new scenario comes last, because seeds depend on the place.
    pub const ALL: &[Self] = &[
        Self::FOR_YOU,
        Self::FRIENDS_ALSO_BOUGHT,
        Self::SIMILAR_ITEMS,
        Self::ALSO_BOUGHT,
        Self::POPULAR,
        Self::NEW,
    ];

    /// The properties of the scenario.
    pub fn spec(self) -> &'static Spec {
        self.0
    }

    /// The name in paths, files and metrics.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The place in [`Scenario::ALL`].
    pub fn place(self) -> usize {
        let place = Self::ALL.iter().position(|&other| other == self);
        place.expect("every scenario that can be named outside this folder stands in the table")
    }

    /// The scenario of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scenario| scenario.name() == name)
    }

    /// The names of all scenarios, in the order of [`Scenario::ALL`].
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|scenario| scenario.name()).collect()
    }
}

impl Debug for Scenario {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for Scenario {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Scenario {}

impl Hash for Scenario {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl PartialOrd for Scenario {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// By name.
impl Ord for Scenario {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name().cmp(other.name())
    }
}

impl Serialize for Scenario {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Scenario {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| {
            let known = Self::names().join(", ");
            D::Error::custom(format!("scenario `{name}` does not exist: known are {known}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::id::ItemIdx;
    use crate::model::Model;
    use crate::recommend::answer::Listed;
    use crate::recommend::query::{Query, QueryError};
    use crate::recommend::scratch::Scratch;
    use crate::record::{Item, Record};
    use crate::world::World;

    /// A scenario costs its file: no other one knows of this.
    static LAST_ONE: Spec = Spec {
        name: "last-one",
        summary: "The item that came last, for somebody who is named.",
        asks: &[Ask::required(&[Input::User])],
        reasons: &[],
        fills_up: false,
        is_searched: false,
        gives: Gives::Items(ItemList(|context, _| {
            let last = context.world.counts().items as u32 - 1;
            vec![Listed::new(ItemIdx(last), 1.0)]
        })),
    };

    #[test]
    fn a_made_up_scenario_is_checked_ranked_and_not_filled_up() {
        let mut world = World::new(Arc::new(Model::empty()));
        for id in ["i", "j"] {
            world.apply(world.offset().next(), &Record::Item(Item::bare(id)));
        }
        let scenario = Scenario(&LAST_ONE);
        let nobody = Query { scenario, ..Query::default() };
        let refused = world.recommend(&nobody, &mut Scratch::default()).unwrap_err();
        assert_eq!(refused, QueryError::InputNeeded { scenario, ask: LAST_ONE.asks[0] });
        let asked = Query { user: Some("u".into()), ..nobody };
        let answer = world.recommend(&asked, &mut Scratch::default()).unwrap();
        assert_eq!(answer.items, [Listed::new(ItemIdx(1), 1.0)]);
    }

    #[test]
    fn a_scenario_is_stored_by_its_name() {
        let text = serde_json::to_string(&Scenario::FOR_YOU).unwrap();
        assert_eq!(text, "\"for-you\"");
        assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap(), Scenario::FOR_YOU);
        let error = serde_json::from_str::<Scenario>("\"for-me\"").unwrap_err().to_string();
        assert!(error.contains("`for-me`") && error.contains("similar-items"), "{error}");
    }

    #[test]
    fn names_are_unique_and_lead_back_to_their_scenario() {
        let names: BTreeSet<_> = Scenario::names().into_iter().collect();
        assert_eq!(names.len(), Scenario::ALL.len());
        for (place, &scenario) in Scenario::ALL.iter().enumerate() {
            assert_eq!(scenario.place(), place);
            assert_eq!(Scenario::from_name(scenario.name()), Some(scenario));
            let is_path = |byte: u8| byte == b'-' || byte.is_ascii_lowercase();
            assert!(scenario.name().bytes().all(is_path), "{scenario:?}");
        }
    }

    #[test]
    fn every_scenario_says_what_it_lists_in_one_sentence() {
        for scenario in Scenario::ALL {
            let summary = scenario.spec().summary;
            assert!(summary.ends_with('.') && summary.len() <= 120, "{scenario:?}: {summary}");
        }
    }
}
