use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use jiff::ToSpan;
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;

use super::*;
use crate::config::Tokens;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PAGE: &str = "https://shop.example";
/// Nothing but a test uses these two.
const SHARED: &[u8] = b"01234567890123456789012345678901";
const SIGNING: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";

fn now() -> Timestamp {
    Timestamp::now()
}

fn wanted(scope: Scope) -> NewKey {
    let origins = if scope == Scope::Public { vec![PAGE.to_owned()] } else { Vec::new() };
    NewKey { name: scope.name().to_owned(), scope, origins, expires: None, rate: None }
}

fn create(dir: &Path, new: NewKey) -> (String, String) {
    let (id, secret) = KeyFile::open(dir).unwrap().create(new, now()).unwrap();
    (id, secret.reveal().to_owned())
}

fn gate(dir: &TempDir) -> Gate {
    let jwks = dir.path().join("jwks.json");
    let shared = json!({"kty": "oct", "kid": "k", "alg": "HS256", "k": BASE64.encode(SHARED)});
    let public = BASE64.encode(SigningKey::from_bytes(SIGNING).verifying_key());
    let signing = json!({"kty": "OKP", "kid": "e", "crv": "Ed25519", "x": public});
    fs::write(&jwks, json!({"keys": [shared, signing]}).to_string()).unwrap();
    Gate::open(dir.path(), &Tokens { jwks, ..Tokens::default() }).unwrap()
}

fn with(key: &str) -> Presented<'_> {
    Presented { address: HERE, key: Some(key), token: None, origin: None }
}

fn claims() -> Value {
    let now = now().as_second();
    json!({"sub": "u", "aud": "guanxi", "iat": now, "exp": now + 300})
}

fn token(kid: &str, claims: &Value) -> String {
    signed(&json!({"alg": "HS256", "kid": kid}), claims, |message| {
        let mac = Hmac::<Sha256>::new_from_slice(SHARED).unwrap().chain_update(message);
        mac.finalize().into_bytes().to_vec()
    })
}

fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| BASE64.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = BASE64.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn by_ed25519(header: &Value, secret: &[u8; 32]) -> String {
    let key = SigningKey::from_bytes(secret);
    signed(header, &claims(), |message| key.sign(message).to_vec())
}

#[test]
fn without_keys_everybody_may_and_with_one_nobody_without() {
    let dir = tempfile::tempdir().unwrap();
    let nothing = Presented { address: HERE, key: None, token: None, origin: None };
    assert_eq!(gate(&dir).admit(nothing, Need::Admin, now()), Ok(Caller::Shop));
    create(dir.path(), wanted(Scope::Read));
    let gate = gate(&dir);
    assert_eq!(gate.admit(nothing, Need::Recommend, now()), Err(Denied::NoKey));
    assert!(gate.admit(nothing, Need::Nothing, now()).is_ok());
}

#[test]
fn keys_that_can_not_be_read_keep_the_server_from_starting() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(FILE)).unwrap();
    let refused = Gate::open(dir.path(), &Tokens::default()).unwrap_err();
    assert!(refused.contains(FILE), "{refused}");
}

#[test]
fn only_the_whole_key_opens_and_only_its_hash_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (_, key) = create(dir.path(), wanted(Scope::Write));
    let kept = fs::read_to_string(dir.path().join(FILE)).unwrap();
    assert!(!kept.contains(&key[12..]), "{kept}");
    let gate = gate(&dir);
    assert_eq!(gate.admit(with(&key), Need::Write, now()), Ok(Caller::Shop));
    let scope = Denied::Scope { scope: Scope::Write };
    assert_eq!(gate.admit(with(&key), Need::Admin, now()), Err(scope));
    for wrong in
        ["", "gx_", &key[..key.len() - 1], &format!("{}0", &key[..key.len() - 1]), "secret"]
    {
        if wrong != key {
            assert_eq!(
                gate.admit(with(wrong), Need::Read, now()),
                Err(Denied::WrongKey),
                "{wrong}"
            );
        }
    }
}

#[test]
fn a_revoked_and_an_expired_key_are_wrong_ones() {
    let dir = tempfile::tempdir().unwrap();
    let (id, key) = create(dir.path(), wanted(Scope::Read));
    let expires = Some(now() + 1.hour());
    let (_, brief) = create(dir.path(), NewKey { expires, ..wanted(Scope::Write) });
    let gate = gate(&dir);
    gate.admit(with(&key), Need::Read, now()).unwrap();
    gate.admit(with(&brief), Need::Read, now()).unwrap();
    assert_eq!(gate.admit(with(&brief), Need::Read, now() + 2.hours()), Err(Denied::WrongKey));
    KeyFile::open(dir.path()).unwrap().revoke(&id, now()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(gate.admit(with(&key), Need::Read, now()), Err(Denied::WrongKey));
    fs::remove_file(dir.path().join(FILE)).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(gate.admit(with(&key), Need::Read, now()), Err(Denied::WrongKey));
}

#[test]
fn two_keys_of_a_name_are_valid_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let (first, old) = create(dir.path(), wanted(Scope::Read));
    let (_, new) = create(dir.path(), wanted(Scope::Read));
    let third = KeyFile::open(dir.path()).unwrap().create(wanted(Scope::Read), now());
    assert!(matches!(third, Err(AccessError::TwoAlready { .. })));
    let gate = gate(&dir);
    for key in [&old, &new] {
        gate.admit(with(key), Need::Read, now()).unwrap();
    }
    KeyFile::open(dir.path()).unwrap().revoke(&first, now()).unwrap();
    create(dir.path(), wanted(Scope::Read));
}

