//! Builds the index over a file of vectors, then runs searches from standard input. Each prints one
//! JSON line. `benches/rivals/index.py` calls it.
//!
//! `cargo run --profile dist -p guanxi-models --example search_index -- ITEMS ASKERS DIM`, then
//! lines of `QUERIES EF FOUND`: `ITEMS`, `ASKERS` (`-` for none) and `QUERIES` are rows of
//! little-endian `f32`; the ten items found for each query are written to `FOUND` as little-endian
//! `u32`. An `EF` of 0 scans.
#![expect(clippy::disallowed_methods, reason = "the crate reads no files, a bench of it does")]
#![expect(clippy::print_stdout, reason = "its lines of JSON are what it is for")]

use std::error::Error;
use std::io::BufRead as _;
use std::time::Instant;

use guanxi_models::Factors;
use guanxi_models::index::{IndexParams, ItemIndex, SearchScratch, exact_top};

/// The number of items to find for each query.
const K: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [items, askers, dim] = arguments.as_slice() else {
        return Err("give ITEMS ASKERS DIM".into());
    };
    let items = read(items, dim.parse()?)?;
    let askers = if askers == "-" { Factors::empty() } else { read(askers, items.dim())? };
    let params = IndexParams { exact_below: 0, ..IndexParams::default() };
    let (began, clock) = (cpu_seconds()?, Instant::now());
    let index = ItemIndex::build(&items, &askers, &params)?;
    let (cpu, wall) = (cpu_seconds()? - began, clock.elapsed().as_secs_f64());
    println!(
        "{{\"n\":{},\"dim\":{dim},\"build_cpu_s\":{cpu:.3},\"build_s\":{wall:.3},\"ef\":{},\"bytes\":{}}}",
        items.rows(),
        index.ef(),
        index.bytes() + items.values().len() * size_of::<f32>(),
    );
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let [queries, ef, found] = words.as_slice() else {
            return Err("ask QUERIES EF FOUND".into());
        };
        let search = Search { items: &items, index: &index, ef: ef.parse()? };
        search.answer(&read(queries, items.dim())?, found)?;
    }
    Ok(())
}

/// How to look for the nearest.
struct Search<'a> {
    items: &'a Factors,
    index: &'a ItemIndex,
    ef: usize,
}

impl Search<'_> {
    fn answer(&self, queries: &Factors, found: &str) -> Result<(), Box<dyn Error>> {
        let mut scratch = SearchScratch::default();
        let mut ids: Vec<u8> = Vec::new();
        let mut micros = Vec::with_capacity(queries.rows());
        let began = cpu_seconds()?;
        for query in queries.values().chunks_exact(queries.dim()) {
            let began = Instant::now();
            let top = self.top(query, &mut scratch);
            micros.push(began.elapsed().as_secs_f64() * 1e6);
            ids.extend(top.iter().flat_map(|&(_, item)| item.to_le_bytes()));
        }
        let cpu = cpu_seconds()? - began;
        std::fs::write(found, ids)?;
        micros.sort_by(f64::total_cmp);
        println!(
            "{{\"ef\":{},\"cpu_us\":{:.3},\"p50_us\":{:.2},\"p99_us\":{:.2}}}",
            self.ef,
            cpu * 1e6 / micros.len() as f64,
            micros[micros.len() / 2],
            micros[micros.len() * 99 / 100],
        );
        Ok(())
    }

    fn top(&self, query: &[f32], scratch: &mut SearchScratch) -> Vec<(f32, u32)> {
        if self.ef == 0 {
            return exact_top(self.items, query, K, &|_| true);
        }
        self.index.search(self.items, query, K, self.ef, &|_| true, scratch)
    }
}

fn read(file: &str, dim: usize) -> Result<Factors, Box<dyn Error>> {
    let bytes = std::fs::read(file)?;
    let values = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    Ok(Factors::new(dim, values.collect::<Vec<_>>())?)
}

/// CPU time of all threads of this process, from the scheduler, to the nanosecond.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let reported = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += reported.split_whitespace().next().ok_or("no time")?.parse::<u64>()?;
    }
    Ok(nanoseconds as f64 / 1e9)
}
