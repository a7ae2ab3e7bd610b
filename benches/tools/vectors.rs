//! Trains an embedding and writes its vectors, for `benches/rivals/index.py`.
//!
//! `cargo run --profile dist --example vectors -- FILE|USERSxITEMSxEVENTS DIRECTORY`: from the
//! `user` and `item` columns of a Parquet file, or from a generated market. Writes `items.f32`.
//! Users alternate between `askers.f32` (known to the builder of an index) and `users.f32` (the
//! queries), at most 20,000 each. Rows have 64 little-endian `f32`.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use guanxi_models::{Factors, Record};
use guanxi_training::als::{AlsParams, Cell, Matrix, fit};
use guanxi_training::market::{MarketParams, records};

mod matrix;

/// No file of users has more rows.
const MOST: usize = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, directory] = arguments.as_slice() else {
        return Err("give FILE|USERSxITEMSxEVENTS DIRECTORY".into());
    };
    let matrix = match market(source) {
        Some(params) => matrix_of(&params)?,
        None => matrix::read(source)?.matrix,
    };
    let als = fit(&matrix, &AlsParams { sweeps: 6, ..AlsParams::default() }, &mut |_| ())?;
    let directory = Path::new(directory);
    std::fs::create_dir_all(directory)?;
    let items = 0..als.item_factors.rows();
    write(&directory.join("items.f32"), &als.item_factors, items)?;
    let users = als.user_factors.rows();
    let step = users.div_ceil(2 * MOST).max(1) * 2;
    for (first, name) in [(0, "askers.f32"), (step / 2, "users.f32")] {
        write(&directory.join(name), &als.user_factors, (first..users).step_by(step))?;
    }
    Ok(())
}

/// A market of a size that was given as three numbers.
fn market(source: &str) -> Option<MarketParams> {
    let sizes: Vec<usize> = source.split('x').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [users, items, events] = sizes.try_into().ok()?;
    Some(MarketParams::at(1_790_000_000_000).sized(users, items, events))
}

/// One cell per user and item between whom something happened; items in the order of the market.
fn matrix_of(params: &MarketParams) -> Result<Matrix, Box<dyn Error>> {
    let (mut items, mut users) = (HashMap::new(), HashMap::new());
    let mut rows: Vec<Vec<u32>> = Vec::new();
    for record in records(params) {
        match record {
            Record::Item(item) => drop(items.insert(item.id, items.len() as u32)),
            Record::Event(event) => {
                let user = users.len();
                let user = *users.entry(event.user).or_insert(user);
                rows.resize(rows.len().max(user + 1), Vec::new());
                rows[user].push(*items.get(&event.item).ok_or("an event with an unknown item")?);
            }
            _ => {}
        }
    }
    let cell = |&item: &u32| Cell { item, confidence: 1.0, target: 1.0 };
    let cells = rows.iter_mut().map(|row| {
        row.sort_unstable();
        row.dedup();
        row.iter().map(cell).collect::<Vec<_>>()
    });
    Ok(Matrix::from_rows(items.len(), cells)?)
}

fn write(file: &Path, factors: &Factors, rows: impl Iterator<Item = usize>) -> std::io::Result<()> {
    let values = rows.filter_map(|row| factors.row(row)).flatten();
    std::fs::write(file, values.flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}