#[test]
fn a_public_key_works_from_its_pages_for_the_user_of_the_token() {
    let dir = tempfile::tempdir().unwrap();
    let (_, key) = create(dir.path(), wanted(Scope::Public));
    let gate = gate(&dir);
    let from = |origin, token| Presented { token, origin, ..with(&key) };
    let ask = |presented| gate.admit(presented, Need::Recommend, now());
    assert_eq!(ask(from(None, None)), Err(Denied::Origin));
    assert_eq!(ask(from(Some("https://evil.example"), None)), Err(Denied::Origin));
    assert_eq!(ask(from(Some(PAGE), None)), Ok(Caller::Visitor { user: None }));
    let good = token("k", &claims());
    let visitor = ask(from(Some(PAGE), Some(&good))).unwrap();
    assert!(visitor.speaks_for("u") && !visitor.speaks_for("v"));
    assert!(gate.knows_origin(PAGE) && !gate.knows_origin("https://evil.example"));
}

#[test]
fn a_token_may_be_signed_by_ed25519_with_the_key_of_its_kid_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (_, key) = create(dir.path(), wanted(Scope::Public));
    let gate = gate(&dir);
    let admit = |token: &str| {
        let presented = Presented { origin: Some(PAGE), token: Some(token), ..with(&key) };
        gate.admit(presented, Need::Recommend, now())
    };
    let header = |alg, kid| json!({"alg": alg, "kid": kid});
    let good = admit(&by_ed25519(&header("EdDSA", "e"), SIGNING)).unwrap();
    assert!(good.speaks_for("u") && !good.speaks_for("v"));
    let wrong = [
        by_ed25519(&header("EdDSA", "e"), b"another secret of thirty-two byt"),
        by_ed25519(&header("EdDSA", "k"), SIGNING),
        by_ed25519(&header("HS256", "e"), SIGNING),
        by_ed25519(&header("HS256", "k"), SIGNING),
    ];
    for token in wrong {
        let denied = admit(&token);
        assert!(matches!(denied, Err(Denied::Token { .. })), "{denied:?}");
    }
}

#[test]
fn a_token_that_can_not_be_trusted_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (_, key) = create(dir.path(), wanted(Scope::Public));
    let gate = gate(&dir);
    let with_claim = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        token("k", &claims)
    };
    let long_ago = now().as_second() - 1_000;
    let mut forged = token("k", &claims());
    forged.replace_range(forged.len() - 2.., "AA");
    let unsigned =
        format!("eyJhbGciOiJub25lIiwia2lkIjoiayJ9.{}.", good_payload(&token("k", &claims())));
    let tokens = [
        with_claim("exp", json!(long_ago)),
        with_claim("aud", json!("other")),
        with_claim("sub", json!("a\nb")),
        with_claim("sub", Value::Null),
        with_claim("exp", json!(now().as_second() + 100_000)),
        token("other", &claims()),
        forged,
        unsigned,
        "x.y.z".to_owned(),
        String::new(),
    ];
    for token in tokens {
        let presented = Presented { origin: Some(PAGE), token: Some(&token), ..with(&key) };
        let denied = gate.admit(presented, Need::Recommend, now());
        assert!(matches!(denied, Err(Denied::Token { .. })), "{denied:?}");
    }
}

fn good_payload(token: &str) -> String {
    token.split('.').nth(1).unwrap().to_owned()
}

#[test]
fn a_key_has_its_rate_and_an_address_its_attempts() {
    let dir = tempfile::tempdir().unwrap();
    let (_, slow) = create(dir.path(), NewKey { rate: Some(3), ..wanted(Scope::Read) });
    let (_, other) = create(dir.path(), wanted(Scope::Write));
    let gate = gate(&dir);
    let ask = |key: &str| gate.admit(with(key), Need::Read, now());
    for _ in 0..3 {
        ask(&slow).unwrap();
    }
    assert!(matches!(ask(&slow), Err(Denied::TooMany { .. })));
    let wrong = format!("gx_00000000_{}", "0".repeat(64));
    let tried: Vec<_> = (0..30).map(|_| ask(&wrong)).collect();
    assert_eq!(tried[0], Err(Denied::WrongKey));
    assert!(matches!(tried[29], Err(Denied::TooMany { .. })));
    // A right key that was never seen from there must wait as well; one that was goes on.
    assert!(matches!(ask(&other), Err(Denied::TooMany { .. })));
    let elsewhere = Presented { address: [192, 0, 2, 7].into(), ..with(&other) };
    gate.admit(elsewhere, Need::Read, now()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(400));
    ask(&slow).unwrap();
}

#[test]
fn what_a_public_key_is_for_must_be_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut keys = KeyFile::open(dir.path()).unwrap();
    let none = NewKey { origins: Vec::new(), ..wanted(Scope::Public) };
    assert!(matches!(keys.create(none, now()), Err(AccessError::NoOrigin)));
    for origin in ["shop.example", "https://", "https://shop.example/", "https://Shop.example", "*"]
    {
        let bad = NewKey { origins: vec![origin.to_owned()], ..wanted(Scope::Public) };
        assert!(matches!(keys.create(bad, now()), Err(AccessError::Origin { .. })), "{origin}");
    }
    assert!(matches!(keys.revoke("none", now()), Err(AccessError::Unknown { .. })));
}
