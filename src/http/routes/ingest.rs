//! The common part of bulk writes: every entry is accepted or refused on its own.

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Json, Response};
use guanxi_models::{Event, Millis, Offset, Record, World};
use serde::Serialize;
use utoipa::ToSchema;

use super::body;
use super::written::in_time;
use crate::access::Caller;
use crate::http::admission::background::in_background;
use crate::http::app::App;
use crate::http::problem::{Code, Problem, excerpt};
use crate::ingest::{Flaw, Format, Parsed};
use crate::serving::Outcome;

/// The most refused entries in an answer. Otherwise a body of a million bad ones would cause an
/// answer of gigabytes.
const MAX_LISTED: usize = 1_000;

const JSON: &str = "application/json";
const NDJSON: [&str; 3] = ["application/x-ndjson", "application/ndjson", "application/jsonl"];
const ARROW: &str = "application/vnd.apache.arrow.stream";

/// The result of a bulk write.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ingested {
    /// The number of entries written: they are durable and visible in every answer.
    accepted: usize,
    /// The number of events that were already stored with the same body.
    duplicates: usize,
    /// The refused entries, at most the first 1000.
    rejected: Vec<Refused>,
    /// The number of refused entries.
    rejected_count: usize,
    /// The offset of the last stored entry, or of the log if none was stored.
    #[schema(value_type = u64)]
    offset: Offset,
}

/// A refused entry.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Refused {
    /// Its position in the body, from 0; for NDJSON its line number.
    index: usize,
    /// The stable code.
    code: &'static str,
    /// The cause, and its remedy.
    detail: String,
}

/// Parses a bulk body of one kind of entries.
pub(super) type Parse = fn(&[u8], Format, guanxi_models::Millis) -> Result<Parsed, Flaw>;

/// Reads, stores and answers a bulk body.
pub(super) async fn bulk(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    body: Body,
    parse: Parse,
) -> Result<Response, Problem> {
    let format = format_of(headers)?;
    let mut claim = app.admission.claim();
    let body = body::read_bulk(body, &app.settings.server, &mut claim).await?;
    let now = now();
    let parsed =
        parsed(app, body, move |body| parse(body, format, now)).await.inspect_err(|_| {
            app.metrics.ingest.rejected.inc();
        })?;
    let mut report = Report::default();
    report.rejected.extend(parsed.rejected.into_iter().map(Refused::from));
    let records = report.own(parsed.records, caller);
    let records = report.screen(records, app);
    let (positions, records): (Vec<usize>, Vec<Record>) = records.into_iter().unzip();
    let untimed: Vec<Option<Event>> = records.iter().map(|one| untimed(one, now)).collect();
    let mut outcomes = if records.is_empty() {
        Vec::new()
    } else {
        in_time(app, app.engine.write(records)).await?
    };
    forgive_repeats(app, &mut outcomes, &untimed);
    report.record(&positions, &outcomes);
    report.answer(app)
}

/// Larger bodies, in bytes, are parsed one at a time and apart from the threads that answer
/// requests.
const LARGE: usize = 64 * 1024;

async fn parsed(
    app: &App,
    body: Bytes,
    parse: impl FnOnce(&[u8]) -> Result<Parsed, Flaw> + Send + 'static,
) -> Result<Parsed, Problem> {
    if body.len() <= LARGE {
        return Ok(parse(&body)?);
    }
    let _one_at_a_time = app.admission.parsing.acquire().await.expect("it is never closed");
    match in_background(move || parse(&body)).await {
        Some(parsed) => Ok(parsed?),
        None => Err(Problem::new(Code::Internal, "the server failed at this body")),
    }
}

/// The event, if the client gave no time and it got that of its arrival.
fn untimed(record: &Record, now: Millis) -> Option<Event> {
    match record {
        Record::Event(event) if event.ts == now => Some(event.clone()),
        _ => None,
    }
}

/// Accepts the repetition of an event without a time. Only the time of arrival differs, so it is a
/// duplicate and not a conflict.
fn forgive_repeats(app: &App, outcomes: &mut [Outcome], untimed: &[Option<Event>]) {
    for (outcome, event) in outcomes.iter_mut().zip(untimed) {
        let (Outcome::Conflict(offset), Some(event)) = (&*outcome, event) else { continue };
        if app.engine.holds_but_for_time(*offset, event) {
            *outcome = Outcome::Duplicate(*offset);
        }
    }
}

/// The current time, in Unix milliseconds.
pub(super) fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

fn format_of(headers: &HeaderMap) -> Result<Format, Problem> {
    let said = body::content_type(headers);
    match said.as_deref() {
        Some(JSON) => Ok(Format::Json),
        Some(ARROW) => Ok(Format::Arrow),
        Some(name) if NDJSON.contains(&name) => Ok(Format::Ndjson),
        other => Err(body::unsupported(other, &[JSON, NDJSON[0], ARROW])),
    }
}

