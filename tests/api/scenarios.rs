//! Every scenario, requested over HTTP with every combination of inputs.

use std::collections::BTreeSet;

use crate::support::{Answer, Server};
use guanxi_models::Scenario;
use guanxi_models::recommend::scenario::{Input, Spec};
use serde_json::{Map, Value, json};

const LIMIT: usize = 3;

/// An input of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Absent,
    Known,
    Unknown,
}

const GIVEN: [Given; 3] = [Given::Absent, Given::Known, Given::Unknown];

/// The inputs of one request: each is absent, known or unknown to the server.
#[derive(Clone, Copy, Debug)]
struct Inputs {
    user: Given,
    item: Given,
    items: Given,
}

impl Inputs {
    fn all() -> impl Iterator<Item = Self> {
        let users_and_items = GIVEN.iter().flat_map(|&user| GIVEN.map(|item| (user, item)));
        users_and_items.flat_map(|(user, item)| GIVEN.map(|items| Self { user, item, items }))
    }

    fn of(self, input: Input) -> Given {
        match input {
            Input::User => self.user,
            Input::Item => self.item,
            Input::Items => self.items,
        }
    }

    /// The value of each input that is present.
    fn values(self) -> Vec<(&'static str, &'static str)> {
        let named = |input: Input, known, unknown| match self.of(input) {
            Given::Absent => None,
            Given::Known => Some((input.field(), known)),
            Given::Unknown => Some((input.field(), unknown)),
        };
        let user = named(Input::User, "u", "nobody");
        let (item, items) = (named(Input::Item, "a", "none"), named(Input::Items, "b", "nothing"));
        [user, item, items].into_iter().flatten().collect()
    }

    fn query(self) -> String {
        let pairs = self.values().into_iter().map(|(field, value)| format!("&{field}={value}"));
        format!("limit={LIMIT}&explain=true{}", pairs.collect::<String>())
    }

    fn body(self) -> Value {
        let mut body = Map::new();
        body.insert("limit".to_owned(), json!(LIMIT));
        body.insert("explain".to_owned(), json!(true));
        for (field, value) in self.values() {
            let value = if field == "items" { json!([value]) } else { json!(value) };
            body.insert(field.to_owned(), value);
        }
        Value::Object(body)
    }

    /// The expected status and code, if the request is to be refused.
    fn refusal(self, spec: &Spec) -> Option<(u16, &'static str)> {
        let mut required = spec.asks.iter().filter(|ask| ask.is_required);
        let is_missing =
            required.any(|ask| ask.any_of.iter().all(|&input| self.of(input) == Given::Absent));
        match self.item {
            _ if is_missing => Some((422, "missing_field")),
            Given::Unknown => Some((404, "unknown_item")),
            Given::Absent | Given::Known => None,
        }
    }
}

/// Starts a shop in which two friends of `u` bought `c`.
fn shop() -> Server {
    let server = Server::start();
    let purchase = |(at, (user, item)): (usize, &(&str, &str))| json!({"event_id": format!("e{at}"), "user": user, "item": item, "type": "purchase"});
    let bought = [("u", "a"), ("f", "c"), ("g", "c"), ("f", "d"), ("h", "b"), ("h", "e")];
    let events: Vec<Value> = bought.iter().enumerate().map(purchase).collect();
    server.post("/v1/events", &json!(events)).good();
    let relations = ["f", "g"].map(|friend| json!({"from": "u", "kind": "friend", "to": friend}));
    server.post("/v1/relations", &json!(relations)).good();
    server
}

/// Checks an answer against the spec. Returns the kinds of its reasons.
fn check(scenario: Scenario, inputs: Inputs, answer: &Answer) -> BTreeSet<String> {
    let spec = scenario.spec();
    if let Some((status, code)) = inputs.refusal(spec) {
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{scenario:?} {inputs:?}"
        );
        return BTreeSet::new();
    }
    let list = answer.good();
    let keys: BTreeSet<&str> =
        list.as_object().expect("a list is an object").keys().map(String::as_str).collect();
    let gives = spec.gives.name();
    let expected = ["recommendation_id", "scenario", "model", "offset", gives, "degraded"];
    assert_eq!(keys, BTreeSet::from(expected), "{scenario:?} {inputs:?}");
    assert_eq!(list["scenario"], scenario.name());
    let is_unknown =
        list["degraded"].as_array().expect("`degraded` is a list").contains(&json!("unknown_user"));
    assert_eq!(is_unknown, inputs.user == Given::Unknown, "{scenario:?} {inputs:?}");
    let entries = list[gives].as_array().expect("the answer holds what the scenario gives");
    assert!(entries.len() <= LIMIT, "{list}");
    assert!(!spec.fills_up || !entries.is_empty(), "{scenario:?} {inputs:?}: {list}");
    entries.iter().flat_map(|entry| kinds(spec, inputs, entry)).collect()
}

/// Checks an entry of a list. Returns the kinds of its reasons.
fn kinds(spec: &Spec, inputs: Inputs, entry: &Value) -> Vec<String> {
    let id = entry["id"].as_str().expect("an id is a text");
    assert!(entry["score"].is_number(), "{entry}");
    let named = inputs.values();
    let is_named = |field: &str| named.contains(&(field, id));
    assert!(!is_named("item") && !is_named("items"), "{}: {entry}", spec.name);
    let reasons = entry["reasons"].as_array().expect("`explain` gives reasons").iter();
    let kinds: Vec<String> = reasons
        .map(|reason| reason["kind"].as_str().expect("a reason has a kind").to_owned())
        .collect();
    let is_told =
        |kind: &String| spec.reasons.contains(&kind.as_str()) || spec.fills_up && kind == "popular";
    assert!(kinds.iter().all(is_told), "{}: {entry}", spec.name);
    kinds
}

#[test]
fn every_scenario_takes_every_combination_of_inputs() {
    let server = shop();
    let mut kinds = BTreeSet::new();
    for &scenario in Scenario::ALL {
        let path = format!("/v1/recommend/{}", scenario.name());
        for inputs in Inputs::all() {
            let by_get = server.get(&format!("{path}?{}", inputs.query()));
            let by_post = server.post(&path, &inputs.body());
            kinds.extend(check(scenario, inputs, &by_get));
            kinds.extend(check(scenario, inputs, &by_post));
            if by_get.status == 200 {
                assert_eq!(by_get.ids(), by_post.ids(), "{scenario:?} {inputs:?}");
            }
        }
    }
    assert!(kinds.contains("friends_bought") && kinds.contains("popular"), "{kinds:?}");
}

#[test]
fn the_document_the_refusal_and_the_metrics_list_the_table() {
    let server = Server::start();
    let document = server.get("/openapi.json").good();
    let operations = &document["paths"]["/v1/recommend/{scenario}"];
    for method in ["get", "post"] {
        let parameters = operations[method]["parameters"].as_array().unwrap();
        let parameter = parameters.iter().find(|one| one["name"] == "scenario").unwrap();
        assert_eq!(parameter["schema"]["enum"], json!(Scenario::names()));
        let description = parameter["description"].as_str().unwrap();
        let is_told = |scenario: &Scenario| description.contains(scenario.spec().summary);
        assert!(Scenario::ALL.iter().all(is_told), "{description}");
    }
    let refused = server.get("/v1/recommend/none");
    assert_eq!(refused.json()["known"], json!(Scenario::names()));
    let metrics = server.get("/metrics");
    for name in Scenario::names() {
        let label = format!("guanxi_recommend_seconds_count{{scenario=\"{name}\",");
        assert!(metrics.text().contains(&label), "{label}");
    }
}
