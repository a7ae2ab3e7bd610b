//! Repeats one kind of work, so that `benches/instructions.py` can count its instructions.
//!
//! `instructions` lists the kinds; `instructions KIND TIMES` repeats one of them. Each run builds
//! the market, so the cost of the work is the difference from a run with `TIMES` of 0.
#![expect(clippy::print_stdout, reason = "so that nothing is optimised away")]

use std::cell::RefCell;
use std::error::Error;
use std::sync::Arc;

use guanxi_models::column::WeightedRows;
use guanxi_models::fold_in::fold_in;
use guanxi_models::history::{Histories, History, Observation};
use guanxi_models::index::{IndexParams, ItemIndex};
use guanxi_models::params::{Blend, FoldIn, Params};
use guanxi_models::recommend::Scratch;
use guanxi_models::recommend::scenario::Input;
use guanxi_models::solver::RowSolver;
use guanxi_models::world::TieTable;
use guanxi_models::{
    About, EventType, Factors, Ground, ItemIdx, Learned, Model, Query, Scenario, Search, UserIdx,
    World,
};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

const DIM: usize = 64;
const ITEMS: usize = 6_000;
const USERS: usize = 400;
const BOUGHT: usize = 40;
const FRIENDS: usize = 30;
const LISTED: usize = 60;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, times] = arguments.as_slice() else {
        println!("search fold-in {}", Scenario::names().join(" "));
        return Ok(());
    };
    let world = World::new(Arc::new(model()?));
    let scratch = &RefCell::new(Scratch::default());
    let work: &dyn Fn(usize) -> usize = match kind.as_str() {
        "search" => &|at| search(&world, at, scratch),
        "fold-in" => &|at| fold(&world, at),
        name => {
            let scenario = Scenario::from_name(name).ok_or(format!("there is no `{name}`"))?;
            &move |at| list(&world, scenario, at, scratch)
        }
    };
    println!("{}", (0..times.parse()?).map(work).sum::<usize>());
    Ok(())
}

fn model() -> Result<Model, Box<dyn Error>> {
    let mut rng = StdRng::seed_from_u64(1);
    let mut rows = |n: usize, spread: f32| {
        let values = (0..n * DIM).map(|_| rng.random_range(-spread..spread));
        Factors::new(DIM, values.collect::<Vec<f32>>())
    };
    let (items, users) = (rows(ITEMS, 1.0)?, rows(USERS, 0.5)?);
    // A quick graph is walked as a good one is.
    let params = IndexParams {
        exact_below: 0,
        head: 256,
        trees: 1,
        refinements: 0,
        recall: 0.1,
        ..IndexParams::default()
    };
    let index = ItemIndex::build(&items, &users, &params)?;
    let mut some = |n: usize, of: usize| -> Vec<u32> {
        let mut some: Vec<u32> = (0..n).map(|_| rng.random_range(0..of as u32)).collect();
        some.sort_unstable();
        some.dedup();
        some
    };
    let weighted = |some: Vec<u32>| some.into_iter().map(|one| (one, 0.5)).collect();
    let friends: Vec<_> = (0..USERS).map(|_| weighted(some(FRIENDS, USERS))).collect();
    let lists: Vec<_> = (0..ITEMS).map(|_| weighted(some(LISTED, ITEMS))).collect();
    let histories: Vec<History> = (0..USERS).map(|_| history(&some(BOUGHT, ITEMS))).collect();
    let spectrum = (0..DIM).map(|at| 2.0 - at as f32 / DIM as f32).collect();
    let friends = WeightedRows::from_rows(&friends);
    let ground = Ground {
        users: (0..USERS).map(|user| format!("u{user}")).collect(),
        items: (0..ITEMS).map(|item| format!("i{item}")).collect(),
        histories: Histories::from_views(histories.iter().map(History::view)),
        ties: TieTable { friends, ..TieTable::default() },
        ..Ground::default()
    };
    let learned = Learned {
        item_factors: items,
        user_factors: users,
        lists: WeightedRows::from_rows(&lists),
        also_bought: WeightedRows::from_rows(&lists),
        index,
        params: Params {
            fold_in: FoldIn { spectrum, ridge: 1.0, unobserved: 0.1, ..FoldIn::default() },
            blend: Blend { embedding: 1.0, list: 1.0, friends: 1.0, ..Blend::default() },
            ..Params::default()
        },
        ..Learned::default()
    };
    Ok(Model::new(learned, ground))
}

fn history(items: &[u32]) -> History {
    let mut history = History::default();
    for &item in items {
        let kind = EventType::Purchase;
        let seen = Observation {
            item: ItemIdx(item),
            kind,
            weight: 1.0,
            ts: 1_000,
            visible: true,
            in_group: false,
        };
        history.observe(seen, &Params::default().events);
    }
    history
}

fn search(world: &World, at: usize, scratch: &RefCell<Scratch>) -> usize {
    let vector = world.model().learned.user_factors.row(at % USERS).unwrap_or_default();
    let query = Query { limit: 10, search: Search::Index { ef: Some(24) }, ..Query::default() };
    let found = world.nearest(vector, &query, &mut scratch.borrow_mut());
    found.map_or(0, |found| found.items.len())
}

fn fold(world: &World, at: usize) -> usize {
    let user = UserIdx((at % USERS) as u32);
    let (history, ties) = (world.history(user), world.ties(user));
    fold_in(world.model(), history, ties, &mut RowSolver::default()).len()
}

fn list(world: &World, scenario: Scenario, at: usize, scratch: &RefCell<Scratch>) -> usize {
    let is_of_item = scenario.spec().requires(Input::Item);
    let about = if is_of_item { About::Item(format!("i{}", at % ITEMS)) } else { About::Nothing };
    let query = Query {
        scenario,
        user: Some(format!("u{}", at % USERS)),
        about,
        limit: 5,
        search: Search::Index { ef: Some(24) },
        ..Query::default()
    };
    world.recommend(&query, &mut scratch.borrow_mut()).map_or(0, |answer| answer.items.len())
}
