//! Tokens that say which user sits before a page: JWT (RFC 7519), signed by the shop with `EdDSA`
//! or HS256.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use super::{AccessError, signatures};
use crate::config::Tokens;

/// The tolerated clock difference, in seconds.
const LEEWAY: u64 = 30;

/// Verifies tokens with the keys of a JWK set (RFC 7517). Each key has a `kid`, and an `alg` or a
/// type that implies it.
#[derive(Debug, Default)]
pub(super) struct Verifier {
    keys: HashMap<String, (Algorithm, DecodingKey)>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    sub: String,
    iat: u64,
    exp: u64,
}

impl Verifier {
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, AccessError> {
        let unreadable = |what: String| AccessError::Unreadable {
            path: path.to_owned(),
            expected: "a JWK set",
            what,
        };
        signatures::install();
        let set: JwkSet =
            serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
        let mut keys = HashMap::new();
        for jwk in set.keys {
            let kid = jwk.common.key_id.clone();
            let kid = kid.ok_or_else(|| unreadable("a key has no `kid`".to_owned()))?;
            let algorithm = algorithm_of(&jwk)
                .ok_or_else(|| unreadable(format!("key `{kid}` is neither EdDSA nor HS256")))?;
            let key = DecodingKey::from_jwk(&jwk).map_err(|error| unreadable(error.to_string()))?;
            keys.insert(kid, (algorithm, key));
        }
        Ok(Self { keys })
    }

    /// The user whom a token names, or what is wrong with it.
    pub(super) fn user(&self, token: &str, settings: &Tokens) -> Result<String, &'static str> {
        let header = decode_header(token).map_err(|_| "it can't be read")?;
        let known = header.kid.and_then(|kid| self.keys.get(&kid));
        let (algorithm, key) = known.ok_or("no key has its `kid`")?;
        // The algorithm is the key's, whatever the token says.
        let mut validation = Validation::new(*algorithm);
        validation.set_audience(&[&settings.audience]);
        validation.required_spec_claims =
            ["exp", "aud", "sub"].map(str::to_owned).into_iter().collect::<HashSet<_>>();
        validation.leeway = LEEWAY;
        let claims =
            decode::<Claims>(token, key, &validation).map_err(|error| reason(&error))?.claims;
        let lives = claims.exp.saturating_sub(claims.iat);
        if lives > settings.max_age.0.as_secs() {
            return Err("it is valid for longer than `tokens.max_age`");
        }
        guanxi_models::check_id(&claims.sub).map_err(|_| "its `sub` is no user id")?;
        Ok(claims.sub)
    }
}

fn algorithm_of(jwk: &jsonwebtoken::jwk::Jwk) -> Option<Algorithm> {
    use jsonwebtoken::jwk::AlgorithmParameters;
    match &jwk.algorithm {
        AlgorithmParameters::OctetKey(_) => Some(Algorithm::HS256),
        AlgorithmParameters::OctetKeyPair(_) => Some(Algorithm::EdDSA),
        _ => None,
    }
}

/// The reason, in words that hold nothing of the token.
fn reason(error: &jsonwebtoken::errors::Error) -> &'static str {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::ExpiredSignature => "it has expired",
        ErrorKind::InvalidSignature => "its signature is wrong",
        ErrorKind::InvalidAudience => "its `aud` is not `tokens.audience`",
        ErrorKind::InvalidAlgorithm => "its `alg` is not that of its key",
        ErrorKind::MissingRequiredClaim(_) => "it lacks one of `sub`, `exp`, `iat`, `aud`",
        _ => "it can't be read",
    }
}
