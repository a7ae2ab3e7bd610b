//! Turns samples into figures.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::report::{Figures, PartReport, Slice};
use super::worker::Sample;

/// Figures are kept to one in a thousand, of whole seconds to one in a hundred.
const DIGITS: u8 = 3;
const DIGITS_OF_SLICE: u8 = 2;

/// A client that sends what it waited for later than this did not keep its schedule.
const LATE: Duration = Duration::from_millis(1);

#[derive(Debug)]
struct Latencies {
    latency: Histogram<u64>,
    service: Histogram<u64>,
    /// Successful responses that came after the warm-up, whenever they were due.
    answered: u64,
    /// The end of the last request, including warm-up and failures.
    last_end: Duration,
}

impl Latencies {
    fn new() -> Self {
        let empty = || Histogram::new(DIGITS).expect("three digits are allowed");
        Self { latency: empty(), service: empty(), answered: 0, last_end: Duration::ZERO }
    }

    fn record(&mut self, sample: &Sample, warm_up: Duration) {
        self.last_end = self.last_end.max(sample.ended);
        if sample.error.is_some() {
            return;
        }
        self.answered += u64::from(sample.ended >= warm_up);
        if sample.due >= warm_up {
            record(&mut self.latency, sample.latency);
            record(&mut self.service, sample.service);
        }
    }

    /// Successful responses a second, from the end of the warm-up to the last end.
    fn achieved(&self, warm_up: Duration) -> f64 {
        let seconds = self.last_end.saturating_sub(warm_up).as_secs_f64();
        self.answered as f64 / seconds.max(1e-9)
    }
}

fn record(histogram: &mut Histogram<u64>, duration: Duration) {
    /// Nobody waits longer; and beyond a certain number no histogram grows.
    const LONGEST: Duration = Duration::from_hours(24);
    let nanos = duration.min(LONGEST).as_nanos() as u64;
    histogram.record(nanos).expect("a histogram without bounds grows");
}

#[derive(Debug)]
struct Second {
    requests: u64,
    errors: u64,
    latency: Histogram<u64>,
}

impl Second {
    fn new() -> Self {
        let latency = Histogram::new(DIGITS_OF_SLICE).expect("two digits are allowed");
        Self { requests: 0, errors: 0, latency }
    }
}

/// Collects samples. Times of requests that were due during the warm-up do not count. Their
/// outcomes count if they end after it: a server that can't keep up starts its backlog in the
/// warm-up.
#[derive(Debug)]
pub(crate) struct Recorder {
    warm_up: Duration,
    parts: Vec<(String, Latencies)>,
    /// The number of parts that are reads; the parts after them are writes, counted separately.
    questions: usize,
    all: Latencies,
    errors: BTreeMap<String, u64>,
    seconds: Vec<Second>,
    requests: u64,
    /// Requests that ended after the warm-up, whenever they were due.
    finished: u64,
    waited: u64,
    late: u64,
}

impl Recorder {
    pub(crate) fn new(names: Vec<String>, questions: usize, warm_up: Duration) -> Self {
        let parts = names.into_iter().map(|name| (name, Latencies::new())).collect();
        let (all, errors, seconds) = (Latencies::new(), BTreeMap::new(), Vec::new());
        Self {
            warm_up,
            parts,
            questions,
            all,
            errors,
            seconds,
            requests: 0,
            finished: 0,
            waited: 0,
            late: 0,
        }
    }

    pub(crate) fn record(&mut self, sample: &Sample) {
        self.parts[sample.part].1.record(sample, self.warm_up);
        let is_question = sample.part < self.questions;
        if is_question {
            self.all.record(sample, self.warm_up);
        }
        if sample.ended >= self.warm_up {
            self.record_finished(sample);
        }
        let Some(since) = sample.due.checked_sub(self.warm_up) else { return };
        self.requests += 1;
        self.waited += u64::from(sample.late.is_some());
        self.late += u64::from(sample.late.is_some_and(|late| late > LATE));
        if is_question {
            self.record_second(sample, since.as_secs() as usize);
        }
    }

    fn record_finished(&mut self, sample: &Sample) {
        self.finished += 1;
        if let Some(error) = &sample.error {
            *self.errors.entry(error.to_string()).or_default() += 1;
        }
    }

    fn record_second(&mut self, sample: &Sample, second: usize) {
        let missing = (second + 1).saturating_sub(self.seconds.len());
        self.seconds.extend(std::iter::repeat_with(Second::new).take(missing));
        let second = &mut self.seconds[second];
        second.requests += 1;
        second.errors += u64::from(sample.error.is_some());
        if sample.error.is_none() {
            record(&mut second.latency, sample.latency);
        }
    }

    /// Counts requests that were never sent.
    pub(crate) fn unsent(&mut self, count: u64) {
        if count > 0 {
            *self.errors.entry("not sent in time".to_owned()).or_default() += count;
        }
    }

    /// The number of requests due after the warm-up that were sent, including failures.
    pub(crate) fn requests(&self) -> u64 {
        self.requests
    }

    /// The number of requests that ended after the warm-up, including failures.
    pub(crate) fn finished(&self) -> u64 {
        self.finished
    }

    pub(crate) fn errors(&self) -> &BTreeMap<String, u64> {
        &self.errors
    }

    /// Of the requests for which the client waited, the share that it sent too late.
    pub(crate) fn late_share(&self) -> f64 {
        self.late as f64 / self.waited.max(1) as f64
    }

