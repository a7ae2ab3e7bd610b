//! The page at `/docs`: every operation of the `OpenAPI` document, and a form that sends it.
//!
//! The page is drawn once, at the start, from the document as it is served. Swagger UI would show
//! the same and weighs 11 MB.

mod schema;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};
use serde_json::{Map, Value};

/// The page and its two files, all of them from this binary.
pub(super) fn pages<S: Clone + Send + Sync + 'static>(document: &Value) -> Router<S> {
    let page = axum::body::Bytes::from(page(document));
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text) })
    };
    let page = get(move || async move { Html(page) });
    Router::new()
        .route("/docs", page.clone())
        .route("/docs/", page)
        .route("/docs/page.js", file("text/javascript", include_str!("page.js")))
        .route("/docs/page.css", file("text/css", include_str!("page.css")))
        .layer(middleware::from_fn(confine))
}

/// Lets a browser load nothing from elsewhere.
async fn confine(request: Request, next: Next) -> Response {
    const POLICY: HeaderValue =
        HeaderValue::from_static("default-src 'self'; frame-ancestors 'none'");
    let mut answer = next.run(request).await.into_response();
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    answer
}

fn page(document: &Value) -> String {
    let info = &document["info"];
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (text(info, "title")) " API" }
                link rel="stylesheet" href="/docs/page.css";
                script src="/docs/page.js" defer {}
            }
            body {
                header {
                    h1 { (text(info, "title")) " API" }
                    p { (text(info, "description")) }
                    p { a href="/openapi.json" { "The OpenAPI document" } }
                    label { "Key " input id="key" type="password" autocomplete="off"; }
                }
                main { (operations(document)) (schema::all(document)) }
            }
        }
    };
    page.into_string()
}

/// The operations by tag, in the order in which the document lists the tags.
fn operations(document: &Value) -> Markup {
    html! {
        @for tag in entries(&document["tags"]) {
            section {
                h2 { (text(tag, "name")) small { (text(tag, "description")) } }
                @for (path, item) in members(&document["paths"]) {
                    @for (method, operation) in members(item) {
                        @if entries(&operation["tags"]).contains(&tag["name"]) {
                            (operation_of(method, path, operation))
                        }
                    }
                }
            }
        }
    }
}

fn operation_of(method: &str, path: &str, operation: &Value) -> Markup {
    let bodies = &operation["requestBody"]["content"];
    html! {
        details id=(text(operation, "operationId")) {
            summary {
                code class={ "method " (method) } { (method.to_uppercase()) }
                code { (path) }
                span { (text(operation, "summary")) }
            }
            p { (text(operation, "description")) }
            form data-method=(method) data-path=(path) {
                @let parameters = entries(&operation["parameters"]);
                @if !parameters.is_empty() {
                    table { @for parameter in parameters { (parameter_row(parameter)) } }
                }
                @if !members(bodies).is_empty() { (body(bodies)) }
                button { "Send" }
                output {}
            }
            (answers(&operation["responses"]))
        }
    }
}

fn parameter_row(parameter: &Value) -> Markup {
    let name = text(parameter, "name");
    let is_required = parameter["required"] == true;
    html! {
        tr {
            th { code { (name) } @if is_required { " *" } }
            td { input name=(name) data-in=(text(parameter, "in")) required[is_required]; }
            td { (schema::kind(&parameter["schema"])) }
            td { (text(parameter, "description")) }
        }
    }
}

fn body(bodies: &Value) -> Markup {
    html! {
        label {
            "Body " select name="content-type" {
                @for (kind, _) in members(bodies) { option { (kind) } }
            }
            @for (_, body) in members(bodies).iter().take(1) { " " (schema::kind(&body["schema"])) }
        }
        textarea name="body" rows="6" spellcheck="false" { "{}" }
    }
}

fn answers(responses: &Value) -> Markup {
    html! {
        table {
            @for (status, response) in members(responses) {
                tr {
                    th { code { (status) } }
                    td { (text(response, "description")) }
                    td {
                        @for (_, body) in members(&response["content"]) { (schema::kind(&body["schema"])) }
                    }
                }
            }
        }
    }
}

/// A text of an object, empty where there is none.
fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_default()
}

/// The entries of a list, none where there is no list.
fn entries(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// The members of an object, none where there is no object.
fn members(object: &Value) -> Vec<(&String, &Value)> {
    object.as_object().into_iter().flat_map(Map::iter).collect()
}
