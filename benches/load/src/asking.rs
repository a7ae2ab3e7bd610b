//! The requests of a load, by their number: the same in every run with the same seed.

use guanxi_models::Scenario;
use guanxi_models::recommend::scenario::Input;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request, Uri, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::LoadError;
use super::mix::{Mix, Part};
use super::names::Drawn;

/// The requests of a load.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The kinds of requests.
    pub mix: Mix,
    /// The users to draw from; none if no kind needs a user.
    pub users: Option<Drawn>,
    /// The items to draw from; none if no kind needs an item.
    pub items: Option<Drawn>,
    /// The number of items in a list.
    pub limit: usize,
    /// The filter of the items.
    pub filter: Option<Value>,
    /// The seed of all random draws.
    pub seed: u64,
    /// Distinguishes the events of this run from those of every other run.
    pub run: String,
}

/// A request and the index of its kind in the mix.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) part: usize,
    pub(crate) request: Request<Full<Bytes>>,
}

impl Asking {
    /// Checks that there are users and items for all kinds of the mix.
    pub fn check(&self) -> Result<(), LoadError> {
        let needs_user = |part: &Part| match part {
            Part::Scenario(scenario) => is_personal(*scenario),
            Part::Write => true,
            Part::Path(_) => false,
        };
        let needs_item = |part: &Part| match part {
            Part::Scenario(scenario) => is_about_an_item(*scenario),
            Part::Write => true,
            Part::Path(_) => false,
        };
        if self.users.is_none() && self.mix.parts().any(needs_user) {
            return Err(LoadError::NoNames { kind: "users" });
        }
        if self.items.is_none() && self.mix.parts().any(needs_item) {
            return Err(LoadError::NoNames { kind: "items" });
        }
        Ok(())
    }

    /// The request of this number, for a server under `base`.
    pub(crate) fn request(&self, base: &Uri, at: u64) -> Asked {
        let mut rng = StdRng::seed_from_u64(self.seed ^ at.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let part = self.mix.draw(&mut rng);
        let kind = self.mix.parts().nth(part).expect("the place is one of the mix");
        let mut draw =
            |names: &Option<Drawn>| names.as_ref().map(|names| names.draw(&mut rng).into_owned());
        let request = match kind {
            Part::Path(path) => get(base, path),
            Part::Write => {
                let (user, item) = (draw(&self.users), draw(&self.items));
                let event_id = format!("bench-{}-{at}", self.run);
                let event =
                    json!({"event_id": event_id, "user": user, "item": item, "type": "view"});
                post(base, "/v1/events", &event)
            }
            Part::Scenario(scenario) => {
                let user = if is_personal(*scenario) { draw(&self.users) } else { None };
                let item = if is_about_an_item(*scenario) { draw(&self.items) } else { None };
                self.list(base, *scenario, user, item)
            }
        };
        Asked { part, request }
    }

    fn list(
        &self,
        base: &Uri,
        scenario: Scenario,
        user: Option<String>,
        item: Option<String>,
    ) -> Request<Full<Bytes>> {
        let path = format!("/v1/recommend/{}", scenario.name());
        if let Some(filter) = &self.filter {
            let mut body = json!({"limit": self.limit, "filter": filter});
            let named = [("user", user), ("item", item)];
            for (name, id) in named.into_iter().filter_map(|(name, id)| Some((name, id?))) {
                body[name] = Value::String(id);
            }
            return post(base, &path, &body);
        }
        let named = [("user", user), ("item", item)].into_iter();
        let named = named.filter_map(|(name, id)| Some(format!("&{name}={}", encoded(&id?))));
        get(base, &format!("{path}?limit={}{}", self.limit, named.collect::<String>()))
    }
}

fn is_personal(scenario: Scenario) -> bool {
    scenario.spec().asks_for(Input::User)
}

fn is_about_an_item(scenario: Scenario) -> bool {
    scenario.spec().requires(Input::Item)
}

fn encoded(id: &str) -> String {
    utf8_percent_encode(id, NON_ALPHANUMERIC).to_string()
}

fn get(base: &Uri, path: &str) -> Request<Full<Bytes>> {
    request(Method::GET, base, path, Bytes::new())
}

fn post(base: &Uri, path: &str, body: &Value) -> Request<Full<Bytes>> {
    let mut request = request(Method::POST, base, path, body.to_string().into());
    let kind = header::HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    request
}

/// A base may have a path of its own, behind a proxy.
fn request(method: Method, base: &Uri, path: &str, body: Bytes) -> Request<Full<Bytes>> {
    let host = base.authority().map_or("", |authority| authority.as_str());
    let target = format!("{}{path}", base.path().trim_end_matches('/'));
    let request = Request::builder().method(method).uri(target).header(header::HOST, host);
    request.body(Full::new(body)).expect("hosts and encoded paths make a request")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Names;

    fn asking(mix: &str) -> Asking {
        let drawn = |range: &str| Some(Drawn::new(Names::read(range).unwrap(), 0.0).unwrap());
        Asking {
            mix: mix.parse().unwrap(),
            users: drawn("u/:0..9"),
            items: drawn("i:0..9"),
            limit: 7,
            filter: None,
            seed: 1,
            run: "r".to_owned(),
        }
    }

    fn target(asking: &Asking, at: u64) -> String {
        let base = "http://localhost:9/shop/".parse().unwrap();
        asking.request(&base, at).request.uri().to_string()
    }

    #[test]
    fn the_same_number_asks_the_same_and_another_one_something_else() {
        let asking = asking("for-you");
        assert_eq!(target(&asking, 3), target(&asking, 3));
        let all: std::collections::BTreeSet<_> = (0..40).map(|at| target(&asking, at)).collect();
        assert_eq!(all.len(), 9);
        assert!(
            all.iter().all(|one| one.starts_with("/shop/v1/recommend/for-you?limit=7&user=u%2F"))
        );
    }

    #[test]
    fn an_item_is_named_where_it_is_needed_and_a_filter_goes_into_the_body() {
        let mut asking = asking("also-bought");
        assert!(target(&asking, 1).contains("limit=7&item=i"));
        asking.filter = Some(json!({"category": "shoes"}));
        assert_eq!(target(&asking, 1), "/shop/v1/recommend/also-bought");
    }

    #[test]
    fn who_must_be_named_is_asked_for() {
        let without = Asking { users: None, ..asking("for-you") };
        assert!(without.check().unwrap_err().to_string().contains("--users"));
        let without = Asking { items: None, ..asking("similar-items") };
        assert!(without.check().unwrap_err().to_string().contains("--items"));
        let without = Asking { users: None, items: None, ..asking("popular,new") };
        assert!(without.check().is_ok());
    }
}