impl From<crate::ingest::Rejected> for Refused {
    fn from(rejected: crate::ingest::Rejected) -> Self {
        let code = Code::from(rejected.code).name();
        Self { index: rejected.index, code, detail: rejected.detail }
    }
}

#[derive(Default)]
struct Report {
    accepted: usize,
    duplicates: usize,
    rejected: Vec<Refused>,
    offset: Offset,
}

impl Report {
    /// Refuses events of users for whom the caller may not speak.
    fn own(&mut self, records: Vec<(usize, Record)>, caller: &Caller) -> Vec<(usize, Record)> {
        let is_own = |record: &Record| match record {
            Record::Event(event) => caller.speaks_for(&event.user),
            _ => *caller == Caller::Shop,
        };
        let (own, foreign): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|(_, record)| is_own(record));
        self.rejected.extend(foreign.into_iter().map(|(index, _)| {
            let detail = "the token names no user of this id".to_owned();
            Refused { index, code: Code::UnknownUser.name(), detail }
        }));
        own
    }

    /// In strict mode, refuses events with undescribed users or items.
    fn screen(&mut self, records: Vec<(usize, Record)>, app: &App) -> Vec<(usize, Record)> {
        if !app.settings.ingest.strict {
            return records;
        }
        let world = app.engine.world();
        let (known, unknown): (Vec<_>, Vec<_>) = records
            .into_iter()
            .map(|(index, record)| (unknown_part(&world, &record), index, record))
            .partition(|(unknown, ..)| unknown.is_none());
        self.rejected.extend(unknown.into_iter().filter_map(|(refusal, index, _)| {
            let (code, detail) = refusal?;
            Some(Refused { index, code: code.name(), detail })
        }));
        known.into_iter().map(|(_, index, record)| (index, record)).collect()
    }

    fn record(&mut self, positions: &[usize], outcomes: &[Outcome]) {
        for (&index, &outcome) in positions.iter().zip(outcomes) {
            match outcome {
                Outcome::Stored(offset) => {
                    self.accepted += 1;
                    self.offset = self.offset.max(offset);
                }
                Outcome::Duplicate(offset) => {
                    self.duplicates += 1;
                    self.offset = self.offset.max(offset);
                }
                Outcome::Conflict(offset) => self.rejected.push(conflict(index, offset)),
            }
        }
        self.rejected.sort_by_key(|refused| refused.index);
    }

    fn answer(mut self, app: &App) -> Result<Response, Problem> {
        let counters = &app.metrics.ingest;
        counters.accepted.inc_by(self.accepted as u64);
        counters.duplicates.inc_by(self.duplicates as u64);
        counters.rejected.inc_by(self.rejected.len() as u64);
        let rejected_count = self.rejected.len();
        let none_taken = self.accepted + self.duplicates == 0;
        let is_lone_conflict =
            rejected_count == 1 && self.rejected[0].code == Code::EventIdConflict.name();
        self.rejected.truncate(MAX_LISTED);
        if none_taken && rejected_count > 0 {
            let code = if is_lone_conflict { Code::EventIdConflict } else { Code::NothingAccepted };
            return Err(self.refusal(code, rejected_count));
        }
        let offset = if none_taken { app.engine.world().offset() } else { self.offset };
        let Self { accepted, duplicates, rejected, .. } = self;
        Ok(Json(Ingested { accepted, duplicates, rejected, rejected_count, offset })
            .into_response())
    }

    fn refusal(self, code: Code, count: usize) -> Problem {
        let first = &self.rejected[0];
        let detail = match count {
            1 => first.detail.clone(),
            _ => format!("none of {count} entries was accepted; the first: {}", first.detail),
        };
        let listed = serde_json::to_value(&self.rejected).expect("refusals are plain data");
        Problem::new(code, detail).with("rejected", listed).with("rejected_count", count)
    }
}

fn conflict(index: usize, offset: Offset) -> Refused {
    let detail = format!(
        "`event_id` was stored at offset {offset} with another body: give another event another id"
    );
    Refused { index, code: Code::EventIdConflict.name(), detail }
}

fn unknown_part(world: &World, record: &Record) -> Option<(Code, String)> {
    let Record::Event(Event { user, item, .. }) = record else { return None };
    if world.user(user).is_none() {
        let detail = format!(
            "user `{}` does not exist: describe it first with `PUT /v1/users/{{id}}`",
            excerpt(user)
        );
        return Some((Code::UnknownUser, detail));
    }
    if world.item(item).is_none() {
        let detail = format!(
            "item `{}` does not exist: describe it first with `PUT /v1/items/{{id}}`",
            excerpt(item)
        );
        return Some((Code::UnknownItem, detail));
    }
    None
}
