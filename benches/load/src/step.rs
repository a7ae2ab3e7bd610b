//! Measures one rate over all connections.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::task::JoinSet;

use super::LoadError;
use super::asking::Asking;
use super::connection::{Connection, Target};
use super::mix::{Mix, Part};
use super::recorder::Recorder;
use super::report::{Slice, StepReport};
use super::schedule::{Arrivals, Schedule};
use super::server::Server;
use super::timer::Timer;
use super::worker::{Sample, Work};
use crate::usage::Usage;

/// The delay between setting up and the first request.
const LEAD: Duration = Duration::from_millis(50);

/// Writes stop this long after the last one was due, so that a backlog of writes does not outlast
/// the reads.
const BEHIND: Duration = Duration::from_secs(1);

/// The plan of a load, apart from its rate.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The server.
    pub target: Target,
    /// The requests to send.
    pub asking: Asking,
    /// The number of connections that send requests.
    pub connections: usize,
    /// The number of threads that they share, at least 1.
    pub threads: usize,
    /// Events to write meanwhile, a second.
    pub writes: f64,
    /// The number of connections that write events.
    pub writers: usize,
    /// The distribution of due times.
    pub arrivals: Arrivals,
    /// The time at the start that is not counted.
    pub warm_up: Duration,
    /// The time to measure.
    pub duration: Duration,
    /// The number of requests to measure, in place of a duration.
    pub count: Option<u64>,
    /// The timeout of a request.
    pub timeout: Duration,
}

impl Plan {
    fn schedule(&self, rate: f64, measured: f64) -> Schedule {
        let count = self.warm_up.as_secs_f64() * rate + measured;
        Schedule::new(rate, count.round().max(1.0) as u64, self.arrivals, self.asking.seed)
    }

    /// The number of requests to measure at a rate.
    fn measured(&self, rate: f64) -> f64 {
        self.count.map_or(self.duration.as_secs_f64() * rate, |count| count as f64)
    }

    /// The time that the measurement takes at a rate, in seconds.
    fn lasts(&self, rate: f64) -> f64 {
        self.measured(rate) / rate
    }

    fn writing(&self) -> Asking {
        Asking { mix: Mix::only(Part::Write), seed: self.asking.seed ^ 1, ..self.asking.clone() }
    }
}

/// Loads a server at a rate (requests a second, positive).
pub fn run_step(plan: &Plan, rate: f64, server: &mut Server) -> Result<StepReport, LoadError> {
    let works = works(plan, rate);
    let mut watch = Watch::new(plan, works[0].0.start, server, works.len() > 1);
    let (tell, hear) = channel();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..plan.threads)
            .map(|at| {
                let (works, tell) = (&works, tell.clone());
                scope.spawn(move || thread(plan, works, at, &tell))
            })
            .collect();
        drop(tell);
        watch.listen(&hear);
        let ends = threads.into_iter().map(|thread| thread.join().expect("no task panics"));
        ends.collect::<Result<(), LoadError>>()
    })?;
    watch.recorder.unsent(works.iter().map(|(work, _)| work.left()).sum());
    Ok(watch.report(rate))
}

/// The reads and any writes, each with its number of connections.
fn works(plan: &Plan, rate: f64) -> Vec<(Arc<Work>, usize)> {
    let start = Instant::now() + LEAD;
    let work = |asking: Asking, schedule: Schedule, behind: Duration, first_part| {
        let (base, until) = (plan.target.base.clone(), start + schedule.end() + behind);
        Arc::new(Work { base, asking, schedule, start, until, next: AtomicU64::new(0), first_part })
    };
    let schedule = plan.schedule(rate, plan.measured(rate));
    let questions = work(plan.asking.clone(), schedule, plan.timeout, 0);
    let mut works = vec![(questions, plan.connections)];
    if plan.writes > 0.0 {
        let schedule = plan.schedule(plan.writes, plan.lasts(rate) * plan.writes);
        let (behind, first_part) = (plan.timeout.min(BEHIND), plan.asking.mix.parts().count());
        works.push((work(plan.writing(), schedule, behind, first_part), plan.writers));
    }
    works
}

/// One of the client's threads, with its share of the connections.
fn thread(
    plan: &Plan,
    works: &[(Arc<Work>, usize)],
    at: usize,
    tell: &Sender<Vec<Sample>>,
) -> Result<(), LoadError> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(LoadError::Start)?;
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for (work, connections) in works {
            for _ in (at..*connections).step_by(plan.threads) {
                let connection = Connection::new(&plan.target, plan.timeout)?;
                let timer = Timer::new().map_err(LoadError::Start)?;
                tasks.spawn(Arc::clone(work).run(connection, timer, tell.clone()));
            }
        }
        tasks.join_all().await;
        Ok(())
    })
}

