//! The events of a generated market.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use guanxi_models::event::{Action, Attribution, Details, Event, EventType, Millis, Visibility};
use rand::RngExt;
use rand::rngs::StdRng;

use super::draw::zipf;
use super::goods::Goods;
use super::params::{DAY, DAYS, MarketParams};
use super::people::People;

const MINUTE: Millis = 60_000;
/// The number of latest purchases per user that friends may imitate.
const TALKED_ABOUT: usize = 6;
/// The sequences of events that a visit may produce, each with its frequency per thousand.
const COURSES: [(u32, &[EventType]); 9] = [
    (380, &[EventType::View]),
    (120, &[EventType::Impression, EventType::View, EventType::Click]),
    (90, &[EventType::View, EventType::Like]),
    (100, &[EventType::View, EventType::Cart]),
    (170, &[EventType::View, EventType::Cart, EventType::Purchase]),
    (50, &[EventType::View, EventType::Share]),
    (60, &[EventType::View, EventType::GroupOpen]),
    (25, &[EventType::View, EventType::Dismiss]),
    (5, &[EventType::View, EventType::Report]),
];

/// A planned event. Plans are ordered by time, then by planning order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Plan {
    ts: Millis,
    number: u64,
    user: u32,
    item: u32,
    kind: EventType,
    sharer: Option<u32>,
    /// The number of the plan that opened the group purchase.
    group: Option<u64>,
}

/// The events of a market in ascending order of time.
#[derive(Debug)]
pub(super) struct Trade {
    params: MarketParams,
    goods: Goods,
    people: People,
    rng: StdRng,
    /// The latest purchases of each user.
    bought: Vec<Vec<u32>>,
    plans: BinaryHeap<Reverse<Plan>>,
    planned: u64,
    emitted: usize,
}

impl Trade {
    pub(super) fn new(params: MarketParams, goods: Goods, people: People, rng: StdRng) -> Self {
        let bought = vec![Vec::new(); params.users];
        Self {
            params,
            goods,
            people,
            rng,
            bought,
            plans: BinaryHeap::new(),
            planned: 0,
            emitted: 0,
        }
    }

    /// The time before which no new event will be planned. Visits start evenly over the 90 days.
    fn clock(&self) -> Millis {
        let span = DAYS * DAY - DAY;
        let share = self.emitted as f64 / self.params.events.max(1) as f64;
        self.params.now - DAYS * DAY + (span as f64 * share) as Millis + 1
    }

    fn plan(&mut self, user: u32, item: u32, kind: EventType, ts: Millis, sharer: Option<u32>) {
        self.push(Plan { ts, number: 0, user, item, kind, sharer, group: None });
    }

    /// Adds a plan under the next number.
    fn push(&mut self, plan: Plan) {
        let ts = plan.ts.min(self.params.now);
        self.planned += 1;
        let is_open = plan.kind == EventType::GroupOpen;
        let group = if is_open { Some(self.planned) } else { plan.group };
        self.plans.push(Reverse(Plan { ts, number: self.planned, group, ..plan }));
    }

    /// Plans the events of one visit.
    fn visit(&mut self) {
        let start = self.clock();
        let user = self.people.draw(&mut self.rng);
        let (item, sharer) = self.interest(user, start);
        let mut ts = start;
        for &kind in course(&mut self.rng) {
            self.plan(user, item, kind, ts, sharer);
            ts += self.rng.random_range(1..20) * MINUTE / 10;
        }
    }

    /// An item that a friend bought, else one of the user's taste, else any.
    fn interest(&mut self, user: u32, ts: Millis) -> (u32, Option<u32>) {
        let draw: f64 = self.rng.random();
        if draw < 0.25
            && let Some((friend, item)) = self.friends_purchase(user)
        {
            return (item, Some(friend));
        }
        let (theme, circle) = self.people.theme(user, &mut self.rng);
        if draw < 0.92 {
            return (self.goods.draw(theme, circle * 3, ts, &mut self.rng), None);
        }
        let any = zipf(self.goods.themes(), self.rng.random());
        (self.goods.draw(any, 0, ts, &mut self.rng), None)
    }

