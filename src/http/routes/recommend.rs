//! The recommendation lists. Each reads one snapshot of the world, without a lock or a wait before
//! its last byte.

use std::cell::RefCell;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, Query as Parameters, State};
use axum::http::{HeaderMap, Request, Uri, header};
use axum::response::{IntoResponse, Response};
use guanxi_models::recommend::Scratch;
use guanxi_models::{Scenario, World};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body;
use crate::access::{Caller, Need};
use crate::http::admission::too_many_wait;
use crate::http::app::App;
use crate::http::around::admit::{self, Peer, known_origin, open_to};
use crate::http::around::stopwatch::Stopwatch;
use crate::http::problem::{Code, Problem, ProblemShape, excerpt};
use crate::http::shape::answer::{ListShape, Listing, write_value};
use crate::http::shape::parameters::ParametersShape;
use crate::http::shape::path::Segments;
use crate::http::shape::question::{Asked, Question};
use crate::http::shape::{json, parameters};
use crate::telemetry::Stage;

/// The most lists in one request.
const MAX_QUESTIONS: usize = 32;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::default());
}

/// Recommends items.
#[utoipa::path(
    post, path = "/v1/recommend/{scenario}", tag = "recommend",
    params(("scenario" = String, Path)),
    request_body = Question,
    responses(
        (status = 200, body = ListShape, description = "The list."),
        (status = 404, body = ProblemShape, description = "unknown_scenario, unknown_item; unknown_user where the key is public and the token names another user"),
        (status = 422, body = ProblemShape, description = "invalid_limit, invalid_filter, unknown_field, …"),
    ),
)]
pub(super) async fn post(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Segments([scenario]): Segments<1>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let scenario = scenario_of(&scenario)?;
    let body = body::read(body, &app).await?;
    let _place = app.admission.enter().await.ok_or_else(too_many_wait)?;
    let began = Instant::now();
    body::require_json(&headers, &body)?;
    let question = json::decode::<Question>(&body)?;
    answer(&app, &caller, question, scenario, began)
}

/// Recommends items, with the request as query parameters.
///
/// Lists (`items`, `exclude`, `fields`, `tags`, `tags_all`, `merchant`) are repeated or separated
/// by commas.
#[utoipa::path(
    get, path = "/v1/recommend/{scenario}", tag = "recommend",
    params(
        ("scenario" = String, Path),
        ParametersShape,
    ),
    responses(
        (status = 200, body = ListShape, description = "The list."),
        (status = 404, body = ProblemShape, description = "unknown_scenario, unknown_item; unknown_user where the key is public and the token names another user"),
        (status = 422, body = ProblemShape, description = "invalid_limit, invalid_filter, unknown_field, …"),
    ),
)]
pub(super) async fn get(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Segments([scenario]): Segments<1>,
    uri: Uri,
) -> Result<Response, Problem> {
    by_query(&app, &caller, scenario_of(&scenario)?, &uri)
}

/// The list for query parameters.
fn by_query(
    app: &App,
    caller: &Caller,
    scenario: Scenario,
    uri: &Uri,
) -> Result<Response, Problem> {
    let began = Instant::now();
    parameters::require_utf8(uri.query().unwrap_or_default())?;
    let pairs = Parameters::<Vec<(String, String)>>::try_from_uri(uri);
    let Parameters(pairs) =
        pairs.map_err(|error| Problem::new(Code::InvalidUtf8, error.body_text()))?;
    let question = json::decode_object::<Question>(parameters::question(&pairs)?)?;
    answer(app, caller, question, scenario, began)
}

/// Lists items as [`get`] does, but bypasses the router and its middleware. Most requests are of
/// this kind, and the router costs more than some lists.
pub(in crate::http) fn straight<B>(
    app: &App,
    peer: Peer,
    scenario: Scenario,
    request: &Request<B>,
) -> Response {
    let headers = request.headers();
    let answer = admit::pass(app, Some(peer), headers, Need::Recommend)
        .and_then(|caller| by_query(app, &caller, scenario, request.uri()));
    open_to(known_origin(app, headers), answer.into_response())
}

/// Several requests, answered from one snapshot.
#[derive(Debug, ToSchema)]
#[schema(as = Questions)]
#[expect(
    dead_code,
    reason = "only the schema is used: each question is read for itself, so that one bad one spoils no other"
)]
pub(super) struct QuestionsShape {
    /// At most 32 requests, each with its `scenario`. An invalid one gets a problem in its place.
    #[schema(max_items = 32, value_type = Vec<Value>, example = json!([{"scenario": "for-you", "user": "u1"}]))]
    requests: Vec<Question>,
}

