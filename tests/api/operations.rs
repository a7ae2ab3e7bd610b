//! Calls every operation of the API once on the real executable.

use crate::support::Server;
use serde_json::{Value, json};

fn purchase(id: &str, user: &str, item: &str) -> Value {
    json!({"event_id": id, "user": user, "item": item, "type": "purchase", "ts": "2026-01-31T12:00:00Z"})
}

#[test]
fn events_are_accepted_once() {
    let server = Server::start();
    let events = json!([purchase("e1", "u1", "a"), purchase("e2", "u2", "a"), {"user": "u1"}]);
    insta::assert_json_snapshot!(server.post("/v1/events", &events).good(), @r#"
    {
      "accepted": 2,
      "duplicates": 0,
      "offset": 2,
      "rejected": [
        {
          "code": "missing_field",
          "detail": "`item` is missing, and every entry needs it",
          "index": 2
        }
      ],
      "rejected_count": 1
    }
    "#);
    let again = server.post("/v1/events", &json!({"events": [purchase("e1", "u1", "a")]})).good();
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(1)));
    let other = server.post("/v1/events", &purchase("e1", "u1", "b"));
    assert_eq!((other.status, other.code().as_str()), (409, "event_id_conflict"));
    let mixed =
        server.post("/v1/events", &json!([purchase("e1", "u1", "b"), purchase("e3", "u1", "b")]));
    assert_eq!(mixed.good()["rejected"][0]["code"], "event_id_conflict");
}

#[test]
fn events_come_as_lines_too() {
    let server = Server::start();
    let lines = format!("{}\n\n{}\nnonsense\n", purchase("e1", "u", "a"), purchase("e2", "u", "b"));
    let answer = server.call("POST", "/v1/events", "application/x-ndjson", lines.as_bytes()).good();
    assert_eq!(answer["accepted"], 2);
    assert_eq!(answer["rejected"][0]["index"], 3);
}

#[test]
fn an_item_is_put_patched_shown_and_deleted() {
    let server = Server::start();
    let item = json!({
        "name": "Shoe", "category": "shoes/running", "tags": ["red"], "merchant": "m1", "price": 99.5, "currency": "CNY",
        "stock": 3, "place": {"lat": 31.2, "lon": 121.5}, "created": "2026-01-31T12:00:00Z", "attributes": {"size": 42, "new": true},
    });
    assert_eq!(server.put("/v1/items/sku%2F42", &item).good(), json!({"offset": 1}));
    let change = json!({"price": null, "stock": 0, "attributes": {"size": 43, "new": null}});
    assert_eq!(server.patch("/v1/items/sku%2F42", &change).good(), json!({"offset": 2}));
    insta::assert_json_snapshot!(server.get("/v1/items/sku%2F42").good());
    assert_eq!(server.delete("/v1/items/sku%2F42").good(), json!({"offset": 3}));
    assert_eq!(server.get("/v1/items/sku%2F42").code(), "unknown_item");
    assert_eq!(server.delete("/v1/items/sku%2F42").code(), "unknown_item");
    assert_eq!(server.patch("/v1/items/sku%2F42", &json!({})).code(), "unknown_item");
}

#[test]
fn a_user_is_put_patched_shown_and_deleted() {
    let server = Server::start();
    server.put("/v1/users/u1", &json!({"name": "王芳", "visibility": "private"})).good();
    server.patch("/v1/users/u1", &json!({"attributes": {"level": "gold"}})).good();
    insta::assert_json_snapshot!(server.get("/v1/users/u1").good());
    server.delete("/v1/users/u1").good();
    for answer in [
        server.get("/v1/users/u1"),
        server.delete("/v1/users/u1"),
        server.patch("/v1/users/u1", &json!({})),
    ] {
        assert_eq!((answer.status, answer.code().as_str()), (404, "unknown_user"));
    }
}

