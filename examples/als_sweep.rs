//! Trains the embeddings of the `user` and `item` columns of a Parquet file and prints, as one line of JSON, how long an
//! iteration took: both sides once, the loss included. `benches/rivals/als.py` calls it.
//!
//! `cargo run --release --example als_sweep -- FILE DIM SWEEPS`
#![expect(clippy::print_stdout, reason = "its line of JSON is what it is for")]

use std::error::Error;
use std::time::Instant;

use guanxi_training::als::{AlsParams, fit};

#[path = "support/matrix.rs"]
mod matrix;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, dim, sweeps] = arguments.as_slice() else {
        return Err("give FILE DIM SWEEPS".into());
    };
    let matrix = matrix::read(file)?.matrix;
    let params = AlsParams { dim: dim.parse()?, sweeps: sweeps.parse()?, ..AlsParams::default() };
    let (mut last, mut seconds) = (Instant::now(), Vec::new());
    let als = fit(&matrix, &params, &mut |_| {
        seconds.push(last.elapsed().as_secs_f64());
        last = Instant::now();
    })?;
    seconds.sort_by(f64::total_cmp);
    let median = seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN);
    println!(
        "{{\"system\":\"guanxi exact\",\"users\":{},\"items\":{},\"cells\":{},\"d\":{},\"seconds_per_iteration\":{median:.4}}}",
        matrix.n_users(),
        matrix.n_items(),
        matrix.n_cells(),
        als.item_factors.dim(),
    );
    Ok(())
}
