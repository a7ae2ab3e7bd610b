//! Any record that may stand in the log, for tests of laws.

use std::collections::BTreeMap;

use guanxi_models::event::{Action, Attribution, Details};
use guanxi_models::record::{Attribute, Place};
use guanxi_models::{Event, EventType, Item, Record, Relation, RelationKind, User, Visibility};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;

/// So few that records meet.
const USERS: usize = 9;
const ITEMS: usize = 12;

fn user_id() -> impl Strategy<Value = String> {
    (0..USERS).prop_map(|number| format!("用户/{number}"))
}

fn item_id() -> impl Strategy<Value = String> {
    (0..ITEMS).prop_map(|number| format!("i {number}"))
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,12}"
}

fn number() -> impl Strategy<Value = f64> {
    prop::num::f64::NORMAL | prop::num::f64::ZERO
}

fn place() -> impl Strategy<Value = Place> {
    (-90.0..=90.0, -180.0..=180.0).prop_map(|(lat, lon)| Place { lat, lon })
}

fn visibility() -> impl Strategy<Value = Visibility> {
    prop_oneof![Just(Visibility::Friends), Just(Visibility::Private)]
}

fn attributes() -> impl Strategy<Value = BTreeMap<String, Attribute>> {
    let value = prop_oneof![
        text().prop_map(Attribute::Text),
        number().prop_map(Attribute::Number),
        any::<bool>().prop_map(Attribute::Flag),
        vec(text(), 0..3).prop_map(Attribute::Texts),
    ];
    btree_map(text(), value, 0..3)
}

fn event() -> impl Strategy<Value = Event> {
    let what = (user_id(), item_id(), prop::sample::select(&EventType::ALL[..]));
    let how = (0..2_000_000_000_000_i64, 0.01..50.0_f32, 1..9_u32, of(0.0..1e6), of(visibility()));
    let around = (of(text()), of(text()), of(text()), of(text()), of((of(text()), of(user_id()))));
    let details = (of(text()), of(text()), of(0.0..1e6), of(text()), of(user_id()));
    (any::<u64>(), what, how, around, details).prop_map(|(id, what, how, around, details)| {
        let ((user, item, kind), (order, group, discount, offer, shared_with)) = (what, &details);
        let (ts, weight, quantity, price, visibility) = how;
        let (currency, circle, session, channel, came_from) = around;
        let details = Details {
            order: order.as_deref(),
            group: group.as_deref(),
            discount: *discount,
            offer: offer.as_deref(),
            shared_with: shared_with.as_deref(),
        };
        let attribution =
            came_from.map(|(recommendation_id, sharer)| Attribution { recommendation_id, sharer });
        let plain = Event::new(&id.to_string(), &user, &item, kind, ts);
        Event {
            action: Action::fitting(kind, details),
            weight,
            quantity,
            price,
            currency,
            circle,
            session,
            channel,
            attribution,
            visibility,
            ..plain
        }
    })
}

fn item() -> impl Strategy<Value = Item> {
    let named = (item_id(), of(text()), of(text()), vec(text(), 0..3), of(text()));
    let sold = (of(0.0..1e6), of(text()), of(0..3_u32), any::<bool>(), of(place()));
    (named, sold, of(0..2_000_000_000_000_i64), attributes()).prop_map(
        |((id, name, category, tags, merchant), sold, created, attributes)| {
            let (price, currency, stock, available, place) = sold;
            Item {
                id,
                name,
                category,
                tags,
                merchant,
                price,
                currency,
                stock,
                available,
                place,
                created,
                attributes,
            }
        },
    )
}

fn user() -> impl Strategy<Value = User> {
    (user_id(), of(text()), visibility(), of(place()), attributes()).prop_map(
        |(id, name, visibility, place, attributes)| User {
            id,
            name,
            visibility,
            place,
            attributes,
        },
    )
}

fn relation() -> impl Strategy<Value = Relation> {
    let kind = prop::sample::select(&RelationKind::ALL[..]);
    let since = of(0..2_000_000_000_000_i64);
    (0..USERS, kind, 1..USERS, since).prop_map(|(from, kind, step, since)| {
        let id = |number: usize| format!("用户/{}", number % USERS);
        Relation { since, ..Relation::new(&id(from), kind, &id(from + step)) }
    })
}

/// Any record.
pub(crate) fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        12 => event().prop_map(Record::Event),
        2 => item().prop_map(Record::Item),
        1 => item_id().prop_map(|id| Record::ItemDeleted { id }),
        2 => user().prop_map(Record::User),
        1 => user_id().prop_map(|id| Record::UserDeleted { id }),
        6 => relation().prop_map(Record::Relation),
        1 => relation().prop_map(Record::RelationDeleted),
    ]
}

/// A test of so many cases, or of as many as `PROPTEST_CASES` says.
pub(crate) fn cases(few: u32) -> ProptestConfig {
    let is_set = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if is_set { default } else { ProptestConfig { cases: few, ..default } }
}
