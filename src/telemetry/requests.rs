//! Counts requests by route and status, and measures their durations.

use std::sync::OnceLock;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use super::Latencies;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct StatusLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RouteLabels {
    method: String,
    route: String,
}

pub(super) type Requests = Family<StatusLabels, Counter>;
pub(super) type RequestSeconds = Family<RouteLabels, Latencies>;

/// The handles of one method of one route.
#[derive(Debug)]
pub struct RequestCounters {
    method: String,
    route: String,
    family: Requests,
    seconds: Latencies,
    /// From 100 on; made when a status is first answered, so that `/metrics` lists no status that
    /// never was.
    statuses: Box<[OnceLock<Counter>]>,
}

const FIRST_STATUS: u16 = 100;
const N_STATUSES: usize = 500;

impl RequestCounters {
    pub(super) fn new(
        requests: &Requests,
        seconds: &RequestSeconds,
        method: &str,
        route: &str,
    ) -> Self {
        let (method, route) = (method.to_owned(), route.to_owned());
        let labels = RouteLabels { method: method.clone(), route: route.clone() };
        Self {
            method,
            route,
            family: requests.clone(),
            seconds: seconds.get_or_create_owned(&labels),
            statuses: (0..N_STATUSES).map(|_| OnceLock::new()).collect(),
        }
    }

    /// Counts one answer.
    pub fn answered(&self, status: u16, took: Duration) {
        self.seconds.observe(took);
        let Some(cell) = self.statuses.get(usize::from(status.wrapping_sub(FIRST_STATUS))) else {
            return;
        };
        cell.get_or_init(|| {
            let labels =
                StatusLabels { method: self.method.clone(), route: self.route.clone(), status };
            self.family.get_or_create_owned(&labels)
        })
        .inc();
    }
}
