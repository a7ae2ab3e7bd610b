//! Counts ingested entries by outcome.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// Entries of events, items, users and relations by what became of them.
#[derive(Debug)]
pub struct IngestCounters {
    /// Written to the log.
    pub accepted: Counter,
    /// Events that were already there.
    pub duplicates: Counter,
    /// Refused, each with its reason in the answer.
    pub rejected: Counter,
}

impl IngestCounters {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let family = Family::<OutcomeLabels, Counter>::default();
        let of = |outcome| family.get_or_create_owned(&OutcomeLabels { outcome });
        let counters = Self {
            accepted: of("accepted"),
            duplicates: of("duplicate"),
            rejected: of("rejected"),
        };
        registry.register("guanxi_ingest_entries", "Entries by what became of them", family);
        counters
    }
}
