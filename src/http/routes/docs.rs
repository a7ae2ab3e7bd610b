//! The documentation that the API serves: the `OpenAPI` document, error codes and the pages.

use axum::extract::Extension;
use axum::http::header;
use axum::response::{IntoResponse, Json};
use guanxi_models::Scenario;
use serde::Serialize;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Required};
use utoipa::{OpenApi, ToSchema};

use crate::http::problem::{Code, PROBLEM_JSON, Problem, ProblemShape, excerpt, nearest};
use crate::http::shape::path::Segments;

/// The header of the `OpenAPI` document; the paths come from the handlers.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "guanxi",
        description = "A recommendation engine for social commerce. Every error is `application/problem+json` with a stable `code`.",
    ),
    tags(
        (name = "recommend", description = "Lists"),
        (name = "events", description = "Events: views, purchases and other actions of users"),
        (name = "items", description = "The catalogue"),
        (name = "users", description = "Users"),
        (name = "relations", description = "Friendships, follows, blocks and memberships"),
        (name = "models", description = "Trained models"),
        (name = "operations", description = "Health, metrics, documentation"),
    ),
)]
pub(super) struct Api;

/// Completes an operation: errors are problem documents, and the body of a single entry or list
/// request is optional.
pub(super) fn share(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    for (status, response) in &mut *responses {
        if let (true, RefOr::T(response)) = (status.starts_with(['4', '5']), response) {
            let content = std::mem::take(&mut response.content);
            response.content =
                content.into_values().map(|one| (PROBLEM_JSON.to_owned(), one)).collect();
        }
    }
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let any = ResponseBuilder::new()
        .description("A problem; `code` says which: see `/errors/{code}`.")
        .content(PROBLEM_JSON, problem);
    responses.insert("default".to_owned(), RefOr::T(any.build()));
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        let is_bulk = body.content.len() > 1;
        body.required = is_bulk.then_some(Required::True);
    }
    list_scenarios(operation);
}

/// Lists the scenarios in operations whose path names one.
fn list_scenarios(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.name == "scenario"
        {
            let names = Some(Scenario::names());
            let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(names).build();
            parameter.schema = Some(RefOr::T(schema.into()));
            parameter.description = Some(scenarios());
        }
    }
}

/// The scenarios, one per line.
fn scenarios() -> String {
    let line =
        |scenario: &Scenario| format!("- `{}`: {}", scenario.name(), scenario.spec().summary);
    Scenario::ALL.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The serialised `OpenAPI` document.
#[derive(Clone, Debug)]
pub(super) struct Document(pub(super) std::sync::Arc<str>);

/// Returns this document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "operations",
    responses((status = 200, body = serde_json::Value, content_type = "application/json", description = "The document.")),
)]
pub(super) async fn document(Extension(document): Extension<Document>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document.0.to_string())
}

/// The explanation of an error code.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Explanation {
    /// The code.
    code: &'static str,
    /// The HTTP status of an answer with this code.
    status: u16,
    /// The meaning.
    meaning: &'static str,
}

/// Explains an error code.
#[utoipa::path(
    get, path = "/errors/{code}", tag = "operations",
    params(("code" = String, Path)),
    responses((status = 200, body = Explanation, description = "What the code means."), (status = 404, body = ProblemShape, description = "unknown_code")),
)]
pub(super) async fn explain(Segments([name]): Segments<1>) -> Result<Json<Explanation>, Problem> {
    let Some(&code) = Code::ALL.iter().find(|code| code.name() == name) else {
        let known: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        let detail = format!("there is no code `{}`: {}", excerpt(&name), nearest(&name, &known));
        return Err(Problem::new(Code::UnknownCode, detail));
    };
    let (status, meaning) = (code.status().as_u16(), code.meaning());
    Ok(Json(Explanation { code: code.name(), status, meaning }))
}
