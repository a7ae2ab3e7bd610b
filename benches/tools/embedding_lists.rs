//! Ranks all items for all users by the embedding alone, exactly. Prints the number of users a
//! second as one line of JSON. `benches/rivals/recommend.py` calls it.
//!
//! `cargo run --profile dist --example embedding_lists -- FILE DIM LENGTH`
#![expect(clippy::print_stdout, reason = "its line of JSON is what it is for")]

use std::error::Error;
use std::time::Instant;

use guanxi_models::Factors;
use guanxi_models::index::Panels;
use guanxi_training::als::{AlsParams, fit};
use rayon::prelude::*;

mod matrix;

/// The number of users in a block; a block reads the items once.
const BLOCK: usize = 480;

/// The number of passes; the median is reported.
const REPEATS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, dim, length] = arguments.as_slice() else {
        return Err("give FILE DIM LENGTH".into());
    };
    let matrix::Read { matrix, seen } = matrix::read(file)?;
    let params = AlsParams { dim: dim.parse()?, sweeps: 2, ..AlsParams::default() };
    let als = fit(&matrix, &params, &mut |_| ())?;
    let length = length.parse()?;
    let mut seconds: Vec<f64> = (0..REPEATS)
        .map(|_| {
            let began = Instant::now();
            rank(&als.user_factors, &als.item_factors, &seen, length);
            began.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    println!(
        "{{\"system\":\"guanxi\",\"users\":{},\"items\":{},\"d\":{dim},\"users_per_second\":{:.0}}}",
        matrix.n_users(),
        matrix.n_items(),
        matrix.n_users() as f64 / seconds[REPEATS / 2],
    );
    Ok(())
}

/// The lists of all users, without what they have; the panels are made anew each time.
fn rank(
    users: &Factors,
    items: &Factors,
    seen: &[Vec<u32>],
    length: usize,
) -> Vec<Vec<(f32, u32)>> {
    let panels = Panels::new(items);
    let blocks =
        users.values().par_chunks(BLOCK * users.dim()).enumerate().map(|(block, queries)| {
            let is_new =
                |query: usize, item: u32| seen[block * BLOCK + query].binary_search(&item).is_err();
            panels.top(queries, length, &is_new)
        });
    blocks.collect::<Vec<_>>().into_iter().flatten().collect()
}
