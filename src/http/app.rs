//! The state shared by all handlers.

use std::sync::Arc;

use super::admission::Admission;
use crate::access::Gate;
use crate::config::Settings;
use crate::serving::Engine;
use crate::telemetry::Metrics;

/// The state of the server, shared by all requests.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// The parts of [`App`].
#[derive(Debug)]
pub struct Parts {
    /// Answers reads and performs writes.
    pub engine: Arc<Engine>,
    /// The settings of the operator.
    pub settings: Settings,
    /// The counters and histograms.
    pub metrics: Arc<Metrics>,
    /// Access control.
    pub gate: Gate,
    /// Admission control.
    pub admission: Admission,
}

impl App {
    /// Creates the shared state.
    pub fn new(engine: Arc<Engine>, settings: Settings, metrics: Arc<Metrics>, gate: Gate) -> Self {
        let admission = Admission::new(&settings.server);
        Self(Arc::new(Parts { engine, settings, metrics, gate, admission }))
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
