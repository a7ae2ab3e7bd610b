//! The generated market that the benches run on, trained once and kept below `target/`.
//!
//! `GUANXI_BENCH_USERS` sets its size: as many items as users, and 50 events and 60 friends a user.
//! The default of 5,000 keeps a run short. The figures of docs/performance.md come from
//! `request_path.py`, HTTP included.

use std::path::PathBuf;
use std::sync::Arc;

use guanxi::registry::{Extras, Registry};
use guanxi_models::params::Params;
use guanxi_models::{Ground, Learned, Model, Offset, Record, World};
use guanxi_training::data::dataset::Dataset;
use guanxi_training::fit::fit;
use guanxi_training::market::{MarketParams, records};
use guanxi_training::observer::Silent;
use guanxi_training::recipe::Recipe;

/// The number of users and items in the market.
pub(crate) fn size() -> usize {
    let reported = std::env::var("GUANXI_BENCH_USERS").ok().and_then(|text| text.parse().ok());
    reported.unwrap_or(5_000)
}

/// The market's parameters: always the same moment, so that the same size is the same market.
pub(crate) fn params() -> MarketParams {
    let users = size();
    let params = MarketParams::at(1_790_000_000_000).sized(users, users, 50 * users);
    MarketParams { friends_per_user: 60, ..params }
}

/// The market with its model, nothing after the watermark.
pub(crate) fn world() -> World {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("market-{}", size()));
    let registry = Registry::open(&directory).expect("the target directory can be written");
    let model = match registry.current().expect("the registry was opened") {
        Some(pointer) => registry.load(&pointer.version).expect("a bench published it"),
        None => train(&registry),
    };
    let mut world = World::new(Arc::new(with_embedding(model)));
    for record in records(&params()) {
        match record {
            Record::Item(item) => world.put_item(item),
            Record::User(user) => world.describe_user(user),
            _ => break,
        }
    }
    world
}

/// On this market the blend may learn to do without the embedding: then for-you would leave the
/// index out of the measurement.
fn with_embedding(mut model: Model) -> Model {
    let blend = &mut model.learned.params.blend;
    if blend.embedding <= 0.0 {
        blend.embedding = 1.0;
    }
    model
}

fn train(registry: &Registry) -> Model {
    let recipe = Recipe::built_in("quick").expect("`quick` is built in");
    let events = recipe.event_weights();
    let learned = Learned { params: Params { events, ..Params::default() }, ..Learned::default() };
    let mut world = World::new(Arc::new(Model::new(learned, Ground::default())));
    for (record, offset) in records(&params()).zip(1..) {
        world.apply(Offset(offset), &record);
    }
    let data = Dataset::from(&world);
    let (model, report) =
        fit(&data, &recipe, world.offset(), &mut Silent).expect("a market can be trained on");
    let extras = Extras {
        recipe: recipe.to_toml(),
        report: serde_json::to_value(report).expect("a report is plain data"),
        page: String::new(),
        metrics: std::collections::BTreeMap::new(),
        created: jiff::Timestamp::now(),
    };
    registry.publish(&model, &extras).expect("the target directory can be written");
    model
}