/// A list or a problem.
#[derive(Debug, ToSchema)]
#[schema(as = ListOrProblem)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the schema is used")]
pub(super) enum ListOrProblemShape {
    /// The list.
    List(ListShape),
    /// The problem with the request.
    Problem(ProblemShape),
}

/// The answers, in the order of the requests.
#[derive(Debug, ToSchema)]
#[schema(as = Lists)]
#[expect(dead_code, reason = "only the schema is used: answers are written straight into a buffer")]
pub(super) struct ListsShape {
    /// The list or the problem of each request.
    answers: Vec<ListOrProblemShape>,
}

/// Answers several requests at once from the same snapshot.
#[utoipa::path(
    post, path = "/v1/recommend", tag = "recommend",
    request_body = QuestionsShape,
    responses(
        (status = 200, body = ListsShape, description = "The lists, in the order of the requests."),
        (status = 422, body = ProblemShape, description = "missing_field, unknown_field, too_many"),
    ),
)]
pub(super) async fn post_many(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = body::read(body, &app).await?;
    let _place = app.admission.enter().await.ok_or_else(too_many_wait)?;
    body::require_json(&headers, &body)?;
    let requests = requests(json::object(&body)?)?;
    let world = app.engine.world();
    let mut buffer = b"{\"answers\":[".to_vec();
    for (at, request) in requests.into_iter().enumerate() {
        if at > 0 {
            buffer.push(b',');
        }
        if let Err(problem) = one_of_many(&app, &caller, &world, request, &mut buffer) {
            write_value(&problem.body(), &mut buffer);
        }
    }
    buffer.extend_from_slice(b"]}");
    Ok(json_answer(buffer))
}

fn requests(mut object: Map<String, Value>) -> Result<Vec<Value>, Problem> {
    let requests = object.remove("requests");
    if let Some(name) = object.keys().next() {
        let detail = format!("unknown field `{}`: the only one is `requests`", excerpt(name));
        return Err(Problem::new(Code::UnknownField, detail));
    }
    let Some(requests) = requests else {
        let detail = "`requests` is missing: send `{\"requests\":[{\"scenario\":\"for-you\",\"user\":\"u1\"}]}`";
        return Err(Problem::new(Code::MissingField, detail).with("field", "requests"));
    };
    match requests {
        Value::Array(list) if list.len() <= MAX_QUESTIONS => Ok(list),
        Value::Array(list) => {
            let detail =
                format!("`requests` has {} entries: at most {MAX_QUESTIONS} are taken", list.len());
            Err(Problem::new(Code::TooMany, detail).with("field", "requests"))
        }
        _ => {
            Err(Problem::new(Code::InvalidField, "`requests` must be a list")
                .with("field", "requests"))
        }
    }
}

fn one_of_many(
    app: &App,
    caller: &Caller,
    world: &World,
    request: Value,
    buffer: &mut Vec<u8>,
) -> Result<(), Problem> {
    let began = Instant::now();
    let Value::Object(mut object) = request else {
        return Err(Problem::new(Code::InvalidField, "a request must be an object"));
    };
    let scenario = match object.remove("scenario") {
        Some(Value::String(name)) => scenario_of(&name)?,
        Some(_) => return Err(Problem::new(Code::InvalidField, "`scenario` must be a text")),
        None => {
            return Err(
                Problem::new(Code::MissingField, "`scenario` is missing").with("field", "scenario")
            );
        }
    };
    let asked = json::decode_object::<Question>(object)?.check(scenario, &app.settings, caller)?;
    list(app, world, &asked, began, buffer)
}

fn answer(
    app: &App,
    caller: &Caller,
    question: Question,
    scenario: Scenario,
    began: Instant,
) -> Result<Response, Problem> {
    let asked = question.check(scenario, &app.settings, caller)?;
    let world = app.engine.world();
    let mut buffer = Vec::with_capacity(64 + asked.query.limit * 64);
    list(app, &world, &asked, began, &mut buffer)?;
    Ok(json_answer(buffer))
}

/// Computes a list and appends it to `buffer`. `began` is the time at which reading the request
/// began.
fn list(
    app: &App,
    world: &World,
    asked: &Asked,
    began: Instant,
    buffer: &mut Vec<u8>,
) -> Result<(), Problem> {
    let Asked { query, deadline, .. } = asked;
    let watch = Stopwatch::new(&app.metrics.stages, query.scenario, began, *deadline);
    let answer =
        SCRATCH.with_borrow_mut(|scratch| world.recommend_within(&watch, query, scratch))?;
    Listing { world, asked, answer: &answer }.write(buffer);
    watch.lap(Stage::Encode);
    Ok(())
}

fn json_answer(buffer: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], Bytes::from(buffer)).into_response()
}

fn scenario_of(name: &str) -> Result<Scenario, Problem> {
    Scenario::from_name(name).ok_or_else(|| Problem::unknown_scenario(name))
}