#[test]
fn a_circle_is_joined_listed_and_left() {
    let server = Server::start();
    let circles = |user: &str| server.get(&format!("/v1/users/{user}/circles"));
    assert_eq!(circles("u").code(), "unknown_user");
    for circle in ["runners", "class%2F3"] {
        server.put(&format!("/v1/relations/u/member/{circle}"), &json!({})).good();
    }
    assert_eq!(circles("u").good(), json!({"circles": ["class/3", "runners"]}));
    server.delete("/v1/relations/u/member/runners").good();
    assert_eq!(circles("u").good(), json!({"circles": ["class/3"]}));
    let again = server.delete("/v1/relations/u/member/runners");
    assert_eq!((again.status, again.code().as_str()), (404, "unknown_relation"));
    server.put("/v1/users/v", &json!({})).good();
    assert_eq!(circles("v").good(), json!({"circles": []}));
}

#[test]
fn many_items_users_and_relations_come_at_once() {
    let server = Server::start();
    let items = json!({"items": [{"id": "a"}, {"id": "b", "price": -1}]});
    let answer = server.post("/v1/items", &items).good();
    assert_eq!(
        (&answer["accepted"], &answer["rejected"][0]["code"]),
        (&json!(1), &json!("invalid_number"))
    );
    assert_eq!(server.post("/v1/users", &json!([{"id": "u"}, {"id": "v"}])).good()["accepted"], 2);
    let relations = json!([{"from": "u", "kind": "friend", "to": "v"}, {"from": "u", "kind": "friend", "to": "u"}]);
    let answer = server.post("/v1/relations", &relations).good();
    assert_eq!(
        (&answer["accepted"], &answer["rejected"][0]["code"]),
        (&json!(1), &json!("self_relation"))
    );
}

#[test]
fn friends_purchases_come_and_go_with_the_friendship() {
    let server = Server::start();
    for friend in ["f1", "f2"] {
        server.put(&format!("/v1/relations/u/friend/{friend}"), &json!({})).good();
        server.post("/v1/events", &purchase(friend, friend, "shared")).good();
    }
    server.post("/v1/events", &purchase("alone", "f1", "single")).good();
    let question = json!({"user": "u", "explain": true});
    let list = server.post("/v1/recommend/friends-also-bought", &question).good();
    insta::assert_json_snapshot!(list, {".recommendation_id" => "[id]"});
    server.delete("/v1/relations/u/friend/f2").good();
    let list = server.post("/v1/recommend/friends-also-bought", &question).good();
    assert!(!list.to_string().contains("friends_bought"), "{list}");
    assert_eq!(server.delete("/v1/relations/u/friend/f2").code(), "unknown_relation");
}

#[test]
fn a_group_is_a_purchase_only_once_it_has_filled() {
    let server = Server::start();
    let does = |friend: &str, kind: &str| {
        let id = format!("{friend}/{kind}");
        let event =
            json!({"event_id": id, "user": friend, "item": "shared", "type": kind, "group": "g"});
        server.post("/v1/events", &event).good();
    };
    let reasons = || {
        let question = json!({"user": "u", "explain": true});
        server.post("/v1/recommend/friends-also-bought", &question).good().to_string()
    };
    for friend in ["f1", "f2"] {
        server.put(&format!("/v1/relations/u/friend/{friend}"), &json!({})).good();
        does(friend, "group_open");
        does(friend, "group_join");
    }
    assert!(!reasons().contains("friends_bought"), "{}", reasons());
    does("f1", "purchase");
    assert!(!reasons().contains("friends_bought"), "{}", reasons());
    does("f2", "purchase");
    assert!(reasons().contains("friends_bought"), "{}", reasons());
}

#[test]
fn a_restart_changes_no_answer() {
    let mut server = Server::start();
    for friend in ["f1", "f2"] {
        server.put(&format!("/v1/relations/u/friend/{friend}"), &json!({})).good();
        server.post("/v1/events", &purchase(friend, friend, "shared")).good();
    }
    server.put("/v1/items/shared", &json!({"name": "Tea", "price": 3})).good();
    let ask = |server: &Server| {
        let mut list = server
            .get("/v1/recommend/friends-also-bought?user=u&explain=1&fields=name,price")
            .good();
        list["recommendation_id"] = Value::Null;
        list
    };
    let before = ask(&server);
    server.restart();
    assert_eq!(ask(&server), before);
}