    fn friends_purchase(&mut self, user: u32) -> Option<(u32, u32)> {
        let friends = self.people.friends(user);
        if friends.is_empty() {
            return None;
        }
        let friend = friends[self.rng.random_range(0..friends.len())];
        let bought = &self.bought[friend as usize];
        if bought.is_empty() {
            return None;
        }
        Some((friend, bought[self.rng.random_range(0..bought.len())]))
    }

    /// Plans the consequences of an event.
    fn follow_up(&mut self, plan: Plan) {
        let Plan { ts, user, item, kind, .. } = plan;
        if kind == EventType::GroupOpen {
            self.invite(plan);
        }
        if !kind.is_purchase() || kind == EventType::Review {
            return;
        }
        let talked = &mut self.bought[user as usize];
        talked.push(item);
        if talked.len() > TALKED_ABOUT {
            talked.remove(0);
        }
        let later = ts + self.rng.random_range(DAY / 4..4 * DAY);
        match self.rng.random_range(0..100) {
            0..12 => self.plan(user, item, EventType::Review, later, None),
            12..16 => self.plan(user, item, EventType::Refund, later, None),
            _ => {}
        }
    }

    /// Plans up to four friends who join a group purchase within the day. The group has filled once
    /// the last of them joins, and then all its members buy.
    fn invite(&mut self, open: Plan) {
        let mut buyers = vec![open];
        for _ in 0..self.rng.random_range(1..5) {
            let friends = self.people.friends(open.user);
            if friends.is_empty() {
                return;
            }
            let user = friends[self.rng.random_range(0..friends.len())];
            let ts = open.ts + self.rng.random_range(MINUTE..DAY);
            let (kind, sharer) = (EventType::GroupJoin, Some(open.user));
            let join = Plan { ts, user, kind, sharer, ..open };
            self.push(join);
            if buyers.iter().all(|buyer| buyer.user != user) {
                buyers.push(join);
            }
        }
        let filled = buyers.iter().map(|buyer| buyer.ts).max().unwrap_or(open.ts) + MINUTE;
        for buyer in buyers {
            self.push(Plan { ts: filled, kind: EventType::Purchase, ..buyer });
        }
    }

    fn event(&mut self, plan: Plan) -> Event {
        let Plan { ts, number, user, item, kind, sharer, group } = plan;
        let id = format!("e{}-{number}", self.params.seed);
        let mut event = Event::new(&id, &format!("u{user}"), &format!("i{item}"), kind, ts);
        let group = group.map(|number| format!("g{}-{number}", self.params.seed));
        event.action =
            Action::fitting(kind, Details { group: group.as_deref(), ..Details::default() });
        event.circle = group.is_some().then(|| format!("c{}", self.people.circle(user)));
        event.attribution = sharer.map(|sharer| Attribution {
            recommendation_id: None,
            sharer: Some(format!("u{sharer}")),
        });
        if kind.is_purchase() && self.rng.random_bool(0.03) {
            event.visibility = Some(Visibility::Private);
        }
        event
    }
}

impl Iterator for Trade {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if self.emitted == self.params.events {
            return None;
        }
        while self.plans.peek().is_none_or(|Reverse(plan)| plan.ts > self.clock()) {
            self.visit();
        }
        let Reverse(plan) = self.plans.pop()?;
        self.emitted += 1;
        self.follow_up(plan);
        Some(self.event(plan))
    }
}

fn course(rng: &mut StdRng) -> &'static [EventType] {
    let mut draw = rng.random_range(0..1_000);
    for (share, kinds) in COURSES {
        if draw < share {
            return kinds;
        }
        draw -= share;
    }
    unreachable!("the shares add up to 1,000")
}
