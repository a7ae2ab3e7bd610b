//! The `OpenAPI` document and the manual are complete and match the code.

use std::collections::{BTreeSet, HashSet};

use crate::support::Server;
use guanxi::http::{Code, description};
use guanxi_models::Scenario;
use serde_json::Value;

const MANUAL: &str = include_str!("../../docs/api.md");

/// The method and path of every operation.
fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().expect("the document has paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("a path has methods").keys();
            methods.map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect()
}

fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|inner| references(inner, found));
        }
        Value::Array(list) => list.iter().for_each(|inner| references(inner, found)),
        _ => (),
    }
}

/// Collects the alternatives of every `oneOf`.
fn alternatives<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(members) => {
            let of_this = members.get("oneOf").and_then(Value::as_array);
            found.extend(of_this.into_iter().flatten());
            members.values().for_each(|inner| alternatives(inner, found));
        }
        Value::Array(list) => list.iter().for_each(|inner| alternatives(inner, found)),
        _ => (),
    }
}

#[test]
fn no_alternative_takes_what_another_one_takes() {
    let document = serde_json::to_value(description()).unwrap();
    let mut found = Vec::new();
    alternatives(&document, &mut found);
    assert!(!found.is_empty());
    for alternative in found {
        let says_what = ["type", "$ref", "oneOf"].map(|key| !alternative[key].is_null());
        assert!(says_what.contains(&true), "{alternative} takes anything");
    }
}

#[test]
fn the_document_is_a_sound_openapi_3_1() {
    let document = Server::start().get("/openapi.json").good();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let target = document.pointer(reference.trim_start_matches('#'));
        assert!(target.is_some(), "{reference} leads nowhere");
    }
    let mut names = HashSet::new();
    for (method, path) in operations(&document) {
        let operation = &document["paths"][&path][method.to_lowercase()];
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name.to_owned()), "two operations are called {name}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(!responses.is_empty(), "{path}");
        for (status, response) in responses {
            assert!(response["description"].is_string(), "{method} {path} {status}");
        }
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{path}");
        for segment in path.split('/').filter_map(|part| part.strip_prefix('{')) {
            let name = segment.trim_end_matches('}');
            let parameters = operation["parameters"].as_array().unwrap();
            let is_it = |it: &&Value| it["name"] == name && it["in"] == "path";
            let found = parameters.iter().find(is_it).expect("each variable is a parameter");
            assert_eq!(found["required"], true, "{path}");
        }
    }
}

#[test]
fn the_document_lists_every_route() {
    let document = serde_json::to_value(description()).unwrap();
    let listed = operations(&document);
    let routes: BTreeSet<(String, String)> = guanxi::http::operations()
        .into_iter()
        .map(|operation| (operation.method.to_string(), operation.path))
        .collect();
    assert_eq!(listed, routes);
}

#[test]
fn the_manual_has_an_example_of_every_operation() {
    let document = serde_json::to_value(description()).unwrap();
    for (method, path) in operations(&document) {
        assert!(
            MANUAL.contains(&format!("`{method} {path}`")),
            "{method} {path} is not in docs/api.md"
        );
    }
}

/// The row of a scenario in the manual.
fn row(scenario: Scenario) -> String {
    let spec = scenario.spec();
    let asked = |is_required: bool| {
        let asks = spec.asks.iter().filter(|ask| ask.is_required == is_required);
        asks.map(guanxi_models::recommend::scenario::Ask::fields).collect::<Vec<_>>().join(", ")
    };
    let reasons: Vec<String> = spec.reasons.iter().map(|kind| format!("`{kind}`")).collect();
    let (name, summary, gives) = (spec.name, spec.summary, spec.gives.name());
    let (needs, goes_by, reasons) = (asked(true), asked(false), reasons.join(", "));
    format!("| `{name}` | {summary} | {needs} | {goes_by} | {gives} | {reasons} |")
}

#[test]
fn the_manual_lists_every_scenario_as_the_table_has_it() {
    const HEAD: &str =
        "| scenario | list | requires | also uses | gives | reasons |\n|---|---|---|---|---|---|\n";
    let (_, table) = MANUAL.split_once(HEAD).expect("docs/api.md has a table of scenarios");
    let reported: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    let rows: Vec<String> = Scenario::ALL.iter().map(|&scenario| row(scenario)).collect();
    assert_eq!(reported, rows, "docs/api.md should have\n{}", rows.join("\n"));
}

#[test]
fn the_manual_lists_every_code_as_the_table_has_it() {
    for code in Code::ALL {
        let row =
            format!("| `{}` | {} | {} |", code.name(), code.status().as_u16(), code.meaning());
        assert!(MANUAL.contains(&row), "docs/api.md lacks\n{row}");
    }
    let rows = MANUAL.lines().filter(|line| line.starts_with("| `") && line.ends_with(". |"));
    let rows: Vec<&str> = rows.collect();
    assert_eq!(rows.len(), Code::ALL.len(), "{rows:#?}");
}

#[test]
fn the_page_needs_no_other_machine() {
    let server = Server::start();
    let page = server.get("/docs");
    assert_eq!((page.status, server.get("/docs/").status), (200, 200));
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    for (path, kind) in [("/docs/page.js", "text/javascript"), ("/docs/page.css", "text/css")] {
        assert!(page.text().contains(&format!("\"{path}\"")), "{path}");
        let file = server.get(path);
        assert_eq!((file.status, file.header("content-type")), (200, kind));
        assert!(!file.text().contains("://"), "{}", file.text());
    }
    assert!(!page.text().contains("://"), "{}", page.text());
}

#[test]
fn the_page_shows_every_operation_with_its_parameters_and_every_schema() {
    let document = serde_json::to_value(description()).unwrap();
    let server = Server::start();
    let page = server.get("/docs");
    let page = page.text();
    for (method, path) in operations(&document) {
        let method = method.to_lowercase();
        let form = format!("data-method=\"{method}\" data-path=\"{path}\"");
        let (_, form) = page.split_once(&form).unwrap_or_else(|| panic!("{form}"));
        let (form, _) = form.split_once("</form>").unwrap();
        let parameters = document["paths"][&path][&method]["parameters"].as_array();
        for parameter in parameters.into_iter().flatten() {
            let input = format!("name={} data-in={}", parameter["name"], parameter["in"]);
            assert!(form.contains(&input), "{method} {path}: {input}");
        }
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for link in page.split("href=\"#schema-").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(schemas.contains_key(link), "{link}");
    }
    for name in schemas.keys() {
        assert!(page.contains(&format!("id=\"schema-{name}\"")), "{name}");
    }
}
