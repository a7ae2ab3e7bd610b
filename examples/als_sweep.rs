//! Trains the embeddings of the `user` and `item` columns of a Parquet file and prints, as one line of JSON, how long an
//! iteration took: both sides once, the loss included. `benches/rivals/als.py` calls it.
//!
//! `cargo run --release --example als_sweep -- FILE DIM SWEEPS`
#![expect(clippy::print_stdout, reason = "its line of JSON is what it is for")]

use std::error::Error;
use std::fs::File;
use std::time::Instant;

use arrow::array::AsArray as _;
use arrow::compute::cast;
use arrow::datatypes::{DataType, UInt32Type};
use guanxi_training::als::{AlsParams, Cell, Matrix, fit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, dim, sweeps] = arguments.as_slice() else {
        return Err("give FILE DIM SWEEPS".into());
    };
    let matrix = read(file)?;
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

/// One cell of weight 1 per row.
fn read(file: &str) -> Result<Matrix, Box<dyn Error>> {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut n_items = 0;
    for batch in ParquetRecordBatchReaderBuilder::try_new(File::open(file)?)?.build()? {
        let batch = batch?;
        let column = |name: &str| -> Result<_, Box<dyn Error>> {
            let column = batch.column_by_name(name).ok_or_else(|| format!("no column `{name}`"))?;
            Ok(cast(column, &DataType::UInt32)?)
        };
        let (users, items) = (column("user")?, column("item")?);
        let pairs = users.as_primitive::<UInt32Type>().values().iter();
        for (&user, &item) in pairs.zip(items.as_primitive::<UInt32Type>().values()) {
            n_items = n_items.max(item as usize + 1);
            rows.resize(rows.len().max(user as usize + 1), Vec::new());
            rows[user as usize].push(Cell { item, confidence: 1.0, target: 1.0 });
        }
    }
    Ok(Matrix::from_rows(n_items, rows)?)
}