/// Collects samples, and reads the resource usage of the processes every second.
struct Watch<'a> {
    recorder: Recorder,
    server: &'a mut Server,
    /// The start of the measurement.
    begins: Instant,
    /// The server's usage at the start and after each second.
    used: Vec<Option<Usage>>,
    /// The usage of this process at the start.
    own: Option<Usage>,
}

impl<'a> Watch<'a> {
    fn new(plan: &Plan, start: Instant, server: &'a mut Server, writes: bool) -> Self {
        let mut names: Vec<String> =
            plan.asking.mix.parts().map(|part| part.name().to_owned()).collect();
        let questions = names.len();
        names.extend(writes.then(|| Part::Write.name().to_owned()));
        let begins = start + plan.warm_up;
        Self {
            recorder: Recorder::new(names, questions, plan.warm_up),
            server,
            begins,
            used: Vec::new(),
            own: None,
        }
    }

    /// Receives samples until every connection has ended.
    fn listen(&mut self, hear: &Receiver<Vec<Sample>>) {
        loop {
            let next = self.begins + Duration::from_secs(self.used.len() as u64);
            let left = next.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.check();
                continue;
            }
            match hear.recv_timeout(left) {
                Ok(samples) => samples.iter().for_each(|sample| self.recorder.record(sample)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let last = self.server.usage();
        self.used.push(last);
    }

    fn check(&mut self) {
        if self.used.is_empty() {
            self.own = Usage::of_self();
        }
        let used = self.server.usage();
        self.used.push(used);
    }

    fn report(self, rate: f64) -> StepReport {
        let finished = self.recorder.finished().max(1) as f64;
        let each = |used: Option<f64>| used.map(|seconds| seconds * 1e6 / finished);
        let first = self.used.first().copied().flatten();
        let last = self.used.last().copied().flatten();
        let peak = self.used.iter().flatten().map(|usage| usage.resident_bytes).max();
        StepReport {
            rate,
            seconds: self.recorder.lasted().as_secs_f64(),
            requests: self.recorder.requests(),
            achieved: self.recorder.achieved(),
            latency: self.recorder.latency(),
            service: self.recorder.service(),
            parts: self.recorder.parts(),
            slices: with_cpu(self.recorder.seconds(), &self.used),
            server_cpu_us_per_request: each(spent(first, last)),
            server_resident_bytes: peak,
            client_cpu_us_per_request: each(spent(self.own, Usage::of_self())),
            client_late_share: self.recorder.late_share(),
            errors: self.recorder.errors().clone(),
        }
    }
}

fn spent(from: Option<Usage>, to: Option<Usage>) -> Option<f64> {
    Some(to?.cpu_seconds - from?.cpu_seconds)
}

/// Adds the server's CPU time to each second.
fn with_cpu(mut slices: Vec<Slice>, used: &[Option<Usage>]) -> Vec<Slice> {
    for (slice, used) in slices.iter_mut().zip(used.windows(2)) {
        let spent = spent(used[0], used[1]);
        slice.server_cpu_us_per_request =
            spent.map(|seconds| seconds * 1e6 / slice.requests.max(1) as f64);
    }
    slices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(arrivals: Arrivals) -> Plan {
        let mix = Mix::only(Part::Path("/".to_owned()));
        let run = "r".to_owned();
        let asking = Asking { mix, users: None, items: None, limit: 1, filter: None, seed: 1, run };
        let base = "http://localhost:9".parse().unwrap();
        Plan {
            target: Target { base, authorization: None },
            asking,
            connections: 1,
            threads: 1,
            writes: 50.0,
            writers: 10,
            arrivals,
            warm_up: Duration::from_secs(2),
            duration: Duration::from_secs(10),
            count: None,
            timeout: Duration::from_secs(30),
        }
    }

    #[test]
    fn all_writes_may_be_sent_however_rare_questions_are_and_no_backlog_goes_on_for_long() {
        for (arrivals, rate) in [(Arrivals::Constant, 0.1), (Arrivals::Poisson, 500.0)] {
            let works = works(&plan(arrivals), rate);
            let [(questions, 1), (writes, 10)] = &works[..] else { panic!("{works:?}") };
            assert_eq!(writes.schedule.count(), 600);
            let behind = |work: &Work| work.until - (work.start + work.schedule.end());
            assert_eq!(behind(questions), Duration::from_secs(30));
            assert_eq!(behind(writes), Duration::from_secs(1));
        }
    }
}
