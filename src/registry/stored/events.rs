//! The weights of event types in manifests of each format.

use std::collections::BTreeMap;

use guanxi_models::EventType;
use guanxi_models::history::EventWeights;
use serde::{Deserialize, Serialize};

/// The types of formats 1 and 2, in the order of their weights. This list never changes.
pub(super) const PLACES: [&str; 13] = [
    "view",
    "click",
    "like",
    "cart",
    "purchase",
    "refund",
    "review",
    "share",
    "group_open",
    "group_join",
    "dismiss",
    "report",
    "impression",
];

/// Formats 1 and 2: the weights in the order of [`PLACES`].
#[derive(Serialize, Deserialize)]
pub(super) struct EventsByPlace {
    by_type: [f32; PLACES.len()],
    half_life_days: Option<f32>,
    cap: f32,
}

/// Format 3: the weights by the name of the type.
///
/// A type without a weight, such as one newer than the model, has the default weight. An unknown
/// name is ignored, because a log with events of that type is refused anyway.
#[derive(Serialize, Deserialize)]
pub(super) struct EventsByName {
    pub(super) weights: BTreeMap<String, f32>,
    half_life_days: Option<f32>,
    cap: f32,
}

impl From<&EventWeights> for EventsByName {
    fn from(events: &EventWeights) -> Self {
        let weight = |kind: EventType| (kind.name().to_owned(), events.by_type[kind as usize]);
        let EventWeights { half_life_days, cap, .. } = *events;
        Self { weights: EventType::ALL.into_iter().map(weight).collect(), half_life_days, cap }
    }
}

impl From<EventsByName> for EventWeights {
    fn from(stored: EventsByName) -> Self {
        let EventsByName { weights, half_life_days, cap } = stored;
        let named = weights.iter().map(|(name, weight)| (name.as_str(), *weight));
        Self { by_type: by_type(named), half_life_days, cap }
    }
}

impl From<EventsByPlace> for EventWeights {
    fn from(stored: EventsByPlace) -> Self {
        let EventsByPlace { by_type: weights, half_life_days, cap } = stored;
        Self { by_type: by_type(PLACES.into_iter().zip(weights)), half_life_days, cap }
    }
}

/// The default weights, replaced by the given ones.
fn by_type<'a>(named: impl Iterator<Item = (&'a str, f32)>) -> [f32; EventType::ALL.len()] {
    let mut by_type = EventWeights::default().by_type;
    for (name, weight) in named {
        if let Some(kind) = EventType::from_name(name) {
            by_type[kind as usize] = weight;
        }
    }
    by_type
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(weights: &str) -> EventWeights {
        let text = format!(r#"{{"weights":{weights},"half_life_days":null,"cap":10.0}}"#);
        serde_json::from_str::<EventsByName>(&text).unwrap().into()
    }

    #[test]
    fn a_type_that_is_newer_than_the_model_takes_the_default_weight() {
        let weights = read(r#"{"view":0.5}"#);
        let defaults = EventWeights::default();
        for kind in EventType::ALL {
            let expected = if kind == EventType::View { 0.5 } else { defaults.of(kind, 1.0) };
            assert_eq!(weights.of(kind, 1.0).to_bits(), expected.to_bits(), "{kind:?}");
        }
    }

    #[test]
    fn a_name_that_is_newer_than_this_guanxi_is_passed_over() {
        assert_eq!(read(r#"{"teleport":3.0}"#), EventWeights::default());
    }

    #[test]
    fn weights_without_names_are_those_of_the_types_of_their_time() {
        let by_type: [f32; 13] = std::array::from_fn(|place| place as f32);
        let stored = EventsByPlace { by_type, half_life_days: None, cap: 100.0 };
        let weights = EventWeights::from(stored);
        let named =
            [(EventType::View, 0.0), (EventType::GroupJoin, 9.0), (EventType::Impression, 12.0)];
        for (kind, weight) in named {
            assert_eq!(weights.of(kind, 1.0).to_bits(), f32::to_bits(weight), "{kind:?}");
        }
    }
}
