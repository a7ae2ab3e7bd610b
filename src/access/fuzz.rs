//! The parsers of keys and tokens, for [`crate::testing::fuzzing`].

use std::path::Path;

use super::token::Verifier;
use super::{file, key};
use crate::config::Tokens;

const JWKS: &[u8] = br#"{"keys":[{"kty":"oct","kid":"k","alg":"HS256","k":"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"},{"kty":"OKP","crv":"Ed25519","kid":"e","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// Reads keys, a key set, a key and a token.
pub(crate) fn keys(bytes: &[u8]) {
    drop(file::parse(Path::new("keys.json"), bytes));
    drop(Verifier::parse(Path::new("jwks.json"), bytes));
    let text = String::from_utf8_lossy(bytes);
    assert!(key::id_of(&text).is_none_or(|id| id.len() == 8));
    let verifier = Verifier::parse(Path::new("jwks.json"), JWKS).expect("these are two good keys");
    drop(verifier.user(&text, &Tokens::default()));
}

/// Good ones of each.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let keys = br#"{"keys":[{"id":"01020304","name":"n","scope":"public","sha256":"00","created":"2026-01-01T00:00:00Z","origins":["https://a"],"rate":5}]}"#;
    let token = b"eyJhbGciOiJIUzI1NiIsImtpZCI6ImsifQ.eyJzdWIiOiJ1IiwiYXVkIjoiZ3VhbnhpIiwiaWF0IjoxLCJleHAiOjJ9.AAAA";
    let key = format!("gx_01020304_{}", "0".repeat(64));
    vec![keys.to_vec(), JWKS.to_vec(), token.to_vec(), key.into_bytes()]
}
