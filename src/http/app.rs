//! What every handler needs.

use std::sync::Arc;

use super::admission::Admission;
use crate::access::Gate;
use crate::config::Settings;
use crate::serving::Engine;
use crate::telemetry::Metrics;

/// The state of the server, shared by all requests.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// What [`App`] is made of.
#[derive(Debug)]
pub struct Parts {
    /// Reads and writes.
    pub engine: Arc<Engine>,
    /// What the operator set.
    pub settings: Settings,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Who may ask.
    pub gate: Gate,
    /// How much is begun.
    pub admission: Admission,
}

impl App {
    /// Puts the parts together.
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
