//! Checks the request for a list and converts it to a [`Query`].

use std::time::Duration;

use guanxi_models::{About, Query, Scenario, Search, check_id};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::field::Field;
use super::filter::{self, FilterShape};
use crate::access::Caller;
use crate::config::Settings;
use crate::http::problem::{Code, Problem, excerpt, nearest};

/// The most session items of a request.
pub(super) const MAX_ITEMS: usize = 200;
/// The latest deadline, in milliseconds.
const MAX_DEADLINE_MS: u64 = 60_000;
/// The most excluded items of a request.
pub(super) const MAX_EXCLUDED: usize = 1_000;

/// A request for a list. All fields are optional unless the scenario needs them.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Question {
    /// The user to recommend to. An unknown user gets a list that is not personal.
    #[schema(example = "u1")]
    user: Option<String>,
    /// The reference item. similar-items requires it, and so does also-bought without `items`.
    #[schema(example = "sku-42")]
    item: Option<String>,
    /// Items of the current session, at most 200. They count as if the user had just bought them.
    items: Option<Vec<String>>,
    /// The number of items, 1 to 200; the default is `recommend.default_limit`.
    #[schema(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// The conditions that items must satisfy.
    #[schema(value_type = Option<FilterShape>)]
    filter: Option<Value>,
    /// Items to exclude, at most 1000.
    exclude: Option<Vec<String>>,
    /// Excludes items that the user has already touched; the default is true.
    exclude_seen: Option<bool>,
    /// Explains each item with reasons; the default is false.
    explain: Option<bool>,
    /// Properties to include with each item: name, category, tags, merchant, price, currency,
    /// stock, available, place, created, attributes.
    fields: Option<Vec<String>>,
    /// The deadline in milliseconds from the arrival of the request, 1 to 60000. A search that it
    /// cuts short is marked in `degraded` as `deadline`.
    #[schema(minimum = 1, maximum = 60000)]
    deadline_ms: Option<i64>,
}

/// A checked request.
#[derive(Clone, Debug)]
pub(in crate::http) struct Asked {
    /// The query for the model.
    pub(in crate::http) query: Query,
    /// The properties to include with each item.
    pub(in crate::http) fields: Vec<Field>,
    /// The deadline, counted from the arrival of the request.
    pub(in crate::http) deadline: Option<Duration>,
}

impl Question {
    /// Performs the checks that don't depend on data.
    pub(in crate::http) fn check(
        self,
        scenario: Scenario,
        settings: &Settings,
        caller: &Caller,
    ) -> Result<Asked, Problem> {
        if self.user.as_ref().is_some_and(|user| !caller.speaks_for(user)) {
            // The answer is the same for other existing and unknown users, so it reveals nothing.
            return Err(Problem::new(Code::UnknownUser, "the token names no user of this id"));
        }
        let limit = self.limit(settings)?;
        let items = ids("items", self.items, MAX_ITEMS)?;
        let exclude = ids("exclude", self.exclude, MAX_EXCLUDED)?;
        let filter = self.filter.as_ref().filter(|filter| !filter.is_null());
        let query = Query {
            scenario,
            user: id("user", self.user)?,
            about: id("item", self.item)?.map_or(About::Nothing, About::Item),
            items,
            limit,
            filter: filter.map(filter::read).transpose()?,
            exclude,
            exclude_seen: self.exclude_seen.unwrap_or(true),
            explain: self.explain.unwrap_or(false),
            min_friends: settings.social.min_friends,
            search: Search::Index { ef: Some(settings.recommend.search_ef).filter(|&ef| ef > 0) },
        };
        let fields = fields(&self.fields.unwrap_or_default())?;
        Ok(Asked { query, fields, deadline: self.deadline_ms.map(deadline).transpose()? })
    }

    fn limit(&self, settings: &Settings) -> Result<usize, Problem> {
        let Some(limit) = self.limit else { return Ok(settings.recommend.default_limit) };
        let fitting = usize::try_from(limit).ok().filter(|n| (1..=Query::MAX_LIMIT).contains(n));
        fitting.ok_or_else(|| {
            let most = Query::MAX_LIMIT;
            let detail = format!("`limit` is {limit}: ask for 1 to {most} items");
            Problem::new(Code::InvalidLimit, detail).with("field", "limit")
        })
    }
}

fn deadline(millis: i64) -> Result<Duration, Problem> {
    let fitting =
        u64::try_from(millis).ok().filter(|millis| (1..=MAX_DEADLINE_MS).contains(millis));
    fitting.map(Duration::from_millis).ok_or_else(|| {
        let detail = format!("`deadline_ms` is {millis}: give 1 to {MAX_DEADLINE_MS}");
        Problem::new(Code::InvalidField, detail).with("field", "deadline_ms")
    })
}

fn id(field: &str, id: Option<String>) -> Result<Option<String>, Problem> {
    if let Some(id) = &id {
        check_id(id).map_err(|error| Problem::of_id(field, error))?;
    }
    Ok(id)
}

fn ids(field: &str, ids: Option<Vec<String>>, most: usize) -> Result<Vec<String>, Problem> {
    let ids = ids.unwrap_or_default();
    if ids.len() > most {
        let detail = format!("`{field}` has {} entries: at most {most} are taken", ids.len());
        return Err(Problem::new(Code::TooMany, detail).with("field", field));
    }
    for (at, id) in ids.iter().enumerate() {
        check_id(id).map_err(|error| Problem::of_id(&format!("{field}.{at}"), error))?;
    }
    Ok(ids)
}

fn fields(names: &[String]) -> Result<Vec<Field>, Problem> {
    let mut fields = Vec::new();
    for name in names {
        let field = Field::from_name(name).ok_or_else(|| {
            let known = Field::ALL.map(Field::name);
            let detail =
                format!("`fields` can't give `{}`: {}", excerpt(name), nearest(name, &known));
            Problem::new(Code::InvalidField, detail).with("field", "fields")
        })?;
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(question: Value) -> Result<Asked, Problem> {
        let question: Question = serde_json::from_value(question).unwrap();
        question.check(Scenario::FOR_YOU, &Settings::default(), &Caller::Shop)
    }

    #[test]
    fn what_is_left_out_comes_from_the_settings() {
        let query = asked(json!({})).unwrap().query;
        assert_eq!(query, Query { scenario: Scenario::FOR_YOU, ..Query::default() });
    }

    #[test]
    fn bounds_are_kept() {
        for (question, code) in [
            (json!({"limit": 0}), Code::InvalidLimit),
            (json!({"limit": 201}), Code::InvalidLimit),
            (json!({"limit": -1}), Code::InvalidLimit),
            (json!({"user": ""}), Code::InvalidId),
            (json!({"items": ["a", "b\n"]}), Code::InvalidId),
            (json!({"exclude": vec!["a"; 1_001]}), Code::TooMany),
            (json!({"items": vec!["a"; 201]}), Code::TooMany),
            (json!({"fields": ["nam"]}), Code::InvalidField),
            (json!({"filter": []}), Code::InvalidFilter),
        ] {
            assert_eq!(asked(question.clone()).unwrap_err().code(), code, "{question}");
        }
    }

    #[test]
    fn null_is_as_good_as_left_out() {
        let question = json!({"user": null, "limit": null, "filter": null, "fields": null});
        assert_eq!(asked(question).unwrap().query, asked(json!({})).unwrap().query);
    }
}
