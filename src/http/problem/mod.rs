//! The error format of the API: RFC 9457 problem documents with stable codes.

mod code;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use guanxi_models::{IdError, QueryError, Scenario};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::ingest::Flaw;
use crate::serving::{RegistryError, WriteError};

pub use code::Code;

/// The content type of every error.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error to be sent to the client.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    code: Code,
    detail: String,
    members: Map<String, Value>,
    /// The seconds after which a retry makes sense.
    retry_after: Option<u64>,
}

/// An error document, as in RFC 9457.
#[derive(Debug, ToSchema)]
#[schema(as = Problem)]
#[expect(
    dead_code,
    reason = "it is the shape that the OpenAPI document shows; the members are written one by one"
)]
pub(super) struct ProblemShape {
    /// The explanation of the code: `/errors/{code}`.
    r#type: String,
    /// The general meaning of the code.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The cause of this error, and its remedy.
    detail: String,
    /// The stable code.
    code: String,
}

impl Problem {
    /// Creates a problem; `detail` names the cause of this error and its remedy.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let retry_after = (code == Code::Busy).then_some(1);
        Self { code, detail: detail.into(), members: Map::new(), retry_after }
    }

    /// Adds a machine-readable member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Sets the seconds after which a retry makes sense.
    #[must_use]
    pub fn after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The code of the problem.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The document to send.
    pub fn body(&self) -> Value {
        let mut body = json!({
            "type": format!("/errors/{}", self.code.name()),
            "title": self.code.meaning(),
            "status": self.code.status().as_u16(),
            "detail": self.detail,
            "code": self.code.name(),
        });
        let object = body.as_object_mut().expect("it was made as an object just above");
        object.extend(self.members.clone());
        body
    }

    /// The problem of an invalid id in `field`.
    pub fn of_id(field: &str, error: IdError) -> Self {
        Self::from(Flaw::of_id(field, error))
    }

    /// The problem of an unknown scenario.
    pub fn unknown_scenario(name: &str) -> Self {
        let known = Scenario::names();
        let detail =
            format!("scenario `{}` does not exist: {}", excerpt(name), nearest(name, &known));
        Self::new(Code::UnknownScenario, detail).with("known", known.as_slice())
    }
}

/// True if an answer is a problem document.
pub(super) fn is_problem(answer: &Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind == PROBLEM_JSON)
}

/// Makes a client's text safe to echo: short and without control characters.
pub(super) fn excerpt(text: &str) -> String {
    let mut start: String = text.chars().take(64).flat_map(char::escape_debug).collect();
    if text.chars().nth(64).is_some() {
        start.push('…');
    }
    start
}

/// Returns "did you mean ..." if a known name is similar, else the list of known names.
pub(super) fn nearest(name: &str, known: &[&str]) -> String {
    match nearest_of(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    }
}

/// The known name that was probably meant.
pub(super) fn nearest_of<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), *candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.body().to_string();
        let mut answer =
            (self.code.status(), [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        let headers = answer.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        answer
    }
}

impl From<Flaw> for Problem {
    fn from(flaw: Flaw) -> Self {
        let problem = Self::new(flaw.code.into(), flaw.to_string());
        if flaw.field.is_empty() { problem } else { problem.with("field", flaw.field) }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let detail = error.to_string();
        match error {
            QueryError::Limit { .. } => {
                Self::new(Code::InvalidLimit, detail).with("field", "limit")
            }
            QueryError::InputNeeded { ask, .. } => {
                Self::new(Code::MissingField, detail).with("field", ask.any_of[0].field())
            }
            QueryError::UnknownItem { .. } => {
                Self::new(Code::UnknownItem, detail).with("field", "item")
            }
            QueryError::UnknownAttribute { name } => Self::new(
                Code::UnknownAttribute,
                format!("{detail}: `attributes` of some item must name it first"),
            )
            .with("attribute", name),
        }
    }
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        let code = match error {
            WriteError::Unavailable { .. } => Code::StoreUnavailable,
            WriteError::Busy => Code::Busy,
            WriteError::ShuttingDown => Code::ShuttingDown,
        };
        Self::new(code, error.to_string())
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        let code = match error {
            RegistryError::Unknown { .. } => {
                let detail = "this model does not exist: `GET /v1/models` lists those that do";
                return Self::new(Code::UnknownModel, detail);
            }
            RegistryError::Damaged { .. } | RegistryError::Later { .. } => Code::ModelDamaged,
            RegistryError::Io { .. } | RegistryError::KeepNone => Code::StoreUnavailable,
        };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_type_title_status_detail_and_code() {
        let body = Problem::unknown_scenario("for_you").body();
        assert_eq!(body["type"], "/errors/unknown_scenario");
        assert_eq!(body["status"], 404);
        assert_eq!(body["code"], "unknown_scenario");
        assert!(body["detail"].as_str().unwrap().contains("did you mean `for-you`?"));
        assert_eq!(body["known"].as_array().unwrap().len(), Scenario::ALL.len());
    }

    #[test]
    fn what_a_client_sent_is_repeated_short_and_harmless() {
        assert_eq!(excerpt("a\nb\u{202e}"), "a\\nb\\u{202e}");
        assert_eq!(excerpt(&"x".repeat(100)).chars().count(), 65);
    }
}
