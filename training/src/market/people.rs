//! The users of a generated market.

use std::collections::BTreeMap;

use guanxi_models::event::Visibility;
use guanxi_models::record::{Record, Relation, RelationKind, User};
use rand::RngExt;
use rand::rngs::StdRng;

use super::draw::zipf;
use super::goods::place;
use super::params::MarketParams;

/// The approximate number of users per circle, if there are enough users.
const CIRCLE: usize = 30;

const NAMES: [&str; 24] = [
    "Li Na",
    "Wang Wei",
    "Zhang Min",
    "Liu Yang",
    "Chen Jie",
    "Yang Fan",
    "Zhao Lei",
    "Huang Ying",
    "Zhou Hao",
    "Wu Xia",
    "Xu Jing",
    "Sun Bo",
    "Ma Lin",
    "Zhu Qing",
    "Hu Yue",
    "Guo Tao",
    "He Xin",
    "Gao Yun",
    "Lin Mei",
    "Luo Kai",
    "Zheng Shu",
    "Liang Chen",
    "Xie Rui",
    "Tang Ning",
];

/// The users, their circles, friends and tastes.
#[derive(Debug)]
pub(super) struct People {
    /// The circles of each user; the first is the closest.
    circles: Vec<Vec<u32>>,
    members: Vec<Vec<u32>>,
    /// Both directions, unordered.
    friends: Vec<Vec<u32>>,
    /// The themes that each circle likes.
    circle_themes: Vec<[u32; 4]>,
    /// The theme that each user likes independently of circles.
    own_theme: Vec<u32>,
}

impl People {
    pub(super) fn new(params: &MarketParams, themes: usize, rng: &mut StdRng) -> Self {
        let n_circles = params.users.div_ceil(CIRCLE);
        let circles: Vec<Vec<u32>> =
            (0..params.users).map(|user| circles_of(user, n_circles, rng)).collect();
        let mut members = vec![Vec::new(); n_circles];
        for (user, joined) in circles.iter().enumerate() {
            for &circle in joined {
                members[circle as usize].push(user as u32);
            }
        }
        let theme = |rng: &mut StdRng| rng.random_range(0..themes as u32);
        let circle_themes = (0..n_circles).map(|_| [(); 4].map(|()| theme(rng))).collect();
        let own_theme = (0..params.users).map(|_| theme(rng)).collect();
        let mut people = Self { circles, members, friends: vec![], circle_themes, own_theme };
        people.friends = people.make_friends(params.friends_per_user, rng);
        people
    }

    /// Each user befriends half of the usual number on average; being found adds the other half.
    fn make_friends(&self, usual: usize, rng: &mut StdRng) -> Vec<Vec<u32>> {
        let n_users = self.circles.len();
        let mut friends: Vec<Vec<u32>> = vec![Vec::new(); n_users];
        for user in 0..n_users {
            let wanted = (usual as f64 * rng.random::<f64>()).round() as usize;
            for _ in 0..wanted {
                let other = self.acquaintance(user, rng);
                friends[user].push(other);
                friends[other as usize].push(user as u32);
            }
        }
        for (user, row) in friends.iter_mut().enumerate() {
            row.sort_unstable();
            row.dedup();
            row.retain(|&other| other as usize != user);
        }
        friends
    }

    /// A random member of the user's circles, or occasionally any user.
    fn acquaintance(&self, user: usize, rng: &mut StdRng) -> u32 {
        if rng.random_bool(0.15) {
            return rng.random_range(0..self.circles.len() as u32);
        }
        let joined = &self.circles[user];
        let circle = &self.members[joined[zipf(joined.len(), rng.random())] as usize];
        circle[rng.random_range(0..circle.len())]
    }

    /// Draws a user. Activity varies widely and does not follow the index.
    pub(super) fn draw(&self, rng: &mut StdRng) -> u32 {
        let n_users = self.circles.len() as u64;
        let rank = (n_users as f64 * rng.random::<f64>().powf(1.7)) as u64;
        // The stride is prime and larger than most markets, so it spreads the ranks over the
        // indices.
        (rank.min(n_users - 1) * 1_000_003 % n_users) as u32
    }

    pub(super) fn friends(&self, user: u32) -> &[u32] {
        &self.friends[user as usize]
    }

    pub(super) fn circle(&self, user: u32) -> u32 {
        self.circles[user as usize][0]
    }

    /// Draws a theme that the user likes, and the circle it came from.
    pub(super) fn theme(&self, user: u32, rng: &mut StdRng) -> (usize, usize) {
        let joined = &self.circles[user as usize];
        let circle = joined[zipf(joined.len(), rng.random())] as usize;
        if rng.random_bool(0.25) {
            return (self.own_theme[user as usize] as usize, 0);
        }
        (self.circle_themes[circle][zipf(4, rng.random())] as usize, circle)
    }

    /// The users, then their relations.
    pub(super) fn records(&self, rng: &mut StdRng) -> Vec<Record> {
        let mut records: Vec<Record> =
            (0..self.circles.len()).map(|user| Record::User(person(user, rng))).collect();
        for user in 0..self.circles.len() as u32 {
            self.relate(user, rng, &mut records);
        }
        records
    }

    fn relate(&self, user: u32, rng: &mut StdRng, records: &mut Vec<Record>) {
        let n_users = self.circles.len() as u32;
        let mut add = |kind, to: String| {
            records.push(Record::Relation(Relation::new(&format!("u{user}"), kind, &to)));
        };
        for circle in &self.circles[user as usize] {
            add(RelationKind::Member, format!("c{circle}"));
        }
        for friend in self.friends(user).iter().filter(|&&friend| friend > user) {
            add(RelationKind::Friend, format!("u{friend}"));
        }
        for _ in 0..rng.random_range(0..6) {
            let followed = zipf(n_users as usize, rng.random()) as u32;
            if followed != user {
                add(RelationKind::Follow, format!("u{followed}"));
            }
        }
        let other = rng.random_range(0..n_users);
        let are_friends = self.friends(user).binary_search(&other).is_ok();
        if rng.random_bool(0.005) && other != user && !are_friends {
            add(RelationKind::Block, format!("u{other}"));
        }
    }
}

/// One circle per user in rotation, and up to two more.
fn circles_of(user: usize, n_circles: usize, rng: &mut StdRng) -> Vec<u32> {
    let mut joined = vec![(user % n_circles) as u32];
    for _ in 0..rng.random_range(0..3) {
        let circle = rng.random_range(0..n_circles as u32);
        if !joined.contains(&circle) {
            joined.push(circle);
        }
    }
    joined
}

fn person(number: usize, rng: &mut StdRng) -> User {
    let private = rng.random_bool(0.08);
    User {
        id: format!("u{number}"),
        name: Some(NAMES[rng.random_range(0..NAMES.len())].to_owned()),
        visibility: if private { Visibility::Private } else { Visibility::Friends },
        place: Some(place(rng)),
        attributes: BTreeMap::new(),
    }
}