#[test]
fn an_unknown_user_gets_what_is_popular() {
    let server = Server::start();
    server
        .post(
            "/v1/events",
            &json!([
                purchase("e1", "u1", "b"),
                purchase("e2", "u1", "a"),
                purchase("e3", "u2", "a")
            ]),
        )
        .good();
    let list = server.get("/v1/recommend/for-you?user=nobody");
    assert_eq!(list.ids(), ["a", "b"]);
    assert_eq!(list.good()["degraded"], json!(["no_model", "unknown_user"]));
    let in_time = server.get("/v1/recommend/for-you?user=nobody&deadline_ms=60000");
    assert_eq!(in_time.good()["degraded"], json!(["no_model", "unknown_user"]));
}

#[test]
fn filters_limits_fields_and_exclusions_hold() {
    let server = Server::start();
    let items: Vec<Value> = (0..10)
        .map(|n| json!({"id": format!("i{n}"), "name": format!("n{n}"), "price": n, "category": if n < 5 { "a/b" } else { "c" }}))
        .collect();
    server.post("/v1/items", &json!(items)).good();
    let events: Vec<Value> =
        (0..10).map(|n| purchase(&format!("e{n}"), "u", &format!("i{n}"))).collect();
    server.post("/v1/events", &json!(events)).good();
    let filter = json!({"category": "a", "price": {"gte": 2}});
    let by_post =
        server.post("/v1/recommend/popular", &json!({"filter": filter, "exclude": ["i3"]}));
    let mut ids = by_post.ids();
    ids.sort();
    assert_eq!(ids, ["i2", "i4"]);
    let by_get = server.get("/v1/recommend/popular?category=a&price_gte=2&exclude=i3");
    assert_eq!(by_get.ids(), by_post.ids());
    let list =
        server.get("/v1/recommend/popular?limit=1&fields=name,stock&category=c&price_gte=9").good();
    assert_eq!(
        (&list["items"][0]["name"], &list["items"][0]["stock"]),
        (&json!("n9"), &Value::Null)
    );
    assert_eq!(server.get("/v1/recommend/popular?user=u").ids().len(), 0);
    assert_eq!(server.get("/v1/recommend/popular?user=u&exclude_seen=false").ids().len(), 10);
}

#[test]
fn prices_are_compared_within_one_currency() {
    let server = Server::start();
    let priced = |id: &str, price: f64, currency: Option<&str>| json!({"id": id, "price": price, "currency": currency});
    let items = json!([
        priced("tea", 9.0, Some("CNY")),
        priced("cup", 8.0, None),
        priced("pot", 90.0, Some("CNY")),
        priced("mug", 7.0, Some("USD")),
    ]);
    server.post("/v1/items", &items).good();
    let listed = |query: &str| {
        let mut ids = server.get(&format!("/v1/recommend/new?{query}")).ids();
        ids.sort_unstable();
        ids
    };
    assert_eq!(listed("price_lt=10"), ["cup", "tea"]);
    assert_eq!(listed("price_lt=10&currency=USD"), ["mug"]);
    assert_eq!(listed("currency=CNY"), ["cup", "pot", "tea"]);
    assert_eq!(listed("currency=CNY,USD").len(), 4);
    let several = server.get("/v1/recommend/new?currency=CNY,USD&price_lt=10");
    assert_eq!(several.code(), "invalid_filter");
}

