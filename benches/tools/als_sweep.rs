//! Trains the embeddings of the `user` and `item` columns of a Parquet file. Prints the time of an
//! iteration as one line of JSON: both sides once, including the loss. `benches/rivals/als.py`
//! calls it.
//!
//! `cargo run --profile dist --example als_sweep -- FILE DIM SWEEPS exact|conjugate-gradients`
#![expect(clippy::print_stdout, reason = "its line of JSON is what it is for")]

use std::error::Error;
use std::time::Instant;

use guanxi_training::als::{AlsParams, Solver, fit};

mod matrix;

/// As in the executable.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, dim, sweeps, solver] = arguments.as_slice() else {
        return Err("give FILE DIM SWEEPS SOLVER".into());
    };
    let solver: Solver = serde_json::from_value(serde_json::Value::from(solver.as_str()))?;
    let matrix = matrix::read(file)?.matrix;
    let params =
        AlsParams { dim: dim.parse()?, sweeps: sweeps.parse()?, solver, ..AlsParams::default() };
    let (mut last, mut wall, mut cpu) = ((Instant::now(), cpu_seconds()), Vec::new(), Vec::new());
    let als = fit(&matrix, &params, &mut |_| {
        wall.push(last.0.elapsed().as_secs_f64());
        cpu.push(cpu_seconds() - last.1);
        last = (Instant::now(), cpu_seconds());
    })?;
    println!(
        "{{\"users\":{},\"items\":{},\"cells\":{},\"d\":{},\"seconds_per_iteration\":{:.4},\"cpu_seconds_per_iteration\":{:.4}}}",
        matrix.n_users(),
        matrix.n_items(),
        matrix.n_cells(),
        als.item_factors.dim(),
        median(&mut wall),
        median(&mut cpu),
    );
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// CPU time of all threads so far, as Linux counts it; NaN if unknown.
fn cpu_seconds() -> f64 {
    let of_thread = |path: std::path::PathBuf| -> Option<f64> {
        let text = std::fs::read_to_string(path.join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return f64::NAN };
    threads.flatten().filter_map(|thread| of_thread(thread.path())).sum::<f64>() / 1e9
}
