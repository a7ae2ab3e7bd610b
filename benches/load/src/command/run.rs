//! `guanxi bench`: loads a server and reports the figures.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use guanxi_output::Output;
use hyper::Uri;
use hyper::header::HeaderValue;
use serde_json::Value;

use super::tell::tell;
use super::{Failure, ReadNames};
use crate::period::{period, written};
use crate::{
    Arrivals, Asking, Bound, Drawn, LoadError, Machine, Mix, ModelNames, Names, Part, Plan, Recall,
    Report, Server, Target, highest, page, run_step,
};

/// The arguments of `guanxi bench`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// The base URL of the server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4826")]
    url: Uri,
    /// The file with the API key to send with every request.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Requests a second, one rate after the other; with `--max-p99` the first rate to try.
    #[arg(long, value_name = "RATE", value_delimiter = ',', default_value = "1000")]
    rate: Vec<f64>,
    #[command(flatten)]
    length: Length,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    client: Client,
    /// Finds the highest rate whose 99th percentile of latency is within this, without a failure.
    #[arg(long, value_name = "PERIOD", value_parser = period)]
    max_p99: Option<Duration>,
    /// The server's process on this machine, if `/metrics` does not report its CPU time.
    #[arg(long, value_name = "PID")]
    server_pid: Option<u32>,
    #[command(flatten)]
    reported: Reported,
}

#[derive(Debug, clap::Args)]
struct Length {
    /// Time to measure each rate.
    #[arg(long, value_name = "PERIOD", default_value = "10s", value_parser = period)]
    duration: Duration,
    /// Number of requests to measure at each rate, in place of a duration.
    #[arg(long, value_name = "N", conflicts_with = "duration")]
    count: Option<u64>,
    /// Warm-up of each rate, before it is measured.
    #[arg(long, value_name = "PERIOD", default_value = "2s", value_parser = period)]
    warm_up: Duration,
}

#[derive(Debug, clap::Args)]
struct Asked {
    /// The scenarios, by weight.
    #[arg(long, value_name = "MIX", default_value = "for-you=5,friends-also-bought=3,similar-items=2", value_parser = mix)]
    mix: Mix,
    /// Requests this path of any server instead.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["mix", "filter"])]
    get: Option<String>,
    /// Users: a file with one id a line, or a range like `u:0..100000`. The first are the most
    /// frequent.
    #[arg(long, value_name = "FILE|RANGE")]
    users: Option<String>,
    /// Items, in the same form as users.
    #[arg(long, value_name = "FILE|RANGE")]
    items: Option<String>,
    /// Takes users and items from the current model of this data directory.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["users", "items"])]
    data: Option<PathBuf>,
    /// The exponent of Zipf's law by which users and items are drawn; 0 draws uniformly.
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    zipf: f64,
    /// Number of items in a list.
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// The filter of the items, as in `POST /v1/recommend/{scenario}`.
    #[arg(long, value_name = "JSON", value_parser = json)]
    filter: Option<Value>,
    /// The seed of all random draws.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, clap::Args)]
struct Client {
    /// Number of connections that send requests.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// Number of client threads for these connections. More threads can send more, but take CPU
    /// time from a server on the same machine.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// View events to write meanwhile, a second. They stay in the log of the server.
    #[arg(long, value_name = "RATE", default_value_t = 0.0)]
    writes: f64,
    /// Number of connections that write events.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=4096))]
    writers: u16,
    /// Distribution of the times at which requests are due.
    #[arg(long, value_enum, default_value_t)]
    arrivals: Arrivals,
    /// Timeout of a request, after which it counts as failed.
    #[arg(long, value_name = "PERIOD", default_value = "10s", value_parser = period)]
    timeout: Duration,
}

#[derive(Debug, clap::Args)]
struct Reported {
    /// States the recall that `guanxi recall --json` wrote to this file.
    #[arg(long, value_name = "FILE")]
    recall_from: Option<PathBuf>,
    /// Writes the report to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes one CSV line for each rate and kind of request to this file.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Writes the report to this file as an HTML page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

fn mix(text: &str) -> Result<Mix, String> {
    text.parse().map_err(|error: LoadError| error.to_string())
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))
}

/// Runs the command. Exit code 1: requests failed, or the bound held at no rate.
pub(super) fn run(
    args: &Args,
    names: ReadNames<'_>,
    out: &mut Output,
) -> Result<ExitCode, Failure> {
    args.check()?;
    let plan = args.plan(names)?;
    plan.asking.check()?;
    let mut report = args.report()?;
    let mut server = Server::find(&plan.target, args.server_pid)?;
    report.server = server.facts();
    out.note(format_args!(
        "{} for each rate, {} connections",
        args.length.text(),
        plan.connections
    ));
    let mut step = |rate: f64| {
        let step = run_step(&plan, rate, &mut server)?;
        out.note(format_args!(
            "{rate:.0}/s: p99 {:.3} ms, {} failed",
            step.latency.p99_us / 1e3,
            step.failed()
        ));
        Ok::<_, LoadError>(step)
    };
    match args.max_p99 {
        Some(max_p99) => {
            let (found, steps) = highest(Bound { max_p99 }, args.rate[0], step)?;
            (report.highest, report.steps) = (Some(found), steps);
        }
        None => {
            report.steps = args.rate.iter().map(|&rate| step(rate)).collect::<Result<_, _>>()?;
        }
    }
    tell(&report, out);
    args.reported.write(&report)?;
    Ok(ExitCode::from(u8::from(has_failed(&report))))
}

