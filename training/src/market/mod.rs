//! A generated social market, for the demo, tests and benches.
//!
//! Users belong to overlapping circles that share tastes, and make most of their friends there.
//! They buy what their circles and friends buy, and open group purchases that friends join. So
//! embedding, item lists and friends each explain a part of the events, and none explains all.

mod draw;
mod goods;
mod params;
mod people;
mod trade;

use guanxi_models::record::Record;

use draw::stream;
use goods::Goods;
pub use params::MarketParams;
use people::People;
use trade::Trade;

/// The records of a market in log order: items, users, relations, then events in ascending order of
/// time.
///
/// The iterator is lazy: memory grows with the users, not with the events.
pub fn records(params: &MarketParams) -> impl Iterator<Item = Record> + use<> {
    let params = params.clone().sized(params.users, params.items, params.events);
    let goods = Goods::new(&params, &mut stream(&params, 1));
    let people = People::new(&params, goods.themes(), &mut stream(&params, 2));
    let items: Vec<Record> = goods.records(&mut stream(&params, 3));
    let users = people.records(&mut stream(&params, 4));
    let trade = Trade::new(params.clone(), goods, people, stream(&params, 5));
    items.into_iter().chain(users).chain(trade.map(Record::Event))
}

#[cfg(test)]
mod tests {
    use super::params::{DAY, DAYS};
    use super::*;
    use guanxi_models::event::EventType;
    use guanxi_models::event::Millis;
    use guanxi_models::record::RelationKind;
    use std::collections::HashSet;

    const NOW: Millis = 1_760_000_000_000;

    fn small() -> MarketParams {
        MarketParams::at(NOW).sized(300, 200, 8_000)
    }

    fn events(params: &MarketParams) -> Vec<guanxi_models::Event> {
        let event = |record| if let Record::Event(event) = record { Some(event) } else { None };
        records(params).filter_map(event).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_market_and_another_one_another() {
        let other = MarketParams { seed: 2, ..small() };
        assert!(records(&small()).eq(records(&small())));
        assert!(!records(&small()).eq(records(&other)));
    }

    #[test]
    fn there_are_as_many_events_as_asked_for_in_order_of_time_within_the_90_days() {
        let events = events(&small());
        assert_eq!(events.len(), 8_000);
        assert!(events.is_sorted_by_key(|event| event.ts));
        assert!(events.iter().all(|e| e.ts > NOW - DAYS * DAY && e.ts <= NOW));
        let ids: HashSet<&str> = events.iter().map(|e| e.event_id.as_str()).collect();
        assert_eq!(ids.len(), 8_000);
    }

    #[test]
    fn every_type_of_event_occurs() {
        let kinds: HashSet<EventType> =
            events(&small()).iter().map(guanxi_models::Event::kind).collect();
        assert_eq!(kinds.len(), EventType::ALL.len());
    }

    #[test]
    fn friends_of_whoever_opened_a_group_purchase_join_it() {
        let params = small();
        let friends: HashSet<(String, String)> = records(&params)
            .filter_map(|record| match record {
                Record::Relation(r) if r.kind == RelationKind::Friend => Some((r.from, r.to)),
                _ => None,
            })
            .collect();
        let events = events(&params);
        let opened: Vec<_> = events.iter().filter(|e| e.kind() == EventType::GroupOpen).collect();
        let joins = events.iter().filter(|e| e.kind() == EventType::GroupJoin);
        let are_friends = |a: &str, b: &str| {
            friends.contains(&(a.to_owned(), b.to_owned()))
                || friends.contains(&(b.to_owned(), a.to_owned()))
        };
        let mut n_joins = 0;
        for join in joins {
            n_joins += 1;
            assert!(opened.iter().any(|open| open.item == join.item
                && open.ts < join.ts
                && are_friends(&open.user, &join.user)));
        }
        assert!(n_joins > opened.len() / 2);
    }

    #[test]
    fn whoever_is_in_a_group_that_filled_buys() {
        let mut members = HashSet::new();
        let mut n_bought = 0;
        for event in events(&small()) {
            let Some(group) = event.action.details().group.map(str::to_owned) else { continue };
            let member = (event.user.clone(), event.item.clone(), group);
            if event.action.is_bought_in_group() {
                assert!(members.contains(&member), "{member:?} bought without being in the group");
                n_bought += 1;
            } else {
                members.insert(member);
            }
        }
        assert!(n_bought > members.len() / 2, "{n_bought} of {}", members.len());
    }

    #[test]
    fn people_and_goods_are_described() {
        let (mut items, mut users, mut relations) = (0, 0, 0);
        for record in records(&small()) {
            match record {
                Record::Item(item) => {
                    items += 1;
                    assert!(item.name.is_some() && item.category.unwrap().contains('/'));
                    assert!(item.price.unwrap() > 0.0 && item.created.unwrap() <= NOW);
                }
                Record::User(user) => users += usize::from(user.place.is_some()),
                Record::Relation(_) => relations += 1,
                _ => {}
            }
        }
        assert_eq!((items, users), (200, 300));
        assert!(relations > 1_000, "{relations}");
    }

    #[test]
    fn the_smallest_market_has_one_user_and_one_item() {
        let params = MarketParams::at(NOW).sized(0, 0, 50);
        assert_eq!(events(&params).len(), 50);
    }
}
