//! The parsers of the API, for [`crate::testing::fuzzing`].

use guanxi_models::Scenario;

use super::shape::question::Question;
use super::shape::{filter, json, parameters};
use crate::access::Caller;
use crate::config::Settings;

/// Parses a filter.
pub(crate) fn filter(bytes: &[u8]) {
    if let Ok(object) = json::object(bytes) {
        drop(filter::read(&object.into()));
    }
}

/// Parses a request for a list, from a body and from query parameters.
pub(crate) fn question(bytes: &[u8]) {
    let settings = Settings::default();
    if let Ok(question) = json::decode::<Question>(bytes) {
        drop(question.check(Scenario::FOR_YOU, &settings, &Caller::Shop));
    }
    let text = String::from_utf8_lossy(bytes);
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    let pairs: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    if let Ok(object) = parameters::question(&pairs) {
        drop(json::decode_object::<Question>(object));
    }
}