    pub(crate) fn latency(&self) -> Figures {
        figures(&self.all.latency)
    }

    pub(crate) fn service(&self) -> Figures {
        figures(&self.all.service)
    }

    /// Successful reads a second.
    pub(crate) fn achieved(&self) -> f64 {
        self.all.achieved(self.warm_up)
    }

    /// Time from the end of the warm-up to the end of the last read.
    pub(crate) fn lasted(&self) -> Duration {
        self.all.last_end.saturating_sub(self.warm_up)
    }

    pub(crate) fn parts(&self) -> Vec<PartReport> {
        let of = |(name, latencies): &(String, Latencies)| PartReport {
            name: name.clone(),
            achieved: latencies.achieved(self.warm_up),
            latency: figures(&latencies.latency),
            service: figures(&latencies.service),
        };
        self.parts.iter().map(of).collect()
    }

    /// The seconds in their order; the last one may be shorter than a second.
    pub(crate) fn seconds(&self) -> Vec<Slice> {
        let of = |(at, second): (usize, &Second)| Slice {
            second: at as u64,
            requests: second.requests,
            errors: second.errors,
            p50_us: micros(second.latency.value_at_quantile(0.5)),
            p99_us: micros(second.latency.value_at_quantile(0.99)),
            max_us: micros(second.latency.max()),
            server_cpu_us_per_request: None,
        };
        self.seconds.iter().enumerate().map(of).collect()
    }
}

fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1e3
}

fn figures(histogram: &Histogram<u64>) -> Figures {
    let at = |share: f64| micros(histogram.value_at_quantile(share));
    Figures {
        count: histogram.len(),
        mean_us: histogram.mean() / 1e3,
        p50_us: at(0.5),
        p75_us: at(0.75),
        p90_us: at(0.9),
        p95_us: at(0.95),
        p99_us: at(0.99),
        p999_us: at(0.999),
        p9999_us: at(0.9999),
        max_us: micros(histogram.max()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(due_ms: u64, latency_ms: u64, error: Option<&str>) -> Sample {
        Sample {
            part: 0,
            due: Duration::from_millis(due_ms),
            ended: Duration::from_millis(due_ms + latency_ms),
            latency: Duration::from_millis(latency_ms),
            service: Duration::from_millis(1),
            late: Some(Duration::ZERO),
            error: error.map(Into::into),
        }
    }

    fn recorder() -> Recorder {
        Recorder::new(vec!["a".into(), "write".into()], 1, Duration::from_secs(1))
    }

    #[test]
    fn percentiles_are_those_of_what_was_answered_after_the_warm_up() {
        let mut recorder = recorder();
        recorder.record(&sample(999, 5_000, None));
        (1..=100).for_each(|at| recorder.record(&sample(1_000 + at * 20, at, None)));
        recorder.record(&sample(1_500, 9_000, Some("503")));
        let figures = recorder.latency();
        assert_eq!((figures.count, recorder.requests()), (100, 101));
        for (value, ms) in [(figures.p50_us, 50.0), (figures.p99_us, 99.0), (figures.max_us, 100.0)]
        {
            assert!((value / 1e3 / ms - 1.0).abs() < 2e-3, "{value} {ms}");
        }
        assert_eq!(recorder.errors().get("503"), Some(&1));
        let requests: Vec<u64> = recorder.seconds().iter().map(|second| second.requests).collect();
        assert_eq!(requests, [50, 50, 1]);
    }

    #[test]
    fn what_is_written_beside_stands_apart() {
        let mut recorder = recorder();
        recorder.record(&Sample { part: 1, ..sample(2_000, 700, None) });
        recorder.record(&sample(2_000, 1, None));
        assert!(recorder.latency().max_us < 2_000.0);
        assert!(recorder.parts()[1].latency.max_us > 600_000.0);
    }

    #[test]
    fn a_backlog_of_the_warm_up_takes_nothing_from_what_the_server_achieves() {
        let mut recorder = recorder();
        // 200 a second are due, and 100 a second are answered; writes the same, half of them with
        // an error.
        for at in 1..=600 {
            let question = sample(at * 5, at * 5, None);
            recorder.record(&question);
            recorder.record(&Sample {
                part: 1,
                error: (at % 2 == 0).then(|| "503".into()),
                ..question
            });
        }
        assert_eq!(recorder.lasted(), Duration::from_secs(5));
        assert!((recorder.achieved() - 100.0).abs() < 1.0, "{}", recorder.achieved());
        let written = recorder.parts()[1].achieved;
        assert!((written - 50.0).abs() < 1.0, "{written}");
        // Of the 200 that were due before nothing else is told.
        assert_eq!((recorder.latency().count, recorder.requests()), (401, 802));
        // What failed is told whenever it was due: 251 writes of those from the hundredth on.
        assert_eq!((recorder.finished(), recorder.errors().get("503")), (1_002, Some(&251)));
    }

    #[test]
    fn late_is_what_the_client_waited_for_and_sent_too_late() {
        let mut recorder = recorder();
        recorder.record(&Sample { late: Some(Duration::from_millis(2)), ..sample(1_000, 1, None) });
        recorder.record(&Sample { late: None, ..sample(1_000, 1_000, None) });
        recorder.record(&sample(1_000, 1, None));
        assert!((recorder.late_share() - 0.5).abs() < 1e-9);
    }
}