#[test]
fn several_questions_are_answered_from_one_state() {
    let server = Server::start();
    server.post("/v1/events", &purchase("e1", "u1", "a")).good();
    let requests = json!({"requests": [
        {"scenario": "popular", "limit": 1}, {"scenario": "nothing"}, {"scenario": "new"}, {"scenario": "new", "lmit": 1}, 7,
    ]});
    let answers = server.post("/v1/recommend", &requests).good();
    let answers = answers["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 5);
    assert_eq!(
        (&answers[0]["items"][0]["id"], &answers[2]["offset"]),
        (&json!("a"), &answers[0]["offset"])
    );
    assert_eq!(
        (&answers[1]["code"], &answers[1]["status"]),
        (&json!("unknown_scenario"), &json!(404))
    );
    assert_eq!(
        (&answers[3]["code"], &answers[3]["nearest"]),
        (&json!("unknown_field"), &json!("limit"))
    );
    assert_eq!(answers[4]["code"], "invalid_field");
}

#[test]
fn strict_servers_refuse_what_was_never_described() {
    let server = Server::start_with(&[("GUANXI_INGEST__STRICT", "true")]);
    assert_eq!(
        server.post("/v1/events", &purchase("e", "u", "a")).json()["rejected"][0]["code"],
        "unknown_user"
    );
    server.put("/v1/users/u", &json!({})).good();
    assert_eq!(
        server.post("/v1/events", &purchase("e", "u", "a")).json()["rejected"][0]["code"],
        "unknown_item"
    );
    server.put("/v1/items/a", &json!({})).good();
    assert_eq!(server.post("/v1/events", &purchase("e", "u", "a")).good()["accepted"], 1);
}

#[test]
fn health_and_metrics_say_how_it_is() {
    let server = Server::start();
    server.post("/v1/events", &purchase("e1", "somebody", "a")).good();
    server.get("/v1/recommend/popular?user=somebody").good();
    assert_eq!(server.get("/health/live").good(), json!({"status": "live"}));
    insta::assert_json_snapshot!(server.get("/health/ready").good(), @r#"
    {
      "model": null,
      "model_error": null,
      "offset": 1,
      "status": "ready"
    }
    "#);
    let metrics = server.get("/metrics");
    for line in [
        "guanxi_store_offset 1",
        "guanxi_store_commits_total 1",
        "guanxi_store_committed_requests_total 1",
        r#"guanxi_ingest_entries_total{outcome="accepted"} 1"#,
        r#"guanxi_http_requests_total{method="GET",route="/v1/recommend/{scenario}",status="200"} 1"#,
        r#"guanxi_recommend_seconds_count{scenario="popular",stage="score"} 1"#,
        r#"guanxi_recommend_seconds_count{scenario="popular",stage="candidates"} 0"#,
        "process_resident_memory_bytes ",
    ] {
        assert!(metrics.text().contains(line), "{line} is not in\n{}", metrics.text());
    }
    assert!(!metrics.text().contains("somebody"));
}

#[test]
fn every_answer_carries_the_request_id_and_the_headers() {
    let server = Server::start();
    for path in ["/v1/recommend/popular", "/nowhere", "/health/live"] {
        let answer = server.call_with("GET", path, &[("x-request-id", "abc-1")], b"");
        assert_eq!(answer.header("x-request-id"), "abc-1");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(server.get(path).header("x-request-id").len(), 36);
    }
}

#[test]
fn codes_are_explained() {
    let server = Server::start();
    let problem = server.get("/v1/recommend/nothing").json();
    let explained = server.get(problem["type"].as_str().unwrap()).good();
    assert_eq!((&explained["code"], &explained["meaning"]), (&problem["code"], &problem["title"]));
    assert_eq!(server.get("/errors/nothing").code(), "unknown_code");
}

#[test]
fn an_event_without_a_time_that_is_sent_again_is_the_same_event() {
    let server = Server::start();
    let send = |item: &str| {
        server.post(
            "/v1/events",
            &json!({"event_id": "e", "user": "u", "item": item, "type": "view"}),
        )
    };
    assert_eq!(send("i").good()["accepted"], 1);
    std::thread::sleep(std::time::Duration::from_millis(3));
    assert_eq!(send("i").good()["duplicates"], 1);
    assert_eq!(send("j").code(), "event_id_conflict");
}