fn has_failed(report: &Report) -> bool {
    match &report.highest {
        Some(highest) => highest.rate.is_none(),
        None => report.steps.iter().any(|step| step.failed() > 0),
    }
}

impl Length {
    fn text(&self) -> String {
        self.count.map_or(written(self.duration), |count| format!("{count} requests"))
    }
}

impl Args {
    fn check(&self) -> Result<(), Failure> {
        let is_rate = |rate: &f64| (0.001..=10_000_000.0).contains(rate);
        if let Some(rate) = self.rate.iter().find(|rate| !is_rate(rate)) {
            return Err(format!(
                "`{rate}` is no rate: give requests a second, at most ten million"
            )
            .into());
        }
        if self.client.writes != 0.0 && !is_rate(&self.client.writes) {
            return Err(format!("`{}` is no rate of writes", self.client.writes).into());
        }
        if self.max_p99.is_some() && self.rate.len() > 1 {
            return Err(
                "`--max-p99` looks for the rate by itself: give one `--rate` to begin with".into(),
            );
        }
        if self.length.duration.is_zero() || self.length.count == Some(0) {
            return Err("nothing would be measured: give a `--duration` or a `--count`".into());
        }
        Ok(())
    }

    fn plan(&self, names: ReadNames<'_>) -> Result<Plan, Failure> {
        let Client { connections, threads, writes, writers, arrivals, timeout } = &self.client;
        Ok(Plan {
            target: Target { base: self.url.clone(), authorization: self.authorization()? },
            asking: self.asked.asking(names)?,
            connections: usize::from(*connections),
            threads: usize::from(*threads),
            writes: *writes,
            writers: usize::from(*writers),
            arrivals: *arrivals,
            warm_up: self.length.warm_up,
            duration: self.length.duration,
            count: self.length.count,
            timeout: *timeout,
        })
    }

    /// The key comes from a file: every user of the machine can see arguments, and the report keeps
    /// them.
    fn authorization(&self) -> Result<Option<HeaderValue>, Failure> {
        self.key_file.as_deref().map(authorization).transpose()
    }

    fn report(&self) -> Result<Report, Failure> {
        Ok(Report {
            tool: "guanxi bench".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            created: jiff::Timestamp::now().to_string(),
            command: std::env::args().collect(),
            url: self.url.to_string(),
            machine: Machine::this(),
            server: Value::Null,
            recall: self.reported.recall()?,
            steps: Vec::new(),
            highest: None,
        })
    }
}

fn authorization(path: &Path) -> Result<HeaderValue, Failure> {
    let name = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("can't read `{name}`: {error}"))?;
    let value = HeaderValue::try_from(format!("Bearer {}", text.trim()));
    let mut value = value.map_err(|_| {
        format!("`{name}` holds no key: it must be one line, as `guanxi keys create` shows it")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

impl Asked {
    fn asking(&self, names: ReadNames<'_>) -> Result<Asking, Failure> {
        let (users, items) = self.names(names)?;
        let drawn =
            |names: Option<Names>| names.map(|names| Drawn::new(names, self.zipf)).transpose();
        let mix = match &self.get {
            Some(path) => Mix::only(Part::Path(format!("/{}", path.trim_start_matches('/')))),
            None => self.mix.clone(),
        };
        Ok(Asking {
            mix,
            users: drawn(users)?,
            items: drawn(items)?,
            limit: self.limit,
            filter: self.filter.clone(),
            seed: self.seed,
            run: uuid::Uuid::now_v7().simple().to_string(),
        })
    }

    fn names(&self, of_model: ReadNames<'_>) -> Result<(Option<Names>, Option<Names>), Failure> {
        if let Some(data) = &self.data {
            let ModelNames { users, items } = of_model(data)?;
            return Ok((Some(Names::List(users)), Some(Names::List(items))));
        }
        let read = |given: &Option<String>| given.as_deref().map(Names::read).transpose();
        Ok((read(&self.users)?, read(&self.items)?))
    }
}

impl Reported {
    fn recall(&self) -> Result<Option<Recall>, Failure> {
        let Some(path) = &self.recall_from else { return Ok(None) };
        let name = path.display().to_string();
        let text = std::fs::read(path).map_err(|error| format!("can't read `{name}`: {error}"))?;
        let value: Value = serde_json::from_slice(&text)?;
        let figure = value["recall_at_10"].as_f64();
        let recall_at_10 = figure.ok_or_else(|| {
            format!("`{name}` states no `recall_at_10`: `guanxi recall --json` writes it")
        })?;
        Ok(Some(Recall { recall_at_10, from: name }))
    }

    fn write(&self, report: &Report) -> Result<(), Failure> {
        if let Some(path) = &self.json {
            write_file(path, &serde_json::to_vec_pretty(report)?)?;
        }
        if let Some(path) = &self.csv {
            write_file(path, report.csv().as_bytes())?;
        }
        if let Some(path) = &self.html {
            write_file(path, page(report).as_bytes())?;
        }
        Ok(())
    }
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes)
        .map_err(|error| format!("can't write `{}`: {error}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use guanxi_models::Scenario;

    use super::*;

    #[test]
    fn every_scenario_can_be_part_of_a_mix() {
        for &scenario in Scenario::ALL {
            assert_eq!(mix(scenario.name()).unwrap().scenarios().next(), Some(scenario));
        }
    }
}
