//! The variable segments of a path.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::http::problem::{Code, Problem};

/// The decoded variable segments of a path, in order. A segment may contain `/` as `%2F`.
#[derive(Debug)]
pub(in crate::http) struct Segments<const N: usize>(pub(in crate::http) [String; N]);

impl<S: Send + Sync, const N: usize> FromRequestParts<S> for Segments<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let raw = RawPathParams::from_request_parts(parts, state).await.map_err(|error| {
            Problem::new(Code::InvalidUtf8, format!("{error}: encode the path as UTF-8"))
        })?;
        let segments: Vec<String> = raw.iter().map(|(_, value)| value.to_owned()).collect();
        Ok(Self(segments.try_into().expect("each route has as many segments as its handler takes")))
    }
}
